"""Certificates, policies, ALPN and attributes of listeners: which calls they cost, and what is asked before."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core import parse
from services.planner.core.aws import Inventory, Listener, MutualAuthentication
from services.planner.core.desired import DesiredListener
from services.planner.core.diff.certificates import unread_certificates
from services.planner.core.diff.listeners import diff_listeners, unread_attributes
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.fold import fold
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.plans import AwsCall, Plan
from services.planner.core.updates import apply

KEY = StackKey(kind=StackKind.SERVICE, namespace="game", name="echo")
BALANCER, ARN = "balancer", "listener"
A, B, C = "certificate:a", "certificate:b", "certificate:c"
TLS = DesiredListener(
    port=443, protocol="TLS", default_actions=(), tags={}, certificates=(B, A), ssl_policy="p1", alpn_policy="HTTP2Only"
)
TCP = DesiredListener(port=443, protocol="TCP", default_actions=(), tags={})
IDLE = {"tcp.idle_timeout.seconds": "500"}
STANDING = Listener(
    arn=ARN,
    load_balancer_arn=BALANCER,
    port=443,
    protocol="TLS",
    default_actions=(),
    ssl_policy="p1",
    certificates=(B,),
    extra_certificates=(A, B),
    alpn_policy="HTTP2Only",
    tags={},
    attributes={},
)
PLAIN = replace(
    STANDING, protocol="TCP", ssl_policy=None, certificates=(), extra_certificates=None, alpn_policy=None, attributes={}
)


def _plan(desired: DesiredListener, standing: Listener | None) -> Plan:
    draft = Draft()
    found = {standing.port: standing} if standing is not None else {}
    inventory = Inventory(listeners={s.arn: s for s in found.values()})
    diff_listeners(draft, inventory, BALANCER, (desired,), found, terms=Terms(arns={}), asked_by="")
    return draft.plan(KEY)


def _calls(plan: Plan) -> list[tuple[str, dict[str, Any]]]:
    ignored = {"LoadBalancerArn", "ListenerArn", "Port", "DefaultActions", "Tags"}
    return [
        (s.work.operation, {k: v for k, v in s.work.parameters.items() if k not in ignored})
        for s in plan.steps
        if isinstance(s.work, AwsCall)
    ]


def _one(arn: str) -> dict[str, Any]:
    return {"Certificates": [{"CertificateArn": arn}]}


VERIFYING = MutualAuthentication(mode="verify", trust_store="store", advertise_ca_names="off")
VERIFYING_SENT = {
    "Mode": "verify",
    "TrustStoreArn": "store",
    "IgnoreClientCertificateExpiry": False,
    "AdvertiseTrustStoreCaNames": "off",
}
SECURE = {"Protocol": "TLS", "SslPolicy": "p1", "AlpnPolicy": ["HTTP2Only"]}


@pytest.mark.parametrize(
    ("desired", "standing", "calls"),
    [
        pytest.param(
            TLS,
            None,
            [
                ("CreateListener", {**SECURE, **_one(B)}),
                ("AddListenerCertificates", _one(A)),
                ("AddListenerCertificates", _one(B)),
            ],
            id="a new one is made with the default certificate, and the list holds all of them",
        ),
        pytest.param(TLS, STANDING, [], id="one as desired costs nothing"),
        pytest.param(
            replace(TLS, ssl_policy=None, alpn_policy=None),
            STANDING,
            [],
            id="a policy that nobody names is left alone",
        ),
        pytest.param(
            replace(TLS, certificates=(C, A)),
            STANDING,
            [
                ("ModifyListener", {**SECURE, **_one(C)}),
                ("AddListenerCertificates", _one(C)),
                ("RemoveListenerCertificates", _one(B)),
            ],
            id="the old default certificate goes last",
        ),
        pytest.param(
            replace(TLS, certificates=(B,)),
            STANDING,
            [("RemoveListenerCertificates", _one(A))],
            id="one of the others goes without touching the listener",
        ),
        pytest.param(
            replace(TLS, ssl_policy="p2"),
            STANDING,
            [("ModifyListener", {**SECURE, "SslPolicy": "p2", **_one(B)})],
            id="another policy",
        ),
        pytest.param(
            replace(TLS, alpn_policy="None"),
            STANDING,
            [("ModifyListener", {**SECURE, "AlpnPolicy": ["None"], **_one(B)})],
            id="no ALPN any more",
        ),
        pytest.param(
            replace(TLS, alpn_policy="None"),
            replace(STANDING, alpn_policy=None),
            [],
            id="no ALPN, which AWS leaves out",
        ),
        pytest.param(
            TLS,
            PLAIN,
            [
                ("ModifyListener", {**SECURE, **_one(B)}),
                ("AddListenerCertificates", _one(A)),
                ("AddListenerCertificates", _one(B)),
            ],
            id="a plain one becomes secure",
        ),
        pytest.param(TCP, STANDING, [("ModifyListener", {"Protocol": "TCP"})], id="a secure one becomes plain"),
        pytest.param(
            replace(TLS, certificates=(B, C), keeps_certificates=True),
            STANDING,
            [("AddListenerCertificates", _one(C))],
            id="while a host waits for its certificate none is taken away",
        ),
        pytest.param(replace(TLS, held=True, certificates=()), PLAIN, [], id="what is held is not touched"),
        pytest.param(
            replace(TLS, mutual_authentication=VERIFYING),
            STANDING,
            [("ModifyListener", {**SECURE, **_one(B), "MutualAuthentication": VERIFYING_SENT})],
            id="clients are asked for certificates",
        ),
        pytest.param(
            replace(TLS, mutual_authentication=VERIFYING),
            replace(STANDING, mutual_authentication=VERIFYING),
            [],
            id="and are so already",
        ),
        pytest.param(TLS, replace(STANDING, mutual_authentication=VERIFYING), [], id="nobody says that they are not"),
        pytest.param(
            replace(TLS, mutual_authentication=MutualAuthentication(mode="off")),
            replace(STANDING, mutual_authentication=VERIFYING),
            [("ModifyListener", {**SECURE, **_one(B), "MutualAuthentication": {"Mode": "off"}})],
            id="clients are asked no more",
        ),
        pytest.param(
            replace(TCP, attributes=IDLE),
            None,
            [
                ("CreateListener", {"Protocol": "TCP"}),
                ("ModifyListenerAttributes", {"Attributes": [{"Key": "tcp.idle_timeout.seconds", "Value": "500"}]}),
            ],
            id="a new one with an attribute",
        ),
        pytest.param(
            replace(TCP, attributes={"tcp.idle_timeout.seconds": "350"}),
            None,
            [("CreateListener", {"Protocol": "TCP"})],
            id="an attribute at its default costs nothing",
        ),
        pytest.param(
            replace(TCP, attributes=IDLE), replace(PLAIN, attributes={**IDLE, "other": "1"}), [], id="one that is set"
        ),
    ],
)
def test_calls(desired: DesiredListener, standing: Listener | None, calls: list[tuple[str, dict[str, Any]]]) -> None:
    assert _calls(_plan(desired, standing)) == calls


def test_certificates_go_after_the_listener_and_the_new_ones() -> None:
    plan = _plan(replace(TLS, certificates=(C, A)), STANDING)

    assert {s.id: s.depends_on for s in plan.steps} == {
        "modify-listener-443": (),
        "add-certificate-443-0": ("modify-listener-443",),
        "remove-certificate-443-0": ("add-certificate-443-0", "modify-listener-443"),
    }


@pytest.mark.parametrize(
    ("desired", "standing", "asked"),
    [
        pytest.param(TLS, STANDING, False, id="known"),
        pytest.param(TLS, replace(STANDING, extra_certificates=None), True, id="not read"),
        pytest.param(TLS, PLAIN, False, id="a plain one has none"),
        pytest.param(TCP, replace(STANDING, extra_certificates=None), False, id="none asked for"),
    ],
)
def test_certificates_are_read_where_they_are_asked_for(
    desired: DesiredListener, standing: Listener, asked: bool
) -> None:
    assert unread_certificates((desired,), {443: standing}) == [ARN] * asked


@pytest.mark.parametrize(
    ("desired", "standing", "asked"),
    [
        pytest.param(replace(TCP, attributes=IDLE), replace(PLAIN, attributes=None), True, id="not read"),
        pytest.param(replace(TCP, attributes=IDLE), PLAIN, False, id="known"),
        pytest.param(TCP, replace(PLAIN, attributes=None), False, id="none asked for"),
        pytest.param(
            replace(TCP, attributes=IDLE), replace(STANDING, attributes=None), False, id="of another protocol for now"
        ),
    ],
)
def test_attributes_are_read_where_they_are_asked_for(
    desired: DesiredListener, standing: Listener, asked: bool
) -> None:
    assert unread_attributes((desired,), {443: standing}) == [ARN] * asked


@pytest.mark.parametrize(
    ("operation", "certificates"),
    [
        pytest.param("AddListenerCertificates", (A, B, C), id="added"),
        pytest.param("RemoveListenerCertificates", (A, B), id="one that is not there"),
    ],
)
def test_own_calls_are_folded(operation: str, certificates: tuple[str, ...]) -> None:
    inventory = Inventory(listeners={ARN: STANDING})
    call = AwsCall(service="elbv2", operation=operation, parameters={"ListenerArn": ARN, **_one(C)})

    after = apply(inventory, fold(inventory, call, {}))

    assert after.listeners[ARN] == replace(STANDING, extra_certificates=certificates)


def test_a_listener_of_another_protocol_has_other_attributes_and_no_certificates() -> None:
    inventory = Inventory(listeners={ARN: replace(STANDING, attributes={"a": "1"})})
    answer = {"Listeners": [{"ListenerArn": ARN, "Port": 443, "Protocol": "TCP"}]}
    call = AwsCall(service="elbv2", operation="ModifyListener", parameters={"ListenerArn": ARN})

    after = apply(inventory, fold(inventory, call, answer)).listeners[ARN]

    assert (after.attributes, after.extra_certificates, after.certificates) == (None, (), ())


def test_what_aws_describes_is_read() -> None:
    described = {
        "ListenerArn": ARN,
        "LoadBalancerArn": BALANCER,
        "Port": 443,
        "Protocol": "TLS",
        "SslPolicy": "p1",
        "Certificates": [{"CertificateArn": B}],
        "AlpnPolicy": ["HTTP2Only"],
    }

    assert parse.listener(described, {}, {}, "") == replace(STANDING, extra_certificates=None)
