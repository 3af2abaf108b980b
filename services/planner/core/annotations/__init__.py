"""Annotations: the types of their values, the catalogue of their names, and reading them off an object."""
