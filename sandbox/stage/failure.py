"""Why the stage could not be set up, or something on it did not happen."""


class StageError(Exception):
    """What went wrong, in words for the one who watches."""
