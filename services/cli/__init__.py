"""The `elbow` command: runs the services, asks them, and shows their answers. It speaks only the wire contract."""
