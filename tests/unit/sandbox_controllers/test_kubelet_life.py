"""Probes and the life of a container, without sockets and clocks."""

from datetime import UTC, datetime

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.kubelet.commands import Outcome, outcome_of, slept_seconds
from sandbox.kubernetes.kubelet.containers import grace_of, pre_stop_of, restart_policy, sidecars_of
from sandbox.kubernetes.kubelet.life import Life, Moment, begin, end, judge, runs_again
from sandbox.kubernetes.kubelet.probes import (
    Action,
    Exec,
    HttpGet,
    Kind,
    Probe,
    Tally,
    TcpSocket,
    Unknown,
    action_of,
    probes_of,
)
from tests.unit.sandbox_controllers.builders import pod

TCP = TcpSocket(port=8080)
CONTAINER: Object = {"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}


def at(seconds: float) -> Moment:
    return Moment(at=seconds, time=datetime.fromtimestamp(seconds, UTC))


def probes(*kinds: Kind) -> dict[Kind, Probe]:
    return {kind: Probe(kind=kind, action=TCP) for kind in kinds}


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param({"httpGet": {"port": 8080}}, HttpGet(port=8080), id="a request to the root by default"),
        pytest.param(
            {
                "httpGet": {
                    "port": "http",
                    "path": "/up",
                    "scheme": "HTTPS",
                    "httpHeaders": [{"name": "A", "value": "b"}],
                }
            },
            HttpGet(port=8080, path="/up", tls=True, headers=(("A", "b"),)),
            id="a request to a named port with all that can be said",
        ),
        pytest.param(
            {"httpGet": {"port": "admin"}},
            Unknown(reason="the container has no port named 'admin'"),
            id="a port that nobody declared",
        ),
        pytest.param({"tcpSocket": {"port": "http"}}, TCP, id="a connection"),
        pytest.param({"exec": {"command": ["true"]}}, Exec(outcome=Outcome(succeeds=True)), id="a known command"),
        pytest.param(
            {"exec": {"command": ["cat", "/tmp/up"]}},
            Unknown(reason="there is no image in which to run 'cat /tmp/up'"),
            id="a command that needs an image",
        ),
        pytest.param(
            {"grpc": {"port": 9000}}, Unknown(reason="the sandbox's pods do not speak grpc"), id="another protocol"
        ),
    ],
)
def test_what_a_probe_does(handler: Object, expected: Action) -> None:
    assert action_of(CONTAINER, handler) == expected


def test_the_defaults_of_a_probe() -> None:
    container = {**CONTAINER, "readinessProbe": {"tcpSocket": {"port": 8080}}}
    assert probes_of(container) == {
        Kind.READINESS: Probe(
            kind=Kind.READINESS,
            action=TCP,
            initial_delay=0.0,
            period=10.0,
            timeout=1.0,
            successes=1,
            failures=3,
            grace=None,
        )
    }


@pytest.mark.parametrize(
    ("delay", "ran", "expected"),
    [
        pytest.param(0, -1, 0, id="the first at once"),
        pytest.param(5, -1, 10, id="the first at the first multiple of the period after the initial delay"),
        pytest.param(10, -1, 10, id="which may be the delay itself"),
        pytest.param(0, 0, 10, id="the next a period later"),
        pytest.param(0, 13, 20, id="one that took long lets the missed ones go"),
    ],
)
def test_when_a_probe_runs(delay: float, ran: float, expected: float) -> None:
    assert Probe(kind=Kind.READINESS, action=TCP, initial_delay=delay).next_due(ran) == expected


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        pytest.param("", None, id="nothing is known before the first result"),
        pytest.param("-", None, id="one failure of three decides nothing"),
        pytest.param("+", None, id="nor does one success of two"),
        pytest.param("++", True, id="two successes do"),
        pytest.param("++--", True, id="two failures take nothing back"),
        pytest.param("++---", False, id="three do"),
        pytest.param("++--+--", True, id="if they come in a row"),
    ],
)
def test_thresholds(results: str, verdict: bool | None) -> None:
    probe = Probe(kind=Kind.READINESS, action=TCP, successes=2, failures=3)
    tally = Tally()
    for result in results:
        tally = tally.after(probe, result == "+")
    assert tally.verdict is verdict


@pytest.mark.parametrize(
    ("has", "verdicts", "started", "ready"),
    [
        pytest.param([], [], True, True, id="without probes a container is ready when it runs"),
        pytest.param([Kind.READINESS], [], True, False, id="with a readiness probe it is not before that passes"),
        pytest.param([Kind.READINESS], [(Kind.READINESS, True)], True, True, id="when it passes it is"),
        pytest.param(
            [Kind.READINESS],
            [(Kind.READINESS, True), (Kind.READINESS, False)],
            True,
            False,
            id="when it fails it is not any more",
        ),
        pytest.param([Kind.STARTUP], [], False, False, id="until its startup probe passes it has not started"),
        pytest.param([Kind.STARTUP], [(Kind.STARTUP, True)], True, True, id="which may be all it waits for"),
        pytest.param(
            [Kind.STARTUP, Kind.READINESS], [(Kind.STARTUP, True)], True, False, id="or it waits for readiness then"
        ),
        pytest.param(
            [Kind.LIVENESS], [(Kind.LIVENESS, False)], True, True, id="a failed liveness probe is not judged here"
        ),
    ],
)
def test_verdicts(has: list[Kind], verdicts: list[tuple[Kind, bool]], started: bool, ready: bool) -> None:
    life = begin(Life(), probes(*has), at(0))
    for kind, verdict in verdicts:
        life = judge(life, probes(*has), kind, verdict)
    assert (life.started, life.ready) == (started, ready)


