"""The watcher's Kubernetes reads."""
