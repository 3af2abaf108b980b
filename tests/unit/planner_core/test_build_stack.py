"""What an Ingress wants of AWS: load balancer, listeners, rules, target groups, security group, bindings."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.annotations.ingress import CATALOGUE
from services.planner.core.aws import (
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    Permission,
    SecurityGroup,
    TargetGroup,
    TargetGroupWeight,
)
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredAccess, DesiredStack, DesiredTargetGroup, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.objects import (
    Ingress,
    IngressBackend,
    IngressPath,
    IngressRule,
    IngressTls,
    LabelSelector,
    NetworkingPort,
    Service,
    ServicePort,
)
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    PREFIX,
    built,
    ingress,
    inventory,
    path,
    problems,
    service,
    stack_input,
    with_params,
)
from tests.unit.planner_core.test_build_subnets import STANDING

INGRESS = "Ingress/shop/web"
BACKEND = "spec.rules[0].http.paths[0].backend"
TAGS = {
    "elbv2.k8s.aws/cluster": "c1",
    "ingress.k8s.aws/resource": "shop/web-app:80",
    "ingress.k8s.aws/stack": "shop/web",
}


def _reached_by_shared(*ports: int | str) -> tuple[DesiredAccess, ...]:
    return tuple(DesiredAccess(peers=(GroupToken.SHARED,), ports=(NetworkingPort(port=p),)) for p in ports)


def _group(inp: StackInput) -> DesiredTargetGroup:
    (group,) = built(inp).target_groups
    return group


def _conditions(desired: DesiredStack) -> list[dict[str, tuple[str, ...]]]:
    (listener,) = desired.listeners
    assert [r.priority for r in listener.rules] == list(range(1, len(listener.rules) + 1))
    return [{c.field: c.values for c in r.conditions} for r in listener.rules]


# Rules


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(path("/a", "Exact"), {"path-pattern": ("/a",)}, id="an exact path"),
        pytest.param(path("/", "Prefix"), {"path-pattern": ("/*",)}, id="the root as prefix"),
        pytest.param(path("/a/b", "Prefix"), {"path-pattern": ("/a/b", "/a/b/*")}, id="a prefix"),
        pytest.param(path("/a/", "Prefix"), {"path-pattern": ("/a", "/a/*")}, id="a prefix loses one slash at its end"),
        pytest.param(path("/a*/?", "ImplementationSpecific"), {"path-pattern": ("/a*/?",)}, id="wildcards as written"),
        pytest.param(path("/a", ""), {"path-pattern": ("/a",)}, id="a path without type, as written"),
        pytest.param(
            path("", "ImplementationSpecific"), {"path-pattern": ("/*",)}, id="no path and no host: everything"
        ),
    ],
)
def test_the_pattern_of_a_path(written: IngressPath, expected: dict[str, tuple[str, ...]]) -> None:
    assert _conditions(built(stack_input(ingress(paths=(written,))))) == [expected]


def test_a_host_alone_needs_no_path() -> None:
    rules = (IngressRule(host="a.example.com", paths=(path("", ""),)),)

    assert _conditions(built(stack_input(ingress(rules=rules)))) == [{"host-header": ("a.example.com",)}]


def test_exact_paths_come_first_then_prefixes_from_the_longest_in_bytes_then_the_others() -> None:
    first = (
        path("/any", "ImplementationSpecific"),
        path("/abc"),
        path("/z", "Exact"),
        path("/üé"),
        path("/abd"),
        path("/y", "Exact"),
        path("/x", ""),
    )
    rules = (
        IngressRule(host="a.example.com", paths=first),
        IngressRule(host="no-http.example.com", http=False),
        IngressRule(paths=(path("/last", "Exact"),)),
    )

    found = _conditions(built(stack_input(ingress(rules=rules))))

    assert [c["path-pattern"][0] for c in found] == ["/z", "/y", "/üé", "/abc", "/abd", "/any", "/x", "/last"]
    assert [c.get("host-header") for c in found] == [("a.example.com",)] * 7 + [None]


@pytest.mark.parametrize(
    ("annotations", "written"),
    [
        pytest.param({"use-regex-path-match": "true"}, path("/", "ImplementationSpecific"), id="an empty expression"),
        pytest.param({}, path(f"/{'a' * 126}", "Prefix"), id="a prefix that is too long with its wildcard"),
        pytest.param({}, path(f"/{'a' * 128}", "Exact"), id="an exact path that is too long"),
    ],
)
def test_a_path_that_comes_to_no_pattern_is_found_at_its_place(
    annotations: dict[str, str], written: IngressPath
) -> None:
    assert problems(stack_input(ingress(annotations, paths=(written,)))) == [
        (INGRESS, Reason.INVALID_SPEC, "spec.rules[0].http.paths[0].path")
    ]


@pytest.mark.parametrize("path_type", [pytest.param("Exact", id="exact"), pytest.param("Prefix", id="prefix")])
def test_wildcards_in_a_literal_path_are_an_error(path_type: str) -> None:
    assert problems(stack_input(ingress(paths=(path("/a*", path_type),)))) == [
        (INGRESS, Reason.INVALID_SPEC, "spec.rules[0].http.paths[0].path")
    ]


# Listeners and default actions


def test_every_port_has_a_listener_with_the_same_rules_and_is_open_to_everyone() -> None:
    desired = built(stack_input(ingress({"listen-ports": '[{"HTTP": 8080}, {"HTTP": 80}]'})))

    assert [(x.port, x.protocol) for x in desired.listeners] == [(80, "HTTP"), (8080, "HTTP")]
    rules = [[(r.priority, r.conditions, r.actions) for r in x.rules] for x in desired.listeners]
    assert rules[0] == rules[1]
    assert [r.tags["ingress.k8s.aws/resource"] for x in desired.listeners for r in x.rules] == ["80:1", "8080:1"]
    assert [x.tags["ingress.k8s.aws/resource"] for x in desired.listeners] == ["80", "8080"]
    assert desired.managed_group is not None
    assert desired.managed_group.permissions == {
        Permission(protocol="tcp", from_port=p, to_port=p, cidr="0.0.0.0/0") for p in (80, 8080)
    }


def test_without_a_default_backend_the_answer_is_404() -> None:
    (listener,) = built(stack_input()).listeners

    assert listener.default_actions == (FixedResponse(status_code="404", content_type="text/plain"),)


def test_a_default_backend_shares_its_target_group_with_the_rules() -> None:
    desired = built(stack_input(ingress(default_backend=IngressBackend(service_name="app", port=80))))

    forward = Forward(groups=(TargetGroupWeight(target_group="shop/web-app:80"),))
    assert desired.listeners[0].default_actions == (forward,)
    assert desired.listeners[0].rules[0].actions == (forward,)
    assert len(desired.target_groups) == 1


def test_a_port_by_name_and_by_number_makes_two_target_groups() -> None:
    desired = built(stack_input(ingress(paths=(path("/a", port=80), path("/b", port="http")))))

    assert [g.resource_id for g in desired.target_groups] == ["shop/web-app:80", "shop/web-app:http"]
    assert [g.binding.service_port for g in desired.target_groups] == [80, "http"]


def test_tls_in_the_spec_alone_changes_nothing_on_http_listeners() -> None:
    assert built(stack_input(ingress(tls=(IngressTls(hosts=("a.example.com",)),)))) == built(stack_input())


# Target groups


def test_the_target_group_of_an_instance_backend_with_all_defaults() -> None:
    group = _group(stack_input())

    assert group == DesiredTargetGroup(
        resource_id="shop/web-app:80",
        name=group.name,
        target_type="instance",
        protocol="HTTP",
        protocol_version="HTTP1",
        port=30080,
        ip_address_type="ipv4",
        health_check=HealthCheck(
            protocol="HTTP",
            port="traffic-port",
            interval_seconds=15,
            timeout_seconds=5,
            healthy_threshold=2,
            unhealthy_threshold=2,
            path="/",
            http_codes="200",
        ),
        tags=TAGS,
        binding=replace(
            group.binding,
            namespace="shop",
            labels={"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "web"},
            service_name="app",
            service_port=80,
            node_selector=None,
            networking=_reached_by_shared(30080),
        ),
        asked_by=group.asked_by,
        attributes={},
    )


@pytest.mark.parametrize(
    ("service_port", "port", "reachable"),
    [
        pytest.param(ServicePort(port=80, target_port=8080), 8080, 8080, id="a number"),
        pytest.param(ServicePort(port=80, target_port="web"), 1, "web", id="a name: every target brings its own"),
    ],
)
def test_the_port_of_ip_targets(service_port: ServicePort, port: int, reachable: int | str) -> None:
    subject = service(type="ClusterIP", ports=(service_port,))

    group = _group(stack_input(ingress({"target-type": "ip"}), services={("shop", "app"): subject}))

    assert (group.target_type, group.port, group.binding.networking) == ("ip", port, _reached_by_shared(reachable))


@pytest.mark.parametrize(
    ("asked", "target_type", "port", "reachable"),
    [
        pytest.param("traffic-port", "ip", "traffic-port", (8080,), id="the traffic port"),
        pytest.param("8080", "ip", "8080", (8080, 8080), id="a number, even the same, is a port of its own"),
        pytest.param("http", "ip", "8080", (8080, 8080), id="a name is the targetPort"),
        pytest.param("http", "instance", "30080", (30080, 30080), id="a name is the node port of instance targets"),
    ],
)
def test_the_port_of_the_health_check(asked: str, target_type: str, port: str, reachable: tuple[int, ...]) -> None:
    group = _group(stack_input(ingress({"healthcheck-port": asked, "target-type": target_type})))

    assert group.health_check.port == port
    assert group.binding.networking == _reached_by_shared(*reachable)


@pytest.mark.parametrize(
    ("asked", "target_type", "ports"),
    [
        pytest.param("nope", "ip", (ServicePort(port=80, target_port=8080),), id="a name that the Service has not"),
        pytest.param(
            "http",
            "ip",
            (ServicePort(port=80, name="http", target_port="web"),),
            id="a name whose targetPort is a name",
        ),
    ],
)
def test_a_health_check_port_without_a_number_is_an_error_of_the_object_that_names_it(
    asked: str, target_type: str, ports: tuple[ServicePort, ...]
) -> None:
    annotations = {f"{PREFIX}healthcheck-port": asked}
    services = {("shop", "app"): service(annotations=annotations, ports=ports)}

    assert problems(stack_input(ingress({"target-type": target_type}), services=services)) == [
        ("Service/shop/app", Reason.INVALID_ANNOTATION, f"{PREFIX}healthcheck-port")
    ]


def test_annotations_of_the_service_win_over_those_of_the_ingress() -> None:
    own = {
        f"{PREFIX}healthcheck-path": "/service",
        f"{PREFIX}target-group-attributes": "slow_start.duration_seconds=30",
        f"{PREFIX}tags": "Team=service",
        f"{PREFIX}backend-protocol": "HTTPS",
        f"{PREFIX}target-type": "ip",
    }
    of_ingress = {
        "healthcheck-path": "/ingress",
        "target-group-attributes": "stickiness.enabled=true",
        "tags": "Team=ingress,Env=dev",
        "target-type": "instance",
        "healthcheck-interval-seconds": "30",
    }

    group = _group(stack_input(ingress(of_ingress), services={("shop", "app"): service(annotations=own)}))

    assert (group.target_type, group.protocol) == ("ip", "HTTPS")
    assert group.attributes == {"slow_start.duration_seconds": "30"}
    assert group.tags == {**TAGS, "Team": "service", "Env": "dev"}
    assert (group.health_check.path, group.health_check.interval_seconds) == ("/service", 30)
    assert group.health_check.protocol == "HTTPS"


def test_node_labels_select_nodes_for_instance_targets_only() -> None:
    labels = {"target-node-labels": "role=edge, zone=a"}

    instance = _group(stack_input(ingress(labels)))
    address = _group(stack_input(ingress({**labels, "target-type": "ip"})))

    assert instance.binding.node_selector == LabelSelector(match_labels={"role": "edge", "zone": "a"})
    assert address.binding.node_selector is None


@pytest.mark.parametrize(
    ("subject", "annotations", "reason"),
    [
        pytest.param(service(ports=()), {}, Reason.BACKEND_NOT_FOUND, id="a port that the Service has not"),
        pytest.param(
            service(type="ClusterIP", ports=(ServicePort(port=80, target_port=8080),)),
            {"target-type": "instance"},
            Reason.INVALID_SPEC,
            id="instance targets without a node port",
        ),
        pytest.param(
            service(ports=(ServicePort(port=80, target_port=0),)),
            {"target-type": "ip"},
            Reason.INVALID_SPEC,
            id="ip targets without a targetPort",
        ),
        pytest.param(
            service(ip_families=("IPv4", "IPv6")), {}, Reason.INVALID_SPEC, id="IPv6 behind an IPv4 load balancer"
        ),
    ],
)
def test_a_backend_that_cannot_be_reached_is_an_error(
    subject: Service, annotations: dict[str, str], reason: Reason
) -> None:
    inp = stack_input(ingress(annotations), services={("shop", "app"): subject})

    assert problems(inp) == [(INGRESS, reason, BACKEND)]


@pytest.mark.parametrize(
    ("backend", "reason", "field"),
    [
        pytest.param(IngressBackend(resource=True), Reason.INVALID_SPEC, BACKEND, id="another resource than a Service"),
    ],
)
def test_a_backend_that_is_no_service_is_refused(backend: IngressBackend, reason: Reason, field: str) -> None:
    written = IngressPath(path="/", path_type="Prefix", backend=backend)

    assert problems(stack_input(ingress(paths=(written,)))) == [(INGRESS, reason, field)]


def test_a_missing_service_is_answered_with_503_and_a_warning() -> None:
    outcome = build_stack(stack_input(services={}))

    assert isinstance(outcome, Built)
    assert outcome.desired.target_groups == ()
    assert outcome.desired.listeners[0].rules[0].actions == (
        FixedResponse(status_code="503", content_type="text/plain", body="Backend service does not exist"),
    )
    assert [(str(w.where), w.reason, w.field) for w in outcome.warnings] == [
        (INGRESS, Reason.BACKEND_NOT_FOUND, BACKEND)
    ]


def test_a_missing_service_is_an_error_where_it_is_not_tolerated() -> None:
    strict = replace(CLUSTER, tolerate_missing_service=False)

    assert problems(stack_input(services={}, cluster=strict)) == [(INGRESS, Reason.BACKEND_NOT_FOUND, BACKEND)]


# Load balancer


def test_names_attributes_and_tags_come_from_the_annotations() -> None:
    asked = {
        "load-balancer-name": "front",
        "load-balancer-attributes": "routing.http2.enabled=false,idle_timeout.timeout_seconds=600",
        "tags": "Team=edge",
        "scheme": "internet-facing",
    }
    known = inventory(*(replace(s, tags={"kubernetes.io/role/elb": "1"}) for s in inventory().subnets.values()))

    balancer = built(stack_input(ingress(asked), inventory=known)).load_balancer

    assert balancer is not None
    assert (balancer.name, balancer.scheme) == ("front", "internet-facing")
    assert list(balancer.attributes.items()) == [
        ("idle_timeout.timeout_seconds", "600"),
        ("routing.http2.enabled", "false"),
    ]
    assert balancer.tags["Team"] == "edge"


def test_parameters_of_the_class_win_over_the_annotations() -> None:
    spec = """{
        "loadBalancerName": "corp", "targetType": "ip",
        "tags": [{"key": "Team", "value": "corp"}, {"key": "Owner", "value": ""}],
        "loadBalancerAttributes": [{"key": "a.b", "value": "corp"}]
    }"""
    asked = {
        "load-balancer-name": "own",
        "target-type": "instance",
        "tags": "Team=own,Env=dev",
        "load-balancer-attributes": "a.b=own,c.d=own",
    }

    desired = built(with_params(spec, ingress(asked)))

    assert desired.load_balancer is not None
    assert desired.load_balancer.name == "corp"
    assert desired.load_balancer.attributes == {"a.b": "corp", "c.d": "own"}
    assert desired.target_groups[0].target_type == "ip"
    for tags in (desired.load_balancer.tags, desired.target_groups[0].tags, desired.listeners[0].rules[0].tags):
        assert {k: tags[k] for k in ("Team", "Owner", "Env")} == {"Team": "corp", "Owner": "", "Env": "dev"}


def test_a_tag_that_others_manage_is_an_error_where_it_is_asked_for() -> None:
    cluster = replace(CLUSTER, external_managed_tags=frozenset({"Cost"}))
    services = {("shop", "app"): service(annotations={f"{PREFIX}tags": "Cost=1"})}

    assert problems(stack_input(ingress({"tags": "Cost=2"}), services=services, cluster=cluster)) == [
        (INGRESS, Reason.INVALID_ANNOTATION, f"{PREFIX}tags"),
        ("Service/shop/app", Reason.INVALID_ANNOTATION, f"{PREFIX}tags"),
    ]


# What stands already


def _standing_group(name: str, **fields: object) -> TargetGroup:
    return replace(
        TargetGroup(
            arn=f"arn:{name}",
            name=name,
            target_type="instance",
            protocol="HTTP",
            protocol_version="HTTP1",
            port=1,
            vpc_id="vpc-1",
            ip_address_type="ipv4",
            health_check=_group(stack_input()).health_check,
            tags=TAGS,
        ),
        **fields,  # type: ignore[arg-type]
    )


def _name(*groups: TargetGroup) -> str:
    known = inventory(target_groups={g.arn: g for g in groups}, load_balancers={STANDING.arn: STANDING})
    return _group(stack_input(inventory=known)).name


FRESH = _group(stack_input()).name


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param([_standing_group("old")], "old", id="one of the same fields keeps its name"),
        pytest.param(
            [_standing_group("a-left-over"), _standing_group("old", load_balancers=(STANDING.arn,))],
            "old",
            id="the one in use comes before one that was left behind",
        ),
        pytest.param([_standing_group("old", target_type="ip")], FRESH, id="one of other fields is replaced"),
        pytest.param([_standing_group("old", tags={**TAGS, "elbv2.k8s.aws/cluster": "c2"})], FRESH, id="a stranger's"),
        pytest.param([_standing_group("old", load_balancers=("arn:other",))], FRESH, id="one of another load balancer"),
    ],
)
def test_the_name_of_a_target_group_that_stands(groups: list[TargetGroup], expected: str) -> None:
    assert _name(*groups) == expected


def test_a_new_target_group_whose_name_an_outgoing_one_holds_takes_another() -> None:
    name = _name(_standing_group(FRESH, load_balancers=("arn:other",)))

    assert name != FRESH
    assert name.rsplit("-", 1)[0] == FRESH.rsplit("-", 1)[0]


def test_a_managed_group_that_stands_keeps_its_name() -> None:
    tags = {**TAGS, "ingress.k8s.aws/resource": "ManagedLBSecurityGroup"}
    group = SecurityGroup(id="sg-1", name="old", description="", vpc_id="vpc-1", permissions=frozenset(), tags=tags)

    desired = built(stack_input(inventory=inventory(security_groups={"sg-1": group}))).managed_group

    assert desired is not None
    assert desired.name == "old"


# All problems, and no crash


def test_all_problems_of_all_objects_are_reported_at_once() -> None:
    services = {("shop", "app"): service(annotations={f"{PREFIX}healthcheck-path": "x", f"{PREFIX}auth-type": "ldap"})}
    subject = ingress({"scheme": "public", "ssl-redirect": "443"}, paths=(path(), path("/b", port=81)))

    assert problems(stack_input(subject, services=services)) == [
        (INGRESS, Reason.BACKEND_NOT_FOUND, "spec.rules[0].http.paths[1].backend"),
        (INGRESS, Reason.INVALID_ANNOTATION, f"{PREFIX}ssl-redirect"),
        (INGRESS, Reason.INVALID_ANNOTATION, f"{PREFIX}scheme"),
        ("Service/shop/app", Reason.INVALID_ANNOTATION, f"{PREFIX}auth-type"),
        ("Service/shop/app", Reason.INVALID_ANNOTATION, f"{PREFIX}healthcheck-path"),
    ]


def test_unknown_annotations_are_warnings_and_the_stack_is_built() -> None:
    services = {("shop", "app"): service(annotations={f"{PREFIX}target-typ": "ip"})}

    outcome = build_stack(stack_input(ingress({"schemes": "internal"}), services=services))

    assert isinstance(outcome, Built)
    assert [(str(w.where), w.reason, w.field) for w in outcome.warnings] == [
        (INGRESS, Reason.UNKNOWN_ANNOTATION, f"{PREFIX}schemes"),
        ("Service/shop/app", Reason.UNKNOWN_ANNOTATION, f"{PREFIX}target-typ"),
    ]


_NAMES = st.sampled_from(sorted(CATALOGUE)) | st.text(max_size=20)
_ANNOTATIONS = st.dictionaries(_NAMES, st.text(max_size=40), max_size=6)
_PATHS = st.lists(
    st.builds(
        path,
        st.text(max_size=8),
        st.sampled_from(["Exact", "Prefix", "ImplementationSpecific", "", "Other"]),
        name=st.sampled_from(["app", "gone", ""]),
        port=st.sampled_from([80, 81, "http", "use-annotation", ""]),
    ),
    max_size=4,
).map(tuple)


@given(on_ingress=_ANNOTATIONS, on_service=_ANNOTATIONS, paths=_PATHS, spec=st.text(max_size=30))
def test_every_input_gives_an_answer_and_the_same_one_twice(
    on_ingress: dict[str, str], on_service: dict[str, str], paths: tuple[IngressPath, ...], spec: str
) -> None:
    services = {("shop", "app"): service(annotations={f"{PREFIX}{k}": v for k, v in on_service.items()})}

    def outcome(params: str) -> object:
        return build_stack(with_params(params, ingress(on_ingress, paths=paths), services=services))

    assert isinstance(outcome(spec), Built | Broken)
    assert outcome("{}") == outcome("{}")


_SOUND = {
    "scheme": "internal",
    "target-type": "ip",
    "tags": "b=2,a=1",
    "load-balancer-attributes": "c.d=2,a.b=1",
    "target-group-attributes": "c.d=2,a.b=1",
    "listen-ports": '[{"HTTP": 81}, {"HTTP": 80}]',
    "unknown-one": "x",
    "unknown-two": "y",
}


@given(order=st.permutations(sorted(_SOUND)), names=st.permutations(["a", "b", "c"]))
def test_the_order_of_mappings_makes_no_difference(order: list[str], names: list[str]) -> None:
    def outcome(annotations: dict[str, str], services: list[str]) -> object:
        paths = tuple(path(f"/{n}", name=n) for n in "abc")
        subnets = dict(sorted(inventory().subnets.items(), key=lambda item: services.index(item[0][-1])))
        return build_stack(
            stack_input(
                ingress(annotations, paths=paths),
                services={("shop", n): service(n) for n in services},
                inventory=inventory(subnets=subnets),
            )
        )

    shuffled = outcome({k: _SOUND[k] for k in order}, names)
    plain = outcome(_SOUND, ["a", "b", "c"])

    assert repr(shuffled) == repr(plain)


def test_a_stack_without_rules_still_answers() -> None:
    desired = built(stack_input(Ingress(meta=ingress().meta, class_name="alb")))

    assert (desired.target_groups, len(desired.listeners), desired.listeners[0].rules) == ((), 1, ())
    assert desired.needs_shared_group


def test_a_rule_is_asked_for_by_its_ingress() -> None:
    (rule,) = built(stack_input()).listeners[0].rules

    assert (str(rule.asked_by), rule.conditions) == (INGRESS, (Condition(field="path-pattern", values=("/*",)),))
