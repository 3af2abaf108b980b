"""The watcher: lists and watches Kubernetes and streams projected objects to the planner."""
