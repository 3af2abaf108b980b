"""The executor's Kubernetes writes."""
