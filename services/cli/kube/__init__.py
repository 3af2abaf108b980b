"""What the CLI asks the Kubernetes API server."""
