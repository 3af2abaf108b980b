"""Connections to the two other services: the watcher's stream, and the session with the executor."""
