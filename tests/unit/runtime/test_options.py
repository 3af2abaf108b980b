"""Settings from flags, environment and defaults, and the messages for what cannot be."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from services.runtime.options import load
from services.runtime.settings import ServerSettings, SettingsGroup, TlsSettings


class LampGroup(SettingsGroup):
    """How the lamp shines."""

    hue_shift: float = Field(default=1.0, gt=0)
    """Factor on all hues."""


class LampSettings(ServerSettings):
    """A lamp."""

    lamp: LampGroup = LampGroup()

    aws_region: str | None = Field(default=None, validation_alias="aws_region")
    """Region of the lamp."""


class NamedLampSettings(LampSettings):
    """A lamp that needs a name."""

    cluster_name: str
    """Name of the cluster."""


def refusal(capsys: pytest.CaptureFixture[str], settings_type: type[ServerSettings], *argv: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as caught:
        load(settings_type, argv, program="elbow-lamp")
    return caught.value.code, capsys.readouterr().err


def test_without_flags_and_variables_the_defaults_hold() -> None:
    assert load(LampSettings, [], program="elbow-lamp") == LampSettings()
    assert LampSettings().listen == "127.0.0.1:0"


def test_flags_win_over_the_environment_and_both_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELBOW_LISTEN", "127.0.0.1:7001")
    monkeypatch.setenv("ELBOW_SHUTDOWN_GRACE_SECONDS", "4")
    monkeypatch.setenv("ELBOW_TLS_CERT", "/from/environment")
    monkeypatch.setenv("ELBOW_TLS_KEY", "/key/from/environment")
    monkeypatch.setenv("ELBOW_LAMP_HUE_SHIFT", "3")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    argv = ["--listen", "127.0.0.1:7002", "--tls-cert=/from/flag", "--lamp-hue-shift", "2", "--log-level", "WARNING"]
    assert load(LampSettings, argv, program="elbow-lamp") == LampSettings.model_construct(
        listen="127.0.0.1:7002",
        shutdown_grace_seconds=4.0,
        tls=TlsSettings(cert=Path("/from/flag"), key=Path("/key/from/environment")),
        lamp=LampGroup(hue_shift=2.0),
        aws_region="eu-west-1",
        log_level="warning",
    )


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(["--insecure-listen"], True, id="the flag switches on"),
        pytest.param(["--no-insecure-listen"], False, id="its opposite wins over the environment"),
        pytest.param([], True, id="the environment switches on"),
    ],
)
def test_a_switch(monkeypatch: pytest.MonkeyPatch, argv: list[str], *, expected: bool) -> None:
    monkeypatch.setenv("ELBOW_INSECURE_LISTEN", "true")
    assert load(LampSettings, argv, program="elbow-lamp").insecure_listen is expected


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(
            ["--shutdown-grace-seconds", "soon"],
            "elbow-lamp: --shutdown-grace-seconds (environment variable ELBOW_SHUTDOWN_GRACE_SECONDS): "
            "Input should be a valid number, unable to parse string as a number, not 'soon'\n",
            id="a value of the wrong type",
        ),
        pytest.param(
            ["--lamp-hue-shift", "-1"],
            "elbow-lamp: --lamp-hue-shift (environment variable ELBOW_LAMP_HUE_SHIFT): "
            "Input should be greater than 0, not '-1'\n",
            id="a value out of range inside a group",
        ),
        pytest.param(
            ["--log-level", "loud"],
            "elbow-lamp: --log-level (environment variable ELBOW_LOG_LEVEL): "
            "Input should be 'debug', 'info', 'warning' or 'error', not 'loud'\n",
            id="a value that is no choice",
        ),
    ],
)
def test_a_bad_value_is_named_with_flag_and_variable(
    capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    assert refusal(capsys, LampSettings, *argv) == (2, message)


def test_a_bad_variable_is_named_like_a_bad_flag(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELBOW_LAMP_HUE_SHIFT", "bright")
    assert refusal(capsys, LampSettings) == (
        2,
        "elbow-lamp: --lamp-hue-shift (environment variable ELBOW_LAMP_HUE_SHIFT): "
        "Input should be a valid number, unable to parse string as a number, not 'bright'\n",
    )


def test_a_missing_value_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, NamedLampSettings) == (
        2,
        "elbow-lamp: --cluster-name (environment variable ELBOW_CLUSTER_NAME): is required\n",
    )


def test_an_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, message = refusal(capsys, LampSettings, "--lisen", "127.0.0.1:1")
    assert code == 2
    assert message.endswith("elbow-lamp: error: unrecognized arguments: --lisen 127.0.0.1:1\n")


def test_help_names_each_flag_with_its_meaning_and_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        load(LampSettings, ["--help"], program="elbow-lamp")
    words = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    assert "--lamp-hue-shift float Factor on all hues. (default: 1.0) [env: ELBOW_LAMP_HUE_SHIFT]" in words
    assert "--aws-region str Region of the lamp. (default: None) [env: AWS_REGION]" in words
    assert "How the lamp shines." in words


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        LampSettings().listen = "0.0.0.0:1"


class RenamedSettings(ServerSettings):
    """A lamp that had other names."""

    other_names: ClassVar[Mapping[str, str]] = {"--old-hue": "--hue"}

    hue: str = ""
    """Hue of the lamp."""


@pytest.mark.parametrize("argv", [["--old-hue=red"], ["--old-hue", "red"], ["--hue=red"]])
def test_another_name_of_a_flag_is_taken_for_it(argv: list[str]) -> None:
    assert load(RenamedSettings, argv, program="elbow-lamp").hue == "red"
