"""Tests of the wire contract's generated code and its style."""
