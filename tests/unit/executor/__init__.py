"""Tests of the executor's parts."""
