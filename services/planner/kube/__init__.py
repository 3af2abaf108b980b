"""The planner's Lease in Kubernetes, the only thing it writes."""
