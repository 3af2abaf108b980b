"""What is particular to each kind: its defaults and its validation."""
