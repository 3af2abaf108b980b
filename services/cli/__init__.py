"""The elbow command: speaks only the wire contract."""
