"""Tests of sandbox.demo."""
