"""The sandbox's Kubernetes: API server, controllers, kubelet."""
