"""The sandbox's Kubernetes API server."""
