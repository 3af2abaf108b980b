"""Tests that kill, throttle and cut real processes."""
