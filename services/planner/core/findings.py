"""Where building a stack collects what it finds wrong, so that all of it is reported and not only the first; and what
it has to ask, so that all of it is asked at once.

After a problem, or a question, the value that was read counts as absent and building goes on; its result is thrown away
in the end. What is waited for is left out of a result that stands.

Every problem has culprits: the members without which it would not be. A dispute is a problem between two members, and
who of them is to blame is for the judge of the group to say.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Problem, Reason


class Findings:
    """Problems and warnings of one build, one per place and reason, questions, and what is waited for."""

    def __init__(self, yielding: frozenset[ObjectRef] = frozenset()) -> None:
        """Nothing found yet. `yielding`: members whose wishes give way to those of others without a word."""
        self.yielding = yielding
        self._culprits: dict[Problem, set[ObjectRef]] = {}
        self._disputes: dict[Problem, Problem] = {}
        self._about: ObjectRef | None = None
        self._problems: dict[tuple[ObjectRef, str, Reason], Problem] = {}
        self._warnings: dict[tuple[ObjectRef, str, Reason], Problem] = {}
        self._questions: dict[LookupKind, set[str]] = {}
        self._waits: dict[str, float | None] = {}

    def problem(self, where: ObjectRef, reason: Reason, message: str, *, field: str = "") -> None:
        """Records what makes the stack impossible to build."""
        self.add(Problem(where=where, reason=reason, message=message, field=field))

    def warning(self, where: ObjectRef, reason: Reason, message: str, *, field: str = "") -> None:
        """Records what the user should know and what does not stop the stack."""
        found = Problem(where=where, reason=reason, message=message, field=field)
        self._warnings.setdefault((where, field, reason), found)

    def add(self, found: Problem) -> None:
        """Records a problem that was found elsewhere."""
        kept = self._problems.setdefault((found.where, found.field, found.reason), found)
        self._culprits.setdefault(kept, set()).add(self._about or kept.where)

    def dispute(self, later: Problem, earlier: Problem) -> None:
        """Records that two members contradict each other, as a problem of the one and as the same of the other; it
        stands as that of the one that comes later in the group's order."""
        self.add(later)
        self._disputes.setdefault(later, earlier)

    @contextmanager
    def about(self, member: ObjectRef) -> Iterator[None]:
        """What is found in this block would not be without the member, wherever it is found."""
        before, self._about = self._about, member
        try:
            yield
        finally:
            self._about = before

    def culprits(self, problem: Problem) -> frozenset[ObjectRef]:
        """The members without which there would be no such problem; objects of other kinds where nobody knows."""
        return frozenset(self._culprits.get(problem, ()))

    def other_side(self, problem: Problem) -> Problem | None:
        """The same problem as one of the other member, where two contradict each other."""
        return self._disputes.get(problem)

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
