"""The tests of Elbow."""
