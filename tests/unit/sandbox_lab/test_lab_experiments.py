"""What experiments are made of: their list, their options, the stage that they ask for, the words on the terminal."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.lab.cluster import is_ready, is_rolled_out
from sandbox.lab.experiment import Needs
from sandbox.lab.experiments import EXPERIMENTS, SERIES
from sandbox.lab.experiments.client_info import proxied
from sandbox.lab.experiments.nlb_options import BAD_VALUES, REFUSED, mixed, options
from sandbox.lab.record import Record
from sandbox.lab.run import settings_of
from sandbox.lab.scene import Pace
from sandbox.lab.stage import Setting, elbow_flags, sandbox_flags
from sandbox.lab.telling import comparison, outcome
from sandbox.lab.timeline import Timeline
from sandbox.lab.verdicts import judged, unavailable

TEN = [
    "nlb-ip",
    "alb-2048",
    "options",
    "algorithm",
    "client-info",
    "canary",
    "ssl-redirect",
    "nlb-tls",
    "readiness-gate",
    "graceful-shutdown",
]
OPTIONS = {
    "load-balancer-source-ranges",
    "type",
    "nlb-target-type",
    "name",
    "internal",
    "scheme",
    "proxy-protocol",
    "ip-address-type",
    "access-log-enabled",
    "access-log-s3-bucket-name",
    "access-log-s3-bucket-prefix",
    "cross-zone-load-balancing-enabled",
    "ssl-cert",
    "ssl-ports",
    "ssl-negotiation-policy",
    "backend-protocol",
    "additional-resource-tags",
    "healthcheck-healthy-threshold",
    "healthcheck-unhealthy-threshold",
    "healthcheck-timeout",
    "healthcheck-interval",
    "healthcheck-protocol",
    "healthcheck-port",
    "healthcheck-path",
    "eip-allocations",
    "private-ipv4-addresses",
    "target-group-attributes",
    "subnets",
    "alpn-policy",
    "target-node-labels",
}
WORLD: dict[str, Any] = {
    "certs": {"www": "arn:cert"},
    "subnets": {f"{kind}-{zone}": f"subnet-{kind}-{zone}" for kind in ("public", "private") for zone in "abc"},
    "eips": ["eipalloc-1", "eipalloc-2", "eipalloc-3"],
    "nodes": [{"id": "i-1"}, {"id": "i-2"}],
}
PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"


def test_the_ten_experiments_are_there_in_their_order() -> None:
    assert list(SERIES["ten"]) == TEN
    assert list(EXPERIMENTS) == [*TEN, "throughput"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_on_the_page_of_the_sandbox(name: str) -> None:
    assert f"| `{name}` |" in PAGE.read_text()


def test_every_option_of_the_table_is_tried() -> None:
    assert {option.name for option in options(WORLD)} == OPTIONS


def test_every_bad_value_is_one_of_an_option_and_has_a_service_of_its_own() -> None:
    names = [bad.name for bad in (*BAD_VALUES, REFUSED)]
    assert len(names) == len(set(names))
    assert set(names) <= OPTIONS


def test_the_mixed_service_has_the_annotations_of_all_that_it_mixes() -> None:
    found = mixed(WORLD).full_annotations()
    assert found["service.beta.kubernetes.io/load-balancer-source-ranges"] == "10.1.0.0/16,10.2.0.0/16"
    assert found["service.beta.kubernetes.io/aws-load-balancer-ssl-ports"] == "443"
    assert len(found) >= 15


def setting(needs: Needs, *, factor: float = 1.0) -> Setting:
    return Setting(needs=needs, pace=Pace(seconds=5, rps=50, clock_factor=factor), keep=False)


@pytest.mark.parametrize(
    ("made", "flags"),
    [
        pytest.param(setting(Needs(), factor=20), ["--clock-factor", "20"], id="a faster clock"),
        pytest.param(
            setting(Needs(realistic=True, delays={"tagging": 0.5})),
            ["--clock-factor", "1", "--realistic", "--delay", "tagging=0.5"],
            id="the delays of AWS, and one that is otherwise",
        ),
    ],
)
def test_what_the_sandbox_is_started_with(made: Setting, flags: list[str]) -> None:
    assert list(sandbox_flags(made)) == flags


@pytest.mark.parametrize(
    ("made", "flags"),
    [
        pytest.param(setting(Needs(), factor=20), ["--aws-rate-scale=20"], id="a budget by the sandbox's clock"),
        pytest.param(
            setting(Needs(sweep_seconds=4)),
            ["--aws-rate-scale=1", "--planner-arg=--sweep-period-seconds=4"],
            id="a sweep for drift",
        ),
    ],
)
def test_what_elbow_is_started_with(made: Setting, flags: list[str]) -> None:
    assert list(elbow_flags(made, None)) == flags


@pytest.mark.parametrize(
    ("made", "has_load", "said"),
    [
        pytest.param(
            setting(Needs(), factor=20),
            False,
            ["20 times as fast as the wall's", "none: AWS answers at once", "seconds of the wall"],
            id="without a load nothing is said of one",
        ),
        pytest.param(
            setting(Needs(realistic=True, delays={"application_provisioning": 1})),
            True,
            [
                "as the wall's",
                "as AWS's, application provisioning 1 s",
                "50 requests/s, 5 s each",
                "seconds of the wall",
            ],
            id="delays and load",
        ),
    ],
)
def test_a_report_says_how_its_numbers_came_to_be(made: Setting, has_load: bool, said: list[str]) -> None:
    assert [one.value for one in settings_of(made, has_load=has_load)] == said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        pytest.param(None, "none", id="no header"),
        pytest.param(
            {"version": 2, "command": "PROXY", "source": {"address": "127.0.0.1", "port": 4711}},
            "version 2, source 127.0.0.1:4711",
            id="the client's address and port",
        ),
        pytest.param({"version": 2, "command": "LOCAL"}, "version 2, LOCAL", id="a header of the proxy itself"),
    ],
)
def test_what_a_pod_saw_of_proxy_protocol(header: object, said: str) -> None:
    assert proxied(header) == said


def deployment(**status: int) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": status}


@pytest.mark.parametrize(
    ("seen", "rolled_out"),
    [
        pytest.param(
            deployment(observedGeneration=2, replicas=3, updatedReplicas=3, readyReplicas=3), True, id="all new, ready"
        ),
        pytest.param(
            deployment(observedGeneration=1, replicas=3, updatedReplicas=3, readyReplicas=3), False, id="not seen yet"
        ),
        pytest.param(
            deployment(observedGeneration=2, replicas=4, updatedReplicas=3, readyReplicas=3), False, id="an old one"
        ),
        pytest.param(
            deployment(observedGeneration=2, replicas=3, updatedReplicas=3, readyReplicas=2), False, id="one not ready"
        ),
        pytest.param(deployment(), False, id="no status"),
    ],
)
def test_when_a_deployment_is_rolled_out(seen: dict[str, Any], rolled_out: bool) -> None:
    assert is_rolled_out(seen) is rolled_out


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        pytest.param([{"type": "Ready", "status": "True"}], True, id="ready"),
        pytest.param([{"type": "Ready", "status": "False"}], False, id="not ready"),
        pytest.param([{"type": "Initialized", "status": "True"}], False, id="another condition"),
        pytest.param(None, False, id="no conditions"),
    ],
)
def test_when_a_pod_is_ready(conditions: object, ready: bool) -> None:
    assert is_ready({"status": {"conditions": conditions}}) is ready


def record(name: str, *, problem: str = "") -> Record:
    return Record(
        name=name,
        title="",
        done="",
        is_measurement=False,
        started="",
        settings=[],
        verdicts=[judged("one", expected=1, seen=2), unavailable("two", expected="a thing", why="there is none")],
        measures=[],
        manifests=[],
        timeline=Timeline(),
        problem=problem,
    )


def test_the_outcome_is_told_check_by_check() -> None:
    assert list(outcome(record("canary", problem="no sandbox"))) == [
        "  FAIL one",
        "         expected 1",
        "         seen     2",
        "  n/a  two",
        "         expected a thing",
        "         seen     there is none",
        "  no sandbox",
        "  could not run: 0 of 1 as expected, 1 not available",
    ]


def test_several_are_compared_in_a_table() -> None:
    assert comparison([record("canary"), record("nlb-ip", problem="no sandbox")]) == [
        "canary  failed         0 of 1 as expected, 1 not available",
        "nlb-ip  could not run  0 of 1 as expected, 1 not available",
    ]
