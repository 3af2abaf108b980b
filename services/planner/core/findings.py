"""Where building a stack collects what it finds wrong, so that all of it is reported and not only the first.

After a problem the value that was read counts as absent and building goes on; its result is thrown away in the end.
"""

from services.planner.core.objects import ObjectRef
from services.planner.core.problems import Problem, Reason


class Findings:
    """Problems and warnings of one build; one per place and reason."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self._problems: dict[tuple[ObjectRef, str, Reason], Problem] = {}
        self._warnings: dict[tuple[ObjectRef, str, Reason], Problem] = {}

    def problem(self, where: ObjectRef, reason: Reason, message: str, *, field: str = "") -> None:
        """Records what makes the stack impossible to build."""
        found = Problem(where=where, reason=reason, message=message, field=field)
        self._problems.setdefault((where, field, reason), found)

    def warning(self, where: ObjectRef, reason: Reason, message: str, *, field: str = "") -> None:
        """Records what the user should know and what does not stop the stack."""
        found = Problem(where=where, reason=reason, message=message, field=field)
        self._warnings.setdefault((where, field, reason), found)

    def add(self, found: Problem) -> None:
        """Records a problem that was found elsewhere."""
        self._problems.setdefault((found.where, found.field, found.reason), found)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, sorted."""
        return tuple(sorted(self._problems.values()))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All warnings, sorted."""
        return tuple(sorted(self._warnings.values()))
