"""Tests against recorded AWS states."""
