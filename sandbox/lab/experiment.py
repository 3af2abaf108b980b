"""What an experiment is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.lab.account import LabAccount
from sandbox.lab.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the stage must have for an experiment, beyond a sandbox and the three services."""

    sweep_seconds: float | None = None
    """How often the whole account is looked at for drift; None leaves Elbow's default."""
    admission: bool = False
    """Pods pass Elbow's webhook."""
    prepare: Callable[[LabAccount, Mapping[str, Any]], None] | None = None
    """What is made in the account, by what it was seeded with, before the services start. May block."""
    realistic: bool = False
    """AWS takes the time that it takes: provisioning, propagation, health checks. Without, it answers at once."""
    delays: Mapping[str, float] = field(default_factory=dict)
    """Single delays of AWS that are otherwise, by name, in sandbox seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment."""

    name: str
    title: str
    done: str
    """What is done, in a sentence or two."""
    play: Callable[[Scene], Awaitable[None]]
    """Does it, and leaves what was seen in the scene. Raises StageError when it cannot go on."""
    seconds: float = 10.0
    """How long each of its loads lasts, unless it is told otherwise. Seconds of the wall."""
    rps: float = 50.0
    """Requests per second of its load."""
    clock_factor: float = 1.0
    is_measurement: bool = False
    """Its failures are shown and do not make it fail."""
    needs: Needs = field(default_factory=Needs)
