"""Secrets that receivers ask for: watched by name, told by digest, for as long as somebody needs them."""

import asyncio
import base64
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.runtime import client_secrets
from services.watcher.convert import secret_response_of
from services.watcher.core.secrets import SecretName, SecretState
from services.watcher.kube.secret_watch import SecretWatch
from services.watcher.secrets import Secrets, Stopped
from tests.unit.watcher.scripted_api import Answer, bookmark, error, event, page, refusal, scripted_api, watch
from tests.unit.watcher.test_watcher_list_watch import UntilTheScriptEnds

IDP, OTHER = SecretName(namespace="game", name="idp"), SecretName(namespace="game", name="other")
TEXT = "s3cret-text"
RETRY_SECONDS = 7.0


def raw(text: str = TEXT, **data: str) -> dict[str, Any]:
    held = {"clientID": "shop", "clientSecret": text, **data}
    return {
        "metadata": {"namespace": "game", "name": "idp", "uid": "uid", "resourceVersion": "3", "labels": {"team": "a"}},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in held.items() if value},
    }


def state(text: str = TEXT, **changes: Any) -> SecretState:
    told: dict[str, Any] = {
        "present": True,
        "labels": {"team": "a"},
        "client_id": "shop",
        "digests": {"clientSecret": client_secrets.digest(raw(text))},
    }
    return SecretState(secret=IDP, **{**told, **changes})


GONE = SecretState(secret=IDP)


def told_by(*answers: Answer) -> tuple[list[SecretState], list[float], list[tuple[str, dict[str, str]]]]:
    """What one watch tells, how long it waits, and what it asks, until the script has ended."""
    told: list[SecretState] = []
    with scripted_api(*answers) as api:
        pause = UntilTheScriptEnds(api)
        SecretWatch(api.client(), IDP, tell=told.append, stopped=pause, retry_seconds=RETRY_SECONDS).run()
    return told, pause.waits, api.asked


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param((page(raw(), revision=9), watch()), [state()], id="it is there"),
        pytest.param((page(revision=9), watch(event("ADDED", raw()))), [GONE, state()], id="it comes"),
        pytest.param(
            (page(raw(), revision=9), watch(event("MODIFIED", raw("new")), bookmark(11))),
            [state(), state("new")],
            id="it changes",
        ),
        pytest.param((page(raw(), revision=9), watch(event("DELETED", raw()))), [state(), GONE], id="it goes"),
        pytest.param(
            (page(raw(), revision=9), watch(error(410, "too old")), page(raw("new"), revision=20), watch()),
            [state(), state("new")],
            id="a watch that is behind begins anew",
        ),
        pytest.param((page(raw(""), revision=9), watch()), [state(digests={})], id="it has no client's secret"),
        pytest.param((page(raw(clientID=""), revision=9), watch()), [state(client_id="")], id="it has no client's id"),
    ],
)
def test_every_state_of_the_secret_is_told(answers: tuple[Answer, ...], expected: list[SecretState]) -> None:
    told, _, _ = told_by(*answers)
    assert told == expected


def test_it_is_listed_and_watched_by_its_name_alone() -> None:
    _, _, asked = told_by(page(raw(), revision=9), watch())
    assert [path for path, _ in asked] == ["/api/v1/namespaces/game/secrets"] * 2
    assert {query["fieldSelector"] for _, query in asked} == {"metadata.name=idp"}
    assert [query.get("watch", "") for _, query in asked] == ["", "true"]


def test_one_that_may_not_be_read_says_so_and_is_asked_for_again_later() -> None:
    told, waits, _ = told_by(refusal(403, "secrets is forbidden"), page(raw(), revision=9), watch())
    assert told == [SecretState(secret=IDP, refusal="/api/v1/namespaces/game/secrets: secrets is forbidden"), state()]
    assert waits[0] == RETRY_SECONDS


def test_what_was_seen_stands_while_the_api_server_fails() -> None:
    told, _, _ = told_by(page(raw(), revision=9), watch(cut=True), refusal(500, "down"), page(raw(), revision=9))
    assert set(map(repr, told)) == {repr(state())}


def test_neither_message_nor_log_has_the_contents(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="services")
    told, _, _ = told_by(page(raw(), revision=9), watch(cut=True), page(raw(), revision=9))
    messages = [str(secret_response_of(one)) for one in told]
    encoded = base64.b64encode(TEXT.encode()).decode()
    assert all(text not in said for text in (TEXT, encoded) for said in (*messages, repr(told), caplog.text))


@dataclass
class Script:
    """A watch that tells what the test has it tell."""

    tell: Callable[[SecretState], None]
    stopped: Stopped
    began: threading.Event = field(default_factory=threading.Event)
    interrupted: bool = False

    def run(self) -> None:
        self.began.set()

    def interrupt(self) -> None:
        self.interrupted = True


class Scripts:
    """All watches that were opened, the newest by name."""

    def __init__(self) -> None:
        self.opened: dict[SecretName, Script] = {}

    def open(self, secret: SecretName, tell: Callable[[SecretState], None], stopped: Stopped) -> Script:
        self.opened[secret] = Script(tell, stopped)
        return self.opened[secret]

    def running(self) -> set[SecretName]:
        return {name for name, script in self.opened.items() if not script.stopped.is_set()}


async def test_two_receivers_share_a_watch_which_ends_with_the_last_one() -> None:
    scripts = Scripts()
    secrets = Secrets(scripts.open)
    with secrets.receiver() as first:
        with secrets.receiver() as second:
            first.want([IDP])
            watched = scripts.opened[IDP]
            second.want([IDP, OTHER])
            assert scripts.opened[IDP] is watched
            assert scripts.running() == {IDP, OTHER}
        assert scripts.running() == {IDP}
        assert (scripts.opened[OTHER].interrupted, watched.interrupted) == (True, False)
    assert (scripts.running(), watched.interrupted) == (set(), True)


async def test_one_who_comes_late_is_told_what_is_known() -> None:
    scripts = Scripts()
    secrets = Secrets(scripts.open)
    with secrets.receiver() as first, secrets.receiver() as second:
        first.want([IDP])
        scripts.opened[IDP].tell(state())
        assert await first.next() == (state(),)
        second.want([IDP])
        assert await second.next() == (state(),)


async def test_the_newest_state_is_told_once_and_only_to_those_who_need_it() -> None:
    scripts = Scripts()
    secrets = Secrets(scripts.open)
    with secrets.receiver() as first, secrets.receiver() as second:
        first.want([IDP])
        second.want([OTHER])
        for text in ("a", "b", "b"):
            scripts.opened[IDP].tell(state(text))
        (newest,) = await first.next()
        assert newest.digests == state("b").digests
        assert (secrets.take(first), secrets.take(second)) == ((), ())


async def test_what_is_not_needed_any_more_is_not_told_and_needed_again_is_read_again() -> None:
    scripts = Scripts()
    secrets = Secrets(scripts.open)
    with secrets.receiver() as receiver:
        receiver.want([IDP])
        before = scripts.opened[IDP]
        before.tell(state())
        receiver.want([])
        assert secrets.take(receiver) == ()
        receiver.want([IDP])
        before.tell(state("late"))
        assert scripts.opened[IDP] is not before
        waiting = asyncio.create_task(receiver.next())
        scripts.opened[IDP].tell(state("new"))
        assert (await waiting)[-1].digests == state("new").digests


async def test_closing_ends_all_watches() -> None:
    scripts = Scripts()
    secrets = Secrets(scripts.open)
    with secrets.receiver() as receiver:
        receiver.want([IDP, OTHER])
        secrets.close()
        assert scripts.running() == set()
