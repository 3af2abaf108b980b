"""What is written down while an experiment runs."""

from dataclasses import dataclass, field

from sandbox.lab.record import Measure
from sandbox.lab.timeline import Timeline
from sandbox.lab.verdicts import Verdict


@dataclass(slots=True, kw_only=True)
class Notebook:
    """What is written down for the report."""

    timeline: Timeline = field(default_factory=Timeline)
    verdicts: list[Verdict] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
