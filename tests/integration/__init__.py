"""Tests of several real processes."""
