"""Tests of the planner around its core."""
