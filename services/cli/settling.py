"""When everything is worked off: the rule behind `elbow status --wait`. Pure."""

LOOK_SECONDS = 0.3
"""Time between two looks: longer than a change takes from the API server to the planner's queue."""

_LOOKS = 2


class Settling:
    """Counts looks. One look is not enough: a change just made may not have been seen yet."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def look(self, settled: bool) -> bool:
        """Takes in what one look saw; True when the one before saw the same."""
        self._in_a_row = self._in_a_row + 1 if settled else 0
        return self._in_a_row >= _LOOKS
