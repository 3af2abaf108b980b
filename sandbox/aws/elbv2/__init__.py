"""Elastic Load Balancing version 2 of the sandbox: what it does by itself, in time."""
