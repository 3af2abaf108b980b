"""The watcher's pure part: objects in, projected messages out."""
