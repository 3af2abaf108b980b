"""Desired against observed: one module for each kind of resource, each adding its steps to a draft of the plan."""
