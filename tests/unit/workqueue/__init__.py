"""Tests of the workqueue's layers."""
