"""The executor's AWS calls."""
