"""The planner's Lease in Kubernetes."""
