"""Value types of annotations (ingress behaviour, section 1)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.annotations import shapes, values
from services.planner.core.annotations.values import BadValueError

int32 = values.integer()
small = values.integer(5, 300)


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        pytest.param(values.boolean, "t", True, id="t is true"),
        pytest.param(values.boolean, "True", True, id="True is true"),
        pytest.param(values.boolean, "0", False, id="0 is false"),
        pytest.param(int32, "+15", 15, id="a number may have a sign"),
        pytest.param(int32, "-2147483648", -(2**31), id="the smallest 32 bit number"),
        pytest.param(values.string_list, " a ,, b,", ("a", "b"), id="list items are trimmed and empty ones dropped"),
        pytest.param(values.string_list, " , ", (), id="a list may end up empty"),
        pytest.param(values.string_map, "", {}, id="an empty map"),
        pytest.param(values.string_map, "a=1, b = 2 ", {"a": "1", "b": "2"}, id="keys and values are trimmed"),
        pytest.param(values.string_map, "a=x=y", {"a": "x=y"}, id="a pair is split at its first equals sign"),
        pytest.param(values.string_map, "a=", {"a": ""}, id="a value may be empty"),
        pytest.param(values.string_map, r"a=1\,2,b=3", {"a": "1,2", "b": "3"}, id="an escaped comma is literal"),
        pytest.param(values.string_map, r"a=\\", {"a": "\\"}, id="an escaped backslash is literal"),
        pytest.param(values.string_map, "a=1, ", {"a": "1,"}, id="a comma with nothing behind it is part of the value"),
        pytest.param(values.string_map, "a=1,a=2", {"a": "2"}, id="of equal keys the last wins"),
        pytest.param(
            shapes.listen_ports, '[{"HTTP": 8080}, {"HTTP": 80}]', {80: "HTTP", 8080: "HTTP"}, id="ports are sorted"
        ),
        pytest.param(shapes.listen_ports, '[{"HTTPS": 443}]', {443: "HTTPS"}, id="an HTTPS port is understood"),
        pytest.param(shapes.health_check_port, "traffic-port", "traffic-port", id="the traffic port"),
        pytest.param(shapes.health_check_port, "8080", 8080, id="a health check port by number"),
        pytest.param(shapes.health_check_port, "health", "health", id="a health check port by name"),
        pytest.param(shapes.tag_map, "b=2,a=1", {"a": "1", "b": "2"}, id="tags are sorted"),
    ],
)
def test_accepted(parse: Callable[[str], object], text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(values.boolean, "yes", id="yes is no boolean"),
        pytest.param(values.boolean, " true", id="a boolean is not trimmed"),
        pytest.param(int32, "2147483648", id="a number beyond 32 bits"),
        pytest.param(int32, " 1", id="a number is not trimmed"),
        pytest.param(int32, "1_000", id="a number with an underscore"),
        pytest.param(int32, "\uff11", id="a digit that is not ASCII"),
        pytest.param(int32, "9" * 5000, id="a number of thousands of digits"),
        pytest.param(small, "4", id="a number below the least accepted"),
        pytest.param(small, "301", id="a number above the greatest accepted"),
        pytest.param(values.choice("ip"), "IP", id="a choice in another case"),
        pytest.param(values.string_map, "a=1,b", id="a map item without equals sign"),
        pytest.param(values.string_map, "=1", id="a map item without key"),
        pytest.param(values.string_map, "a=1,,b=2", id="an empty map item"),
        pytest.param(values.json_value, "[" * 100_000, id="JSON nested too deep"),
        pytest.param(values.json_value, "NaN", id="a number that JSON does not have"),
        pytest.param(values.json_list, "[]", id="an empty JSON list"),
        pytest.param(values.json_object, "[1]", id="a JSON list where an object is needed"),
        pytest.param(shapes.listen_ports, '[{"HTTP": 0}]', id="listen port 0"),
        pytest.param(shapes.listen_ports, '[{"HTTP": 65536}]', id="listen port beyond the last"),
        pytest.param(shapes.listen_ports, '[{"HTTP": "80"}]', id="listen port as text"),
        pytest.param(shapes.listen_ports, '[{"HTTP": true}]', id="listen port as boolean"),
        pytest.param(shapes.listen_ports, '[{"http": 80}]', id="listen protocol in lower case"),
        pytest.param(shapes.listen_ports, '[{"HTTP": 80}, {"HTTPS": 80}]', id="one listen port with two protocols"),
        pytest.param(shapes.listen_ports, "[{}]", id="listen ports without a port"),
        pytest.param(shapes.listen_ports, "[80]", id="listen ports without a protocol"),
        pytest.param(shapes.load_balancer_name, "x" * 33, id="a load balancer name that is too long"),
        pytest.param(shapes.load_balancer_name, "internal-web", id="a load balancer name that AWS keeps to itself"),
        pytest.param(shapes.load_balancer_name, "web-", id="a load balancer name with a hyphen at its end"),
        pytest.param(shapes.load_balancer_name, "we_b", id="a load balancer name with an underscore"),
        pytest.param(shapes.group_name, "A", id="a group name in upper case"),
        pytest.param(shapes.group_name, "a\n", id="a group name with a line end"),
        pytest.param(shapes.tag_map, "aws:x=1", id="a tag key that belongs to AWS"),
        pytest.param(shapes.tag_map, f"a={'x' * 257}", id="a tag value that is too long"),
        pytest.param(shapes.attribute_map, "idle timeout=1", id="an attribute key with a blank"),
        pytest.param(shapes.health_check_port, "0", id="health check port 0"),
        pytest.param(shapes.health_check_port, " ", id="a blank health check port"),
        pytest.param(shapes.health_check_path, "ping", id="a path without a slash"),
        pytest.param(shapes.success_codes, "", id="empty success codes"),
    ],
)
def test_refused_with_a_word_on_what_is_accepted(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadValueError, match=r"\w"):
        parse(text)


@given(
    pairs=st.dictionaries(
        st.text(min_size=1).filter(lambda t: t == t.strip()), st.text().filter(lambda t: t == t.strip()), max_size=5
    )
)
def test_an_escaped_map_comes_back_whole(pairs: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{c}" for c in text)

    # The equals sign of a key cannot be escaped: the first one always parts it from its value.
    clean = {k.replace("=", "-"): v for k, v in pairs.items()}
    text = ",".join(f"{escaped(k)}={escaped(v)}" for k, v in clean.items())

    assert values.string_map(text) == clean
