"""The cluster as the watcher streams it: objects, what is known about each kind, and which keys a change wakes."""
