"""The three services of Elbow, what they share, and the command line."""
