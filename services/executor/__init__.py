"""The executor: runs plans against AWS and Kubernetes and decides nothing."""
