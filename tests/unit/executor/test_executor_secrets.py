"""A secret is read when its call is sent, and stands in that call alone."""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from services.executor.core import references
from services.executor.core.secrets import Named, filled, named
from services.executor.core.steps import AwsCall, CallError, CallResult, ErrorClass, Json, Outcome, Step
from services.executor.kube.client import KubeClient
from services.executor.kube.secrets import SecretReader
from services.runtime import client_secrets
from tests.unit.executor.test_executor_runner import Aws, run

TEXT = "s3cret-text"
RAW = {
    "metadata": {"uid": "uid-1"},
    "data": {"clientSecret": base64.b64encode(TEXT.encode()).decode(), "other": base64.b64encode(b"more").decode()},
}
DIGEST = client_secrets.digest(RAW)
PATH = "/api/v1/namespaces/game/secrets/idp"


def hole(name: str = "game/idp#clientSecret", digest: str = DIGEST) -> dict[str, Json]:
    return {"$secret": name, "digest": digest}


def wanted(key: str = "clientSecret", digest: str = DIGEST) -> Named:
    return Named(namespace="game", name="idp", key=key, digest=digest)


class Kube:
    """A cluster with one Secret, or with an error in the place of each."""

    def __init__(self, error: CallError | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    async def get(self, path: str, kind: str) -> CallResult:
        self.asked.append(path)
        outcome = Outcome.ACCEPTED if self._error is None else Outcome.REFUSED
        return CallResult(outcome=outcome, answer=None if self._error else RAW, error=self._error)

    def reader(self) -> SecretReader:
        return SecretReader(cast(KubeClient, self))


class Listening(Aws):
    """Remembers the parameters of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.parameters: list[Mapping[str, Any]] = []

    async def call(self, operation: Any, parameters: Mapping[str, Any], **more: Any) -> CallResult:
        self.parameters.append(parameters)
        return await super().call(operation, parameters, **more)


def step(secret: Json) -> Step:
    parameters = {"Actions": [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientSecret": secret}}]}
    return Step(id="a", depends_on=(), work=AwsCall(service="elbv2", operation="CreateRule", parameters=parameters))


def test_secrets_are_found_and_filled_in_wherever_they_stand() -> None:
    parameters: Json = {"A": [hole(), {"B": hole("game/idp#x", "d"), "C": 1}], "D": "text"}
    other = Named(namespace="game", name="idp", key="x", digest="d")
    assert named(parameters) == {wanted(), other}
    assert filled(parameters, {wanted(): "one", other: "two"}) == {"A": ["one", {"B": "two", "C": 1}], "D": "text"}
    assert named({"A": ["x"]}) == frozenset()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(hole("idp#clientSecret"), id="no namespace"),
        pytest.param(hole("game/idp"), id="no key"),
        pytest.param(hole("game/#clientSecret"), id="no name"),
        pytest.param(hole(digest=""), id="an empty digest"),
        pytest.param({"$secret": "game/idp#clientSecret"}, id="no digest"),
        pytest.param({**hole(), "more": 1}, id="something beside"),
    ],
)
async def test_what_is_no_name_of_a_secret_is_refused_and_nothing_sent(bad: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match="is no secret"):
        named({"A": bad})
    fake = Listening()
    results = await run(fake, step(bad), secrets=Kube().reader())
    assert (fake.sent, results["a"].result.outcome) == ([], Outcome.REFUSED)


def test_references_leave_secrets_as_they_are() -> None:
    parameters: Json = {"A": hole(), "B": {"$ref": "s#Arn"}}
    assert references.resolve(parameters, {"s": {"Arn": "arn"}}) == {"A": hole(), "B": "arn"}


async def test_the_call_has_the_text_and_the_result_and_the_log_have_the_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake, kube = Listening(), Kube()
    results = await run(fake, step(hole()), secrets=kube.reader())
    assert TEXT in json.dumps(fake.parameters)
    assert kube.asked == [PATH]
    assert results["a"].result.outcome is Outcome.ACCEPTED
    assert results["a"].sent == step(hole()).work.parameters  # type: ignore[union-attr]
    assert TEXT not in repr(results) + caplog.text


async def test_a_call_without_secrets_reads_none() -> None:
    kube = Kube()
    await run(Listening(), step("text"), secrets=kube.reader())
    assert kube.asked == []


@pytest.mark.parametrize(
    ("secret", "refusal", "code", "error_class"),
    [
        pytest.param(wanted(digest="0"), None, "SecretChanged", ErrorClass.CONFLICT, id="it changed since the plan"),
        pytest.param(wanted("other"), None, "SecretNotAllowed", ErrorClass.DENIED, id="another key is never read"),
        pytest.param(
            wanted(),
            CallError(error_class=ErrorClass.DENIED, code="Forbidden", message="no right"),
            "Forbidden",
            ErrorClass.DENIED,
            id="it may not be read",
        ),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_words_without_its_contents(
    secret: Named, refusal: CallError | None, code: str, error_class: ErrorClass
) -> None:
    kube = Kube(refusal)
    error = await kube.reader().read([secret])
    assert isinstance(error, CallError)
    assert (error.code, error.error_class) == (code, error_class)
    assert TEXT not in repr(error)
    assert kube.asked == ([] if code == "SecretNotAllowed" else [PATH])
    fake = Listening()
    marker = hole(f"game/idp#{secret.key}", secret.digest)
    results = await run(fake, step(marker), secrets=kube.reader())
    assert (fake.sent, results["a"].result.error) == ([], error)
