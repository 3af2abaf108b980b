"""What the demo counts and compares."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sandbox.demo.account import differences
from sandbox.demo.bill import Bill, bill_of, listed


def a_call(operation: str, *, caller: str = "sandbox", mutating: bool = True) -> Mapping[str, Any]:
    return {"operation": operation, "caller": caller, "mutating": mutating}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param([], Bill(changes={}, reads={}, health_polls=0), id="nothing was called"),
        pytest.param(
            [
                a_call("CreateRule"),
                a_call("CreateRule"),
                a_call("RegisterTargets"),
                a_call("DescribeRules", mutating=False),
                a_call("DescribeTargetHealth", mutating=False),
            ],
            Bill(changes={"CreateRule": 2, "RegisterTargets": 1}, reads={"DescribeRules": 1}, health_polls=1),
            id="health polls are apart from other reads",
        ),
        pytest.param(
            [a_call("AssignPrivateIpAddresses", caller="sandbox-kubelet"), a_call("CreateListener")],
            Bill(changes={"CreateListener": 1}, reads={}, health_polls=0),
            id="the sandbox's own calls are not the services'",
        ),
    ],
)
def test_bills(calls: Sequence[Mapping[str, Any]], expected: Bill) -> None:
    assert bill_of(calls) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param({}, "none", id="nothing"),
        pytest.param({"CreateRule": 2, "CreateListener": 1}, "CreateListener, CreateRule x2", id="by name"),
    ],
)
def test_lists_of_calls(counts: Mapping[str, int], expected: str) -> None:
    assert listed(counts) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": "1"}, {"a": "1"}, [], id="the same"),
        pytest.param(
            {"a": "1", "b": "1"}, {"b": "2", "c": "1"}, ["new: c", "gone: a", "changed: b: 1 -> 2"], id="all kinds"
        ),
    ],
)
def test_differences(before: Mapping[str, str], after: Mapping[str, str], expected: Sequence[str]) -> None:
    assert differences(before, after) == expected
