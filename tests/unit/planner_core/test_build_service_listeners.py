"""Which listeners a Service's ports become, and how they forward."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.annotations.service_nlb import PREFIX
from services.planner.core.annotations.values import BadValueError
from services.planner.core.annotations.weighted_forward import WeightedForward, WeightedTarget, weighted_forward
from services.planner.core.aws import Forward, TargetGroupWeight
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredListener, DesiredStack
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import Cluster, StackInput, View
from services.planner.core.objects import NetworkingPort, Service, ServicePort
from services.planner.core.problems import Reason
from tests.unit.planner_core import echo
from tests.unit.planner_core.simulated import CLUSTER, network_of_three_zones

UDP_80 = replace(echo.UDP, port=80, name="datagrams")
TCP_443 = ServicePort(port=443, name="https", target_port=8443, node_port=30443)
CERTIFICATES = {"ssl-cert": "arn:b, arn:a"}
OTHER = echo.service({}, type="ClusterIP")
OTHER = replace(OTHER, meta=replace(OTHER.meta, name="green", uid="uid-green", annotations={}))


def _input(subject: Service, cluster: Cluster = CLUSTER) -> StackInput:
    return StackInput(
        cluster=cluster,
        view=View(),
        key=echo.KEY,
        services={echo.NAME: subject, (echo.NAME[0], "green"): OTHER},
        inventory=network_of_three_zones(),
    )


def _built(subject: Service, cluster: Cluster = CLUSTER) -> DesiredStack:
    outcome = build_stack(_input(subject, cluster))
    assert isinstance(outcome, Built), outcome
    return outcome.desired


def _service(annotations: dict[str, str], *ports: ServicePort) -> Service:
    return echo.service({"nlb-target-type": "ip", **annotations}, ports=ports or (echo.TCP,))


def _action(text: str, listener: str = "TCP-80") -> Service:
    made = _service({})
    return _annotated(made, f"{PREFIX}actions.{listener}", text)


def _annotated(service: Service, key: str, value: str) -> Service:
    return replace(service, meta=replace(service.meta, annotations={**service.meta.annotations, key: value}))


def _problems(subject: Service, cluster: Cluster = CLUSTER) -> list[tuple[Reason, str]]:
    outcome = build_stack(_input(subject, cluster))
    assert isinstance(outcome, Broken), outcome
    return [(p.reason, p.field.removeprefix(PREFIX)) for p in outcome.problems]


def _warnings(subject: Service) -> list[tuple[Reason, str]]:
    outcome = build_stack(_input(subject))
    assert isinstance(outcome, Built), outcome
    return [(w.reason, w.field.removeprefix(PREFIX)) for w in outcome.warnings]


BOTH = {"enable-tcp-udp-listener": "true"}
OPEN = replace(CLUSTER, gates=DEFAULT_GATES | {Gate.TCP_UDP_LISTENER, Gate.ENHANCED_DEFAULTS})


@pytest.mark.parametrize(
    ("subject", "cluster", "protocols"),
    [
        pytest.param(_service({}, echo.TCP, TCP_443), CLUSTER, {80: "TCP/TCP", 443: "TCP/TCP"}, id="as the ports are"),
        pytest.param(_service(BOTH, echo.TCP, UDP_80), CLUSTER, {80: "TCP_UDP/TCP_UDP"}, id="both on one port"),
        pytest.param(_service({}, echo.TCP, UDP_80), OPEN, {80: "TCP_UDP/TCP_UDP"}, id="both, by the gate"),
        pytest.param(
            _service({"enable-tcp-udp-listener": "perhaps"}, echo.TCP, UDP_80),
            OPEN,
            {80: "TCP_UDP/TCP_UDP"},
            id="no truth value leaves it to the gate",
        ),
        pytest.param(
            _service({"enable-tcp-udp-listener": "false"}, UDP_80, echo.TCP),
            OPEN,
            {80: "UDP/UDP"},
            id="the annotation wins, and the first port is taken",
        ),
        pytest.param(_service(BOTH, echo.UDP), CLUSTER, {53: "UDP/UDP"}, id="one alone stays as it is"),
        pytest.param(
            _service(CERTIFICATES, echo.TCP, TCP_443, echo.UDP),
            CLUSTER,
            {80: "TLS/TCP", 443: "TLS/TCP", 53: "UDP/UDP"},
            id="TLS on all TCP ports",
        ),
        pytest.param(
            _service({**CERTIFICATES, "ssl-ports": "443"}, echo.TCP, TCP_443),
            CLUSTER,
            {80: "TCP/TCP", 443: "TLS/TCP"},
            id="TLS by number",
        ),
        pytest.param(
            _service({**CERTIFICATES, "ssl-ports": "https"}, echo.TCP, TCP_443),
            CLUSTER,
            {80: "TCP/TCP", 443: "TLS/TCP"},
            id="TLS by name",
        ),
        pytest.param(
            _service({**CERTIFICATES, "backend-protocol": "ssl"}), CLUSTER, {80: "TLS/TLS"}, id="TLS to the targets"
        ),
        pytest.param(
            _service({**CERTIFICATES, "backend-protocol": "SSL"}), CLUSTER, {80: "TLS/TCP"}, id="ssl is spelt exactly"
        ),
        pytest.param(_service({"backend-protocol": "ssl"}), CLUSTER, {80: "TCP/TCP"}, id="without certificates"),
        pytest.param(
            _service({**CERTIFICATES, **BOTH}, echo.TCP, UDP_80),
            CLUSTER,
            {80: "TCP_UDP/TCP_UDP"},
            id="no TLS on both",
        ),
        pytest.param(_service({"quic-enabled-ports": "53"}, echo.UDP), CLUSTER, {53: "QUIC/QUIC"}, id="QUIC"),
        pytest.param(
            _service({"quic-enabled-ports": "datagrams,77", **BOTH}, UDP_80, echo.TCP),
            CLUSTER,
            {80: "TCP_QUIC/TCP_QUIC"},
            id="QUIC beside TCP, by name; another port is nobody's",
        ),
    ],
)
def test_protocols(subject: Service, cluster: Cluster, protocols: dict[int, str]) -> None:
    desired = _built(subject, cluster)

    groups = {g.resource_id: g.protocol for g in desired.target_groups}
    assert {x.port: f"{x.protocol}/{groups[f'game/echo:{x.port}']}" for x in desired.listeners} == protocols


def _listener(subject: Service, cluster: Cluster = CLUSTER) -> DesiredListener:
    (listener,) = _built(subject, cluster).listeners
    return listener


def test_a_plain_listener_has_neither_certificates_nor_policies() -> None:
    listener = _listener(_service({"ssl-negotiation-policy": "p", "alpn-policy": "HTTP2Only"}))

    assert (listener.certificates, listener.ssl_policy, listener.alpn_policy) == ((), None, None)


@pytest.mark.parametrize(
    ("annotations", "cluster", "policies"),
    [
        pytest.param({}, CLUSTER, ("ELBSecurityPolicy-2016-08", None), id="the installation's default"),
        pytest.param(
            {"ssl-negotiation-policy": "p", "alpn-policy": "HTTP2Only"}, CLUSTER, ("p", "HTTP2Only"), id="own"
        ),
        pytest.param({}, OPEN, ("ELBSecurityPolicy-2016-08", "None"), id="ALPN is reset where a gate asks for it"),
    ],
)
def test_policies_of_a_tls_listener(
    annotations: dict[str, str], cluster: Cluster, policies: tuple[str, str | None]
) -> None:
    listener = _listener(_service({**CERTIFICATES, **annotations}), cluster)

    assert listener.certificates == ("arn:b", "arn:a")
    assert (listener.ssl_policy, listener.alpn_policy) == policies


@pytest.mark.parametrize(
    ("subject", "attributes"),
    [
        pytest.param(_service({"listener-attributes.TCP-80": "a=1,b=2"}), {"a": "1", "b": "2"}, id="of the listener"),
        pytest.param(_service({**CERTIFICATES, "listener-attributes.TLS-80": "a=1"}), {}, id="TLS takes none"),
        pytest.param(_service({}), {}, id="absent"),
    ],
)
def test_attributes_of_a_listener(subject: Service, attributes: dict[str, str]) -> None:
    assert _listener(subject).attributes == attributes


@pytest.mark.parametrize(
    ("port", "ports"),
    [
        pytest.param((echo.TCP, UDP_80), (("UDP", 8080), ("TCP", 8080)), id="both transports of the first port"),
        pytest.param((UDP_80, echo.TCP), (("UDP", 5353), ("TCP", 5353)), id="the first port gives the target port"),
    ],
)
def test_ports_that_are_reached_of_both_transports(
    port: tuple[ServicePort, ...], ports: tuple[tuple[str, int], ...]
) -> None:
    (group,) = _built(_service(BOTH, *port)).target_groups

    (access,) = group.binding.networking or ()
    assert access.ports == tuple(NetworkingPort(protocol=p, port=n) for p, n in ports)


def test_every_port_is_reached_where_rules_are_not_restricted() -> None:
    cluster = replace(CLUSTER, restricted_rules=False)

    (group,) = _built(_service(BOTH, echo.TCP, UDP_80), cluster).target_groups

    (access,) = group.binding.networking or ()
    assert access.ports == (NetworkingPort(protocol="TCP"), NetworkingPort(protocol="UDP"))


def test_the_status_shows_the_ports_of_the_service() -> None:
    (member,) = _built(_service({**BOTH, **CERTIFICATES}, UDP_80, echo.TCP, TCP_443)).active

    assert member.ports == ((80, "UDP"), (80, "TCP"), (443, "TCP"))


def _forward(*targets: dict[str, Any], **config: Any) -> str:
    return json.dumps({"type": "forward", "forwardConfig": {"targetGroups": targets, **config}})


def _w(group: str, weight: int) -> TargetGroupWeight:
    return TargetGroupWeight(target_group=group, weight=weight)


GREEN = {"serviceName": "green", "servicePort": 80, "weight": 30}


@pytest.mark.parametrize(
    ("text", "forward"),
    [
        pytest.param(
            _forward(GREEN, baseServiceWeight=70),
            Forward(groups=(_w("game/echo:80", 70), _w("game/green:80", 30))),
            id="the own target group and another Service's",
        ),
        pytest.param(
            _forward({**GREEN, "servicePort": "http"}, {"targetGroupARN": "arn:x", "weight": 5}, baseServiceWeight=0),
            Forward(groups=(_w("game/echo:80", 0), _w("game/green:80", 30), _w("arn:x", 5))),
            id="a port by name, and a target group of somebody else",
        ),
        pytest.param(
            _forward(GREEN, baseServiceWeight=1, targetGroupStickinessConfig={"enabled": True}),
            Forward(groups=(_w("game/echo:80", 1), _w("game/green:80", 30)), sticky=True),
            id="sticky",
        ),
        pytest.param(
            _forward({"serviceName": "green", "servicePort": "80"}),
            Forward(groups=(_w("game/echo:80", 1), _w("game/green:80", 1))),
            id="a number as text, and weights that are left out",
        ),
        pytest.param(_forward(), Forward(groups=(_w("game/echo:80", 1),)), id="nobody else"),
        pytest.param(
            '{"Type": "forward", "ForwardConfig": {"BaseServiceWeight": 9, "targetgroups": [{"targetGroupArn": "arn:x",'
            ' "weight": 1, "decrypt": null}]}}',
            Forward(groups=(_w("game/echo:80", 9), _w("arn:x", 1))),
            id="names of fields in another case",
        ),
    ],
)
def test_weighted_forwards(text: str, forward: Forward) -> None:
    assert _listener(_action(text)).default_actions == (forward,)


def test_another_services_target_group_follows_the_annotations_of_the_first() -> None:
    plain = _action(_forward(GREEN, baseServiceWeight=70))

    own, other = _built(
        _annotated(plain, f"{echo.PREFIX}target-group-attributes", "stickiness.enabled=true")
    ).target_groups

    assert (own.attributes, own.health_check) == (other.attributes, other.health_check)
    assert (other.binding.service_name, other.binding.service_port, other.target_type) == ("green", 80, "ip")
    assert own.name != other.name


@pytest.mark.parametrize(
    ("decrypt", "protocol"),
    [pytest.param(True, "TCP", id="in clear"), pytest.param(False, "TLS", id="encrypted as the listener")],
)
def test_what_another_service_is_spoken_to_behind_tls(decrypt: bool, protocol: str) -> None:
    plain = _action(_forward({**GREEN, "decrypt": decrypt}), "TLS-80")

    own, other = _built(_annotated(plain, f"{echo.PREFIX}ssl-cert", "arn:a")).target_groups

    assert (own.protocol, other.protocol) == ("TCP", protocol)


def test_actions_are_not_read_where_the_gate_is_closed() -> None:
    cluster = replace(CLUSTER, gates=DEFAULT_GATES - {Gate.WEIGHTED_TARGET_GROUPS})

    listener = _listener(_action(_forward(GREEN)), cluster)

    assert listener.default_actions == (Forward(groups=(TargetGroupWeight(target_group="game/echo:80"),)),)


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        pytest.param(
            _action(_forward({**GREEN, "serviceName": "gone"})),
            (Reason.BACKEND_NOT_FOUND, "actions.TCP-80"),
            id="a Service that is not there",
        ),
        pytest.param(
            _action(_forward({**GREEN, "servicePort": "gone"})),
            (Reason.BACKEND_NOT_FOUND, "actions.TCP-80"),
            id="a port that is not there",
        ),
        pytest.param(
            _action(_forward(GREEN, {**GREEN, "weight": 1})),
            (Reason.INVALID_ANNOTATION, "actions.TCP-80"),
            id="one named twice",
        ),
        pytest.param(_action("{}"), (Reason.INVALID_ANNOTATION, "actions.TCP-80"), id="no action"),
        pytest.param(
            _service({"quic-enabled-ports": "80"}),
            (Reason.INVALID_ANNOTATION, "aws-load-balancer-quic-enabled-ports"),
            id="QUIC of TCP",
        ),
        pytest.param(
            echo.service({"quic-enabled-ports": "53"}, ports=(replace(echo.UDP, node_port=30053),)),
            (Reason.INVALID_ANNOTATION, ""),
            id="QUIC to nodes",
        ),
        pytest.param(
            _service({"ssl-ports": "80,http,443"}),
            (Reason.INVALID_ANNOTATION, "aws-load-balancer-ssl-ports"),
            id="TLS on a port that is not there",
        ),
        pytest.param(
            _service({"alpn-policy": "http2"}),
            (Reason.INVALID_ANNOTATION, "aws-load-balancer-alpn-policy"),
            id="an unknown ALPN policy",
        ),
        pytest.param(
            _service({"listener-attributes.TCP-80": "no pair"}),
            (Reason.INVALID_ANNOTATION, "aws-load-balancer-listener-attributes.TCP-80"),
            id="attributes that are no pairs",
        ),
        pytest.param(
            _service({"security-group-prefix-lists": "sg-1"}),
            (Reason.INVALID_ANNOTATION, "aws-load-balancer-security-group-prefix-lists"),
            id="no prefix list",
        ),
    ],
)
def test_what_is_wrong_is_found_at_its_place(subject: Service, problem: tuple[Reason, str]) -> None:
    assert _problems(subject) == [problem]


@pytest.mark.parametrize(
    ("subject", "warning"),
    [
        pytest.param(_service({}, echo.TCP, UDP_80), (Reason.INVALID_SPEC, "spec.ports"), id="a port that is dropped"),
        pytest.param(
            _service({"listener-attributes.UDP-80": "a=1"}),
            (Reason.UNKNOWN_ANNOTATION, "aws-load-balancer-listener-attributes.UDP-80"),
            id="attributes of no listener",
        ),
        pytest.param(_action(_forward(), "TCP-81"), (Reason.UNKNOWN_ANNOTATION, "actions.TCP-81"), id="no listener"),
        pytest.param(
            _service({"target-group-attributes.81": "a=1"}),
            (Reason.UNKNOWN_ANNOTATION, "aws-load-balancer-target-group-attributes.81"),
            id="attributes of no port",
        ),
    ],
)
def test_what_has_no_effect_is_said(subject: Service, warning: tuple[Reason, str]) -> None:
    assert _warnings(subject) == [warning]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("[]", "the value must be a JSON object", id="no object"),
        pytest.param('{"type": "redirect"}', "type ", id="another type"),
        pytest.param('{"type": "forward"}', "forwardConfig ", id="no configuration"),
        pytest.param(_forward({"weight": 1}), "forwardConfig.targetGroups[0] ", id="neither ARN nor Service"),
        pytest.param(
            _forward({**GREEN, "targetGroupARN": "x"}), "forwardConfig.targetGroups[0] ", id="both ARN and Service"
        ),
        pytest.param(_forward({"serviceName": "green"}), "forwardConfig.targetGroups[0].servicePort ", id="no port"),
        pytest.param(
            _forward({**GREEN, "weight": 1000}), "forwardConfig.targetGroups[0].weight ", id="a weight too large"
        ),
        pytest.param(_forward(GREEN, baseServiceWeight=-1), "forwardConfig.baseServiceWeight ", id="a weight below 0"),
        pytest.param(
            _forward({"targetGroupARN": "a"}, {"targetGroupARN": "b"}),
            "forwardConfig.targetGroups ",
            id="two without a weight",
        ),
        pytest.param(
            _forward(*({"targetGroupARN": f"arn-{n}", "weight": 1} for n in range(5))),
            "forwardConfig.targetGroups must have at most 4 entries",
            id="more target groups than an action takes with the Service's own",
        ),
        pytest.param(_forward({**GREEN, "decrypt": 1}), "forwardConfig.targetGroups[0].decrypt ", id="no truth value"),
    ],
)
def test_refused_actions_name_the_place(text: str, place: str) -> None:
    with pytest.raises(BadValueError) as refused:
        weighted_forward(text)

    assert str(refused.value).startswith(place)


def test_an_action_takes_four_target_groups_beside_the_services_own() -> None:
    text = _forward(*({"targetGroupARN": f"arn-{n}", "weight": 1} for n in range(4)))

    assert len(weighted_forward(text).targets) == 4


def test_an_action_is_read_whole() -> None:
    text = _forward({**GREEN, "decrypt": True}, baseServiceWeight=7, targetGroupStickinessConfig={"enabled": False})

    target = WeightedTarget(weight=30, service_name="green", service_port=80, decrypt=True)
    assert weighted_forward(text) == WeightedForward(base_weight=7, targets=(target,), sticky=False)
