"""What is written down of targets and pods."""

from typing import Any

import pytest

from sandbox.lab.timeline import TargetChange, TargetStates, Timeline
from sandbox.lab.watching.pods import changed, traits
from sandbox.lab.watching.targets import note

A, B = ("g", "10.0.0.1:80"), ("g", "10.0.0.2:80")


def test_only_what_changed_is_written_down() -> None:
    timeline = Timeline()
    note(timeline, 1.0, {}, {A: "initial"})
    note(timeline, 2.0, {A: "initial"}, {A: "initial"})
    note(timeline, 3.0, {A: "initial"}, {A: "healthy", B: "initial"})
    note(timeline, 4.0, {A: "healthy", B: "initial"}, {B: "initial"})
    assert timeline.targets == [
        TargetChange(at=1.0, group="g", target="10.0.0.1:80", state="initial"),
        TargetChange(at=3.0, group="g", target="10.0.0.1:80", state="healthy"),
        TargetChange(at=3.0, group="g", target="10.0.0.2:80", state="initial"),
        TargetChange(at=4.0, group="g", target="10.0.0.1:80", state="gone"),
    ]
    assert timeline.states == [
        TargetStates(at=1.0, counts={"initial": 1}),
        TargetStates(at=3.0, counts={"healthy": 1, "initial": 1}),
        TargetStates(at=4.0, counts={"initial": 1}),
    ]


def pod(*conditions: str, deleted: bool = False) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": "web"}
    if deleted:
        meta["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    true = [{"type": one, "status": "True"} for one in conditions]
    return {"metadata": meta, "status": {"conditions": [*true, {"type": "Initialized", "status": "False"}]}}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(pod(), {"created"}, id="a new pod"),
        pytest.param(pod("Ready"), {"created", "ready"}, id="a ready pod"),
        pytest.param(
            pod("target-health.elbv2.k8s.aws/k8s-web"), {"created", "gate open"}, id="a pod whose target is healthy"
        ),
        pytest.param(pod("Ready", deleted=True), {"created", "ready", "terminating"}, id="a pod that ends"),
    ],
)
def test_what_is_true_of_a_pod(seen: dict[str, Any], expected: set[str]) -> None:
    assert traits(seen) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(set(), {"created"}, ["created"], id="it appears"),
        pytest.param(
            {"created"}, {"created", "gate open", "ready"}, ["gate open", "ready"], id="in order of happening"
        ),
        pytest.param({"created", "ready"}, {"created"}, ["not ready"], id="it is not ready any more"),
        pytest.param({"created", "ready", "terminating"}, {"gone"}, ["gone"], id="a pod that is gone is only gone"),
        pytest.param({"created"}, {"created"}, [], id="nothing happened"),
    ],
)
def test_what_happened_to_a_pod(before: set[str], after: set[str], expected: list[str]) -> None:
    assert changed(frozenset(before), frozenset(after)) == expected
