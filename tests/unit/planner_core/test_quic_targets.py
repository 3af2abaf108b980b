"""Targets that speak QUIC: they carry the server id of their pod, and without one are no targets."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core import parse
from services.planner.core.aws import Inventory, Target
from services.planner.core.draft import Draft
from services.planner.core.fold import fold
from services.planner.core.plans import AwsCall
from services.planner.core.targets.moves import deregister, moves, register
from services.planner.core.targets.records import entry
from services.planner.core.targets.wanted import Wanted, wanted_targets
from services.planner.core.updates import apply
from tests.unit.planner_core import echo
from tests.unit.planner_core.simulated import World

ID, OTHER = "0x0000000000000001", "0x0000000000000002"
QUIC = Target(id="10.0.0.9", port=443, quic_id=ID)


def _world() -> World:
    made = echo.world()
    made.settle()
    return made


def _wanted(protocol: str, ids: dict[int, str]) -> list[Target]:
    made = _world()
    (binding,) = made.bindings.values()
    made.pods = {name: replace(pod, quic_server_ids=ids) for name, pod in made.pods.items()}
    found = wanted_targets(made.binding_input(replace(binding, target_group_protocol=protocol)))
    assert isinstance(found, Wanted)
    return sorted(found.targets)


@pytest.mark.parametrize(
    ("protocol", "ids", "carried"),
    [
        pytest.param("QUIC", {8080: ID, 0: OTHER}, {ID}, id="the id of the port"),
        pytest.param("TCP_QUIC", {0: OTHER}, {OTHER}, id="the id of the pod"),
        pytest.param("QUIC", {}, set(), id="without an id no target"),
        pytest.param("UDP", {0: OTHER}, {""}, id="other protocols carry none"),
    ],
)
def test_targets_carry_the_id_of_their_pod(protocol: str, ids: dict[int, str], carried: set[str]) -> None:
    assert {target.quic_id for target in _wanted(protocol, ids)} == carried


def _sent(draft: Draft) -> list[Any]:
    return [s.work.parameters["Targets"] for s in draft.plan(echo.KEY).steps if isinstance(s.work, AwsCall)]


def test_calls_name_the_id() -> None:
    draft = Draft()
    register(draft, "tg", (QUIC,), zones={}, asked_by="", after=())
    deregister(draft, "tg", (QUIC,), Wanted(), "")

    assert _sent(draft) == [[{"Id": "10.0.0.9", "Port": 443, "QuicServerId": ID}]] * 2


def test_another_id_is_another_target() -> None:
    made = _world()
    (pod, *_) = made.pods.values()
    registered = parse.targets([{"Target": {"Id": "10.0.0.9", "Port": 443, "QuicServerId": OTHER}}])

    found = moves(Wanted(pods={QUIC: pod}), registered)

    assert (found.register, found.deregister) == ((QUIC,), (replace(QUIC, quic_id=OTHER),))


def test_own_calls_are_folded_with_the_id() -> None:
    parameters = {"TargetGroupArn": "tg", "Targets": [{"Id": "10.0.0.9", "Port": 443, "QuicServerId": ID}]}
    inventory = Inventory()

    after = apply(
        inventory, fold(inventory, AwsCall(service="elbv2", operation="RegisterTargets", parameters=parameters), {})
    )

    assert set(after.targets["tg"]) == {QUIC}


def test_records_of_shared_groups_name_the_id() -> None:
    assert entry(QUIC) == f"10.0.0.9:443:{ID}"
