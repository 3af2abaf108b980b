"""What an experiment leaves for people: one HTML file that needs nothing else. Pure: a record in, text out."""
