"""Tests of sandbox.lab."""
