"""Previews: what would be planned if some objects were applied."""
