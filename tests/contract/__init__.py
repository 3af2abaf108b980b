"""Tests over a real channel inside one process."""
