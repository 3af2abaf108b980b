"""Where building a stack collects what it finds wrong, so that all of it is reported and not only the first; and what
it has to ask, so that all of it is asked at once.

After a problem, or a question, the value that was read counts as absent and building goes on; its result is thrown away
in the end. What is waited for is left out of a result that stands.
"""

from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Problem, Reason


class Findings:
    """Problems and warnings of one build, one per place and reason, questions, and what is waited for."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self._problems: dict[tuple[ObjectRef, str, Reason], Problem] = {}
        self._warnings: dict[tuple[ObjectRef, str, Reason], Problem] = {}
        self._questions: dict[LookupKind, set[str]] = {}
        self._waits: dict[str, float | None] = {}

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

    def ask(self, lookup: Lookup) -> None:
        """Records what has to be known before the stack can be built."""
        self._questions.setdefault(lookup.kind, set()).update(lookup.keys)

    def wait(self, what: str, again_seconds: float | None) -> None:
        """Records what a part of the stack is left out for, in words, and when to look again (None: a change of an
        object that is watched wakes the stack)."""
        self._waits[what] = again_seconds

    @property
    def questions(self) -> tuple[Lookup, ...]:
        """All questions, one of a kind, sorted."""
        return tuple(Lookup(kind=kind, keys=tuple(sorted(keys))) for kind, keys in sorted(self._questions.items()))

    @property
    def waits_for(self) -> tuple[str, ...]:
        """All that is waited for, sorted."""
        return tuple(sorted(self._waits))

    @property
    def again_seconds(self) -> float | None:
        """When to look again, None: only when something changes."""
        return min((seconds for seconds in self._waits.values() if seconds is not None), default=None)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, sorted."""
        return tuple(sorted(self._problems.values()))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All warnings, sorted."""
        return tuple(sorted(self._warnings.values()))
