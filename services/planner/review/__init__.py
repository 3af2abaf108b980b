"""Reviews of objects that are about to be written, for admission."""
