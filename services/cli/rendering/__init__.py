"""From answers to lines for people. Nothing here asks anyone anything."""
