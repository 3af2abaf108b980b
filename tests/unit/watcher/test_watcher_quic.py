"""QUIC server ids of a pod as the planner sees them."""

import base64
from typing import Any

import pytest

from services.watcher.core.kinds import Kind
from services.watcher.core.projection import QUIC_CONTAINERS, project

VARIABLE = "AWS_LBC_QUIC_SERVER_ID"
FIRST, SECOND = "0x0000000000000001", "0x00000000000000ff"


def _value(number: int, size: int = 8) -> str:
    return base64.b64encode(number.to_bytes(size, "big")).decode()


def _container(*ports: int, value: str | None = None, variable: str = VARIABLE) -> dict[str, Any]:
    env = [{"name": variable, "value": value}] if value is not None else []
    return {"name": "c", "ports": [{"containerPort": port} for port in ports], "env": env}


def _ids(*containers: dict[str, Any], annotated: bool = True, **settings: str) -> dict[int, str]:
    annotations = {QUIC_CONTAINERS: "c"} if annotated else {}
    pod = {"metadata": {"name": "p", "annotations": annotations}, "spec": {"containers": list(containers)}}
    listed = project(Kind.POD, pod, **settings)["pod"].get("quic_server_ids", [])
    return {entry["port"]: entry["id"] for entry in listed}


@pytest.mark.parametrize(
    ("containers", "ids"),
    [
        pytest.param([_container(443, value=_value(1))], {0: FIRST, 443: FIRST}, id="of the container of the port"),
        pytest.param(
            [_container(80), _container(443, value=_value(1)), _container(444, value=_value(255))],
            {0: FIRST, 443: FIRST, 444: SECOND},
            id="the first id stands for ports whose container has none",
        ),
        pytest.param([_container(443, value="not base64")], {}, id="a value that cannot be decoded"),
        pytest.param([_container(443, value=_value(1, 4))], {}, id="an id that is too short"),
        pytest.param([_container(443)], {}, id="absent"),
    ],
)
def test_ids(containers: list[dict[str, Any]], ids: dict[int, str]) -> None:
    assert _ids(*containers) == ids


def test_a_pod_that_is_not_annotated_has_none() -> None:
    assert _ids(_container(443, value=_value(1)), annotated=False) == {}


def test_the_variable_is_a_setting() -> None:
    assert _ids(_container(443, value=_value(1), variable="OTHER"), quic_variable="OTHER") == {0: FIRST, 443: FIRST}
