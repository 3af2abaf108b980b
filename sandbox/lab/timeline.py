"""What was seen in the course of an experiment, all on one axis: wall-clock seconds since its start."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request of the load, or one connection where the protocol knows no requests."""

    at: float
    """When it was due to be sent. A request that is late because the ones before it were slow counts from here."""
    seconds: float
    """From `at` until its answer was whole or it had failed."""
    status: int
    """HTTP status; 0 when there was no whole answer."""
    pod: str = ""
    """The pod that answered; empty when it was the load balancer itself or nobody."""
    error: str = ""
    """Why there was no whole answer: `refused`, `reset`, `closed`, `cut`, `late` and others; empty with a status."""
    load: str = ""
    """Which load it belongs to, where an experiment has several."""

    @property
    def is_failed(self) -> bool:
        """No whole answer, or one that says error."""
        return self.status == 0 or self.status >= 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStates:
    """How many targets of all target groups were in which state, from this moment on."""

    at: float
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PodChange:
    """Something happened to a pod."""

    at: float
    pod: str
    address: str
    """Its IP address; empty while it has none."""
    what: str
    """`created`, `ready`, `not ready`, `gate open`, `terminating` or `gone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChange:
    """A target came into a state."""

    at: float
    group: str
    """Name of its target group."""
    target: str
    """`id:port`."""
    state: str
    """As DescribeTargetHealth says it, or `gone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """One call of the services to AWS."""

    at: float
    operation: str
    is_change: bool
    error: str = ""
    """Its error code; empty when it was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A step of the experiment."""

    at: float
    title: str


@dataclass(slots=True, kw_only=True)
class Timeline:
    """Everything, each kind in order of time; filled while the experiment runs."""

    marks: list[Mark] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    states: list[TargetStates] = field(default_factory=list)
    targets: list[TargetChange] = field(default_factory=list)
    pods: list[PodChange] = field(default_factory=list)
    calls: list[CallSeen] = field(default_factory=list)
    end: float = 0.0
    """When the experiment ended."""

    def between(self, start: float, end: float) -> Sequence[Sample]:
        """The requests that were due in a span of time."""
        return [sample for sample in self.samples if start <= sample.at < end]
