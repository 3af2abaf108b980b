"""The planner: decides, from what it is told alone, and cannot touch anything."""
