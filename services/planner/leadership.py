"""Whether this planner leads, and in which term. Kept by `lease.LeaseKeeper`, read by everything that must not act
without it.
"""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One uninterrupted time of leading: the identity in the Lease and its `leaseTransitions`."""

    holder: str
    epoch: int


class Leadership:
    """The present term, if any, and a way to wait for another."""

    def __init__(self) -> None:
        self._term: Term | None = None
        self._changed = asyncio.Event()

    @property
    def term(self) -> Term | None:
        """The present term, None while another planner leads or nobody does."""
        return self._term

    def set(self, term: Term | None) -> None:
        """Begins or ends a term."""
        if term != self._term:
            self._term = term
            self._changed.set()
            self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Waits until the next term begins or this one ends."""
        await self._changed.wait()

    async def held(self) -> Term:
        """The present term, or the next one."""
        while self._term is None:
            await self.changed()
        return self._term

    async def ended(self, term: Term) -> None:
        """Waits until the term is over."""
        while self._term == term:
            await self.changed()
