"""The data plane: what it decides, and what it does over loopback."""
