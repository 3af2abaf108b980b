"""References into earlier answers."""

from typing import Any

import pytest

from services.executor.core.references import UnresolvedReferenceError, referenced_steps, resolve

ANSWERS: dict[str, Any] = {
    "lb": {"LoadBalancers": [{"LoadBalancerArn": "arn:lb", "DNSName": "web.example"}]},
    "sg": {"GroupId": "sg-1", "Ports": [80, 443], "Empty": ""},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"Port": 80, "Tags": [{"Key": "a"}]}, {"Port": 80, "Tags": [{"Key": "a"}]}, id="without holes"),
        pytest.param(
            {"Arn": {"$ref": "lb#LoadBalancers[0].LoadBalancerArn"}, "Groups": [{"$ref": "sg#GroupId"}]},
            {"Arn": "arn:lb", "Groups": ["sg-1"]},
            id="deep inside maps and lists",
        ),
        pytest.param({"$ref": "sg#Ports"}, [80, 443], id="to a list"),
        pytest.param({"A": {"$ref": "sg#Empty"}}, {"A": ""}, id="to an empty string that was answered"),
        pytest.param(
            {"Host": {"$join": ["http://", {"$ref": "lb#LoadBalancers[0].DNSName"}, "/"]}},
            {"Host": "http://web.example/"},
            id="joined with text",
        ),
        pytest.param({"$join": [{"$join": ["a", {"$ref": "sg#GroupId"}]}, "b"]}, "asg-1b", id="joined inside a join"),
    ],
)
def test_holes_are_filled(value: Any, expected: Any) -> None:
    assert resolve(value, ANSWERS) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({"$ref": "lb"}, "not of the form", id="without a path"),
        pytest.param({"$ref": "lb#"}, "not of the form", id="with an empty path"),
        pytest.param({"$ref": "tg#Arn"}, "no answer", id="to a step without answer"),
        pytest.param({"$ref": "lb#LoadBalancers[1].Arn"}, "finds nothing", id="to nothing"),
        pytest.param({"$ref": "lb#[["}, "no valid JMESPath", id="with a broken path"),
        pytest.param({"$ref": "lb#A", "B": 1}, "beside other keys", id="beside other keys"),
        pytest.param({"$ref": 7}, "no form of reference", id="that is no text"),
        pytest.param({"$join": ["a", {"$ref": "sg#Ports"}]}, "takes strings", id="joined to a list"),
        pytest.param({"$secret": "ns/name#key"}, r"\$secret is no form of reference", id="of an unknown form"),
    ],
)
def test_a_hole_that_cannot_be_filled_is_an_error(value: Any, message: str) -> None:
    with pytest.raises(UnresolvedReferenceError, match=message):
        resolve(value, ANSWERS)


def test_a_value_is_not_changed_by_resolving_it() -> None:
    value = {"A": [{"$ref": "sg#GroupId"}]}
    resolve(value, ANSWERS)
    assert value == {"A": [{"$ref": "sg#GroupId"}]}


def test_referenced_steps_are_found_however_deep() -> None:
    value = {"A": [{"$ref": "lb#X"}, {"B": {"$join": ["-", {"$ref": "sg#Y"}]}}], "C": "tg#Z"}
    assert referenced_steps(value) == {"lb", "sg"}
