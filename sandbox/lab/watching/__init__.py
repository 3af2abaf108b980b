"""Watches what happens while an experiment runs, and writes it into its timeline."""
