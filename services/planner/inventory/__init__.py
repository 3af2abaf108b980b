"""AWS as far as the planner knows it: observed once, then followed through its own calls (architecture, section 7)."""
