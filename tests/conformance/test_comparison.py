"""The comparison finds what differs, and nothing else."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.comparison import Accepted, differences, read_accepted
from tests.conformance.scenarios import RECORDED, ROOT

Raw = dict[str, Any]
GROUP = "k8s-game2048-service2-85f463d072"
BALANCER = "k8s-game2048-ingress2-97b4d1f910"
CLEANED = "k8s-game2048-ingress2<LoadBalancer of game-2048/ingress-2048>"


def recorded(scenario: str = "ingress-2048", step: str = "1") -> Raw:
    found: Raw = json.loads((RECORDED / scenario / f"{step}.json").read_text())
    return found


def edited(edit: Callable[[Raw], object]) -> Raw:
    record = copy.deepcopy(recorded())
    edit(record)
    return record


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*/*.json")), ids=lambda p: f"{p.parent.name} {p.stem}")
def test_a_record_equals_itself(path: Path) -> None:
    record = json.loads(path.read_text())
    assert differences(path.stem, record, copy.deepcopy(record)) == []


def renamed(old: str, new: str) -> Raw:
    record: Raw = json.loads(json.dumps(recorded()).replace(old, new))
    return record


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(renamed("85f463d072", "0123456789"), id="another hash of a UID in a name"),
        pytest.param(renamed("10.0.100.5", "10.0.102.77"), id="another address of a pod"),
    ],
)
def test_what_cannot_be_the_same_twice_is_no_difference(other: Raw) -> None:
    assert differences("x", recorded(), other) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(
            edited(lambda r: r["aws"]["loadBalancers"][BALANCER].update(scheme="internal")),
            [f'1.aws.loadBalancers.{CLEANED}.scheme: "internet-facing" -> "internal"'],
            id="a field of another value",
        ),
        pytest.param(
            edited(lambda r: r["aws"]["loadBalancers"].pop(BALANCER)),
            None,
            id="a resource that is missing",
        ),
        pytest.param(
            edited(lambda r: r["aws"]["targetGroups"][GROUP]["targets"].pop()),
            None,
            id="a target too few",
        ),
        pytest.param(
            edited(lambda r: r["kubernetes"]["ingresses"]["game-2048/ingress-2048"].update(finalizers=None)),
            ['1.ingresses.game-2048/ingress-2048.finalizers: ["ingress.k8s.aws/resources"] -> null'],
            id="a finalizer that is missing",
        ),
        pytest.param(edited(lambda r: r["kubernetes"]["tgbs"].clear()), None, id="a binding that is missing"),
    ],
)
def test_a_difference_is_a_line_with_its_path(other: Raw, expected: list[str] | None) -> None:
    found = differences("1", recorded(), other)
    assert found == expected if expected is not None else found


def test_an_accepted_difference_is_not_reported() -> None:
    other = edited(lambda r: r["aws"]["loadBalancers"][BALANCER].update(scheme="internal"))
    accepted = Accepted(pattern=re.compile(r'\.scheme: "internet-facing" -> "internal"$'), reason="for this test")
    assert differences("1", recorded(), other, [accepted]) == []


def test_every_accepted_difference_has_its_reason() -> None:
    assert all(accepted.reason for accepted in read_accepted(ROOT / "accepted.tsv"))


def test_an_accepted_difference_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "accepted.tsv"
    file.write_text("\\.scheme\n")
    with pytest.raises(ValueError, match="no reason"):
        read_accepted(file)
