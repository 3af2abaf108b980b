"""Tests of the import rules and of the lock."""