def test_the_pauses_between_restarts_grow_and_are_forgiven() -> None:
    life, now, pauses = Life(), 0.0, []
    for lasts in (1, 1, 1, 1, 1, 1, 1, 1, 700, 1):
        life = begin(life, {}, at(now))
        now += lasts
        life = end(life, 1, at(now), again=True)
        pauses.append(life.pause)
        now += life.pause
    assert pauses == [0, 10, 20, 40, 80, 160, 300, 300, 0, 10]
    assert begin(life, {}, at(now)).restarts == 10


def test_a_container_that_runs_again_remembers_how_it_ended() -> None:
    life = end(begin(Life(), {}, at(0)), 137, at(5), again=True)
    assert life.end is not None
    assert (life.end.code, life.end.reason, life.ready, life.over) == (137, "Error", False, False)
    again = begin(life, {}, at(5))
    assert (again.end, again.last, again.restarts, again.ready) == (None, life.end, 1, True)


@pytest.mark.parametrize(
    ("policy", "code", "expected"),
    [
        pytest.param("Always", 0, True, id="always after a good end"),
        pytest.param("OnFailure", 0, False, id="on failure not after a good end"),
        pytest.param("OnFailure", 1, True, id="on failure after a bad one"),
        pytest.param("Never", 1, False, id="never"),
    ],
)
def test_restart_policies(policy: str, code: int, expected: bool) -> None:
    assert runs_again(policy, code) is expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param(["/bin/true"], Outcome(succeeds=True), id="true"),
        pytest.param(["false"], Outcome(succeeds=False), id="false"),
        pytest.param(["sleep", "1.5"], Outcome(succeeds=True, seconds=1.5), id="sleep"),
        pytest.param(["sh", "-c", "sleep 2m"], Outcome(succeeds=True, seconds=120), id="in a shell"),
        pytest.param(["sh", "-c", "sleep 2; curl localhost"], None, id="not with more behind it"),
        pytest.param(["cat", "/tmp/ready"], None, id="nothing that needs an image"),
        pytest.param([], None, id="nothing at all"),
    ],
)
def test_commands(command: list[str], expected: Outcome | None) -> None:
    assert outcome_of(command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param(["sleep", "7"], 7.0, id="the sleep program"),
        pytest.param(["/bin/sh", "-c", "/bin/sleep 7; exit"], 7.0, id="in a shell with more behind it"),
        pytest.param(["sh", "-c", "sleep 7s && nginx -s quit"], 7.0, id="with a unit"),
        pytest.param(["/bin/drain"], 0.0, id="nothing in a command of another kind"),
    ],
)
def test_time_that_a_hook_sleeps(command: list[str], expected: float) -> None:
    assert slept_seconds(command) == expected


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        pytest.param(None, None, id="there may be none"),
        pytest.param({"sleep": {"seconds": 5}}, Exec(outcome=Outcome(succeeds=True, seconds=5)), id="a sleep"),
        pytest.param(
            {"exec": {"command": ["sh", "-c", "sleep 5; drain"]}},
            Exec(outcome=Outcome(succeeds=True, seconds=5)),
            id="a command counts for its sleep",
        ),
        pytest.param(
            {"httpGet": {"port": "http", "path": "/drain"}}, HttpGet(port=8080, path="/drain"), id="a request"
        ),
        pytest.param(
            {"exec": {"command": ["drain"]}},
            Unknown(reason="there is no image in which to run 'drain'"),
            id="a command that needs an image",
        ),
    ],
)
def test_hooks(hook: Object | None, expected: Action | None) -> None:
    assert pre_stop_of({**CONTAINER, "lifecycle": {"preStop": hook} if hook else {}}) == expected


def test_the_time_to_end_is_the_deletions_then_the_pods_own_then_half_a_minute() -> None:
    one = pod("a", terminating=True)
    one["metadata"]["deletionGracePeriodSeconds"] = 0
    assert grace_of(one) == 0
    assert grace_of(pod("a", spec={"terminationGracePeriodSeconds": 60})) == 60
    assert grace_of(pod("a")) == 30


def test_sidecars_have_a_restart_policy_of_their_own() -> None:
    mesh = {"name": "mesh", "restartPolicy": "Always"}
    one = pod("a", spec={"restartPolicy": "Never", "initContainers": [{"name": "setup"}, mesh]})
    assert sidecars_of(one) == [mesh]
    assert (restart_policy(one, mesh), restart_policy(one, CONTAINER)) == ("Always", "Never")
