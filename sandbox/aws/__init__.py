"""The sandbox's AWS endpoint."""
