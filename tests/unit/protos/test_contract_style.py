"""The wire contract keeps its style, and each rule of the style finds its breach."""

from pathlib import Path

import pytest
from wire_tools import lint

GOOD = """\
syntax = "proto3";
package elbow.lamp.v1;

// Switches lamps.
service LampService {
  // Switches one.
  rpc Switch(SwitchRequest) returns (stream SwitchResponse);
}

// Which lamp.
message SwitchRequest {
  // Its name.
  optional string lamp_name = 1;
  // What to do with it.
  oneof what {
    // Colour to show.
    Colour colour = 2;
    // Labels to keep.
    string label = 3;
  }
  // More about it.
  map<string, string> notes = 4;
}

// Nothing to say.
message SwitchResponse {}

// A colour.
enum Colour {
  // Not said.
  COLOUR_UNSPECIFIED = 0;
  // Red.
  COLOUR_RED = 1;
}
"""


def findings(tmp_path: Path, text: str, path: str = "elbow/lamp/v1/lamp.proto") -> list[str]:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return [finding.message for finding in lint.lint(tmp_path)]


def test_the_contract_keeps_the_style() -> None:
    assert [str(finding) for finding in lint.lint()] == []


def test_a_file_in_style_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "package elbow.lamp.v1",
            "package elbow.light.v1",
            "package 'elbow.light.v1' is not the path 'elbow/lamp/v1'",
            id="package is the path",
        ),
        pytest.param(
            "// Switches lamps.\n", "", "service LampService has no comment above it", id="a service has a comment"
        ),
        pytest.param("  // Switches one.\n", "", "rpc Switch has no comment above it", id="an rpc has a comment"),
        pytest.param(
            "// Which lamp.\n", "", "message SwitchRequest has no comment above it", id="a message has a comment"
        ),
        pytest.param(
            "  // Its name.\n", "", "field SwitchRequest.lamp_name has no comment above it", id="a field has a comment"
        ),
        pytest.param(
            "  // What to do with it.\n",
            "",
            "oneof SwitchRequest.what has no comment above it",
            id="a oneof has a comment",
        ),
        pytest.param("// A colour.\n", "", "enum Colour has no comment above it", id="an enum has a comment"),
        pytest.param(
            "  // Red.\n", "", "enum value COLOUR_RED has no comment above it", id="an enum value has a comment"
        ),
        pytest.param(
            "lamp_name",
            "lampName",
            "field SwitchRequest.lampName is not lower_snake_case",
            id="a field is lower_snake_case",
        ),
        pytest.param(
            "COLOUR_RED", "RED", "enum value RED is not COLOUR_ and UPPER_SNAKE_CASE", id="a value has the prefix"
        ),
        pytest.param(
            "COLOUR_UNSPECIFIED",
            "COLOUR_NONE",
            "the zero of enum Colour is not COLOUR_UNSPECIFIED",
            id="the zero is UNSPECIFIED",
        ),
        pytest.param(
            "LampService",
            "Lamps",
            "service Lamps is not PascalCase and ending in Service",
            id="a service ends in Service",
        ),
        pytest.param(
            "Switch(SwitchRequest)",
            "Turn(SwitchRequest)",
            "rpc Turn takes or gives .elbow.lamp.v1.SwitchRequest, not TurnRequest",
            id="a request is named by its rpc",
        ),
    ],
)
def test_a_breach_is_found(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in findings(tmp_path, GOOD.replace(old, new))


def test_a_message_that_two_rpcs_share_is_found_at_both(tmp_path: Path) -> None:
    second = "  // Again.\n  rpc LampServiceSwitch(SwitchRequest) returns (stream SwitchResponse);\n}\n\n// Which lamp."
    found = findings(tmp_path, GOOD.replace("}\n\n// Which lamp.", second, 1))
    shared = [message for message in found if "shares" in message]
    assert shared == [
        "rpc Switch shares .elbow.lamp.v1.SwitchRequest with another use",
        "rpc Switch shares .elbow.lamp.v1.SwitchResponse with another use",
        "rpc LampServiceSwitch shares .elbow.lamp.v1.SwitchRequest with another use",
        "rpc LampServiceSwitch shares .elbow.lamp.v1.SwitchResponse with another use",
    ]


def test_a_package_without_a_version_is_found(tmp_path: Path) -> None:
    text = GOOD.replace("elbow.lamp.v1", "elbow.lamp")
    assert findings(tmp_path, text, "elbow/lamp/lamp.proto") == [
        "package 'elbow.lamp' does not end in a version such as v1"
    ]


def test_a_finding_tells_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "elbow/lamp/v1/lamp.proto"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD.replace("// A colour.\n", ""))
    assert [str(finding) for finding in lint.lint(tmp_path)] == [
        "protos/elbow/lamp/v1/lamp.proto:28: enum Colour has no comment above it"
    ]
