"""Which of two statements about a resource is the younger one. Used by `store.Store`.

All numbers are the executor's sequence numbers; they never go back, not even when it restarts.
"""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Stamp:
    """What is known about the age of what is known. `own_ended`: end of our last call that touched the resource.
    `seen`: begin of the last description that was believed; `seen_tags`, `seen_attributes` and `seen_certificates` the
    same of what is read by other calls, which may begin before or after that of the description. `made_at`: when we
    made it, on the planner's clock; None for what was found.
    """

    own_ended: int = -1
    seen: int = -1
    seen_tags: int = -1
    seen_attributes: int = -1
    seen_certificates: int = -1
    made_at: float | None = None

    def believes(self, begun: int) -> bool:
        """Whether a description that began at `begun` may replace what is known: it must have begun after our last
        call ended, and not before the description that was believed last.
        """
        return begun > self.own_ended and begun >= self.seen

    def believes_tags(self, begun: int) -> bool:
        """The same of tags."""
        return begun > self.own_ended and begun >= self.seen_tags

    def believes_attributes(self, begun: int) -> bool:
        """The same of attributes."""
        return begun > self.own_ended and begun >= self.seen_attributes

    def believes_certificates(self, begun: int) -> bool:
        """The same of a listener's certificates beside the default one."""
        return begun > self.own_ended and begun >= self.seen_certificates

    def believes_facts(self, begun: int) -> bool:
        """The same of facts of a load balancer, each of which is read by a call of its own."""
        return begun > self.own_ended

    def missed_by(self, begun: int) -> bool:
        """Whether an observation that began at `begun`, and has ended, should have found the resource and did not."""
        return begun > self.own_ended and begun > self.seen
