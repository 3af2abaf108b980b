"""Listeners of a group: ports, certificates, policy, redirect, sources, attributes, mutual authentication."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.annotations.ingress import listeners as catalogue
from services.planner.core.annotations.values import BadValueError
from services.planner.core.aws import (
    Certificate,
    Condition,
    Inventory,
    Listener,
    MutualAuthentication,
    Permission,
    Redirect,
    Rule,
    TrustStore,
)
from services.planner.core.build import Built, build_stack
from services.planner.core.build.inbound import Sources
from services.planner.core.desired import DesiredStack
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import IngressRule, IngressTls
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    PREFIX,
    built,
    ingress,
    inventory,
    path,
    problems,
    stack_input,
    with_params,
)
from tests.unit.planner_core.test_build_groups import group, member
from tests.unit.planner_core.test_build_subnets import STANDING

BOTH = '[{"HTTP": 80}, {"HTTPS": 443}]'
HTTPS = '[{"HTTPS": 443}]'
INGRESS = "Ingress/shop/web"


def arn(name: str) -> str:
    return f"arn:aws:acm:us-west-2:123456789012:certificate/{name}"


def issued(*found: tuple[str, tuple[str, ...] | None], **fields: Any) -> Inventory:
    """An account with issued certificates, each with its names."""
    certificates = {
        arn(name): Certificate(**{"arn": arn(name), "issued": True, "private": False, "names": names, **fields})
        for name, names in found
    }
    account = inventory()
    return replace(account, certificates=certificates, knowledge=replace(account.knowledge, certificates=True))


def for_hosts(*hosts: str, **fields: Any) -> StackInput:
    """An Ingress with a path for each host, on an HTTPS port."""
    rules = tuple(IngressRule(host=h, paths=(path(),)) for h in hosts)
    return stack_input(ingress({"listen-ports": HTTPS}, rules=rules), **fields)


def outcome(inp: StackInput) -> Built:
    found = build_stack(inp)
    assert isinstance(found, Built), found
    return found


def shown(desired: DesiredStack) -> dict[int, str]:
    return {x.port: x.protocol for x in desired.listeners}


def permissions(inp: StackInput) -> set[tuple[int | None, str]]:
    managed = built(inp).managed_group
    assert managed is not None
    return {(p.from_port, p.cidr or p.cidr6 or p.prefix_list) for p in managed.permissions}


# Ports


def test_an_ingress_with_certificates_of_its_own_listens_on_443() -> None:
    (listener,) = built(stack_input(ingress({"certificate-arn": arn("a")}))).listeners

    assert (listener.port, listener.protocol) == (443, "HTTPS")
    assert (listener.certificates, listener.ssl_policy) == ((arn("a"),), "ELBSecurityPolicy-2016-08")


def test_certificates_of_the_class_count_before_those_of_the_annotation() -> None:
    spec = json.dumps({"certificateArn": [arn("corp")]})

    (listener,) = built(with_params(spec, ingress({"certificate-arn": arn("own")}))).listeners

    assert listener.certificates == (arn("corp"),)


def test_one_port_has_one_protocol() -> None:
    inp = group(member("a", {"listen-ports": '[{"HTTP": 443}]'}), member("b", {"certificate-arn": arn("b")}))

    assert ("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}listen-ports") in problems(inp)


# Certificates


def test_certificates_are_united_in_the_order_of_members_and_lists_the_first_is_the_default() -> None:
    inp = group(
        member("a", {"certificate-arn": f"{arn('z')}, {arn('b')}"}),
        member("b", {"certificate-arn": f"{arn('c')},{arn('z')}"}),
    )

    (listener,) = built(inp).listeners

    assert listener.certificates == (arn("z"), arn("b"), arn("c"))


@pytest.mark.parametrize(
    ("name", "host", "good"),
    [
        pytest.param("www.example.com", "www.example.com", True, id="the name itself"),
        pytest.param("*.example.com", "www.example.com", True, id="a wildcard stands for a label"),
        pytest.param("*.example.com", "a.www.example.com", False, id="and not for two"),
        pytest.param("*.example.com", "example.com", False, id="nor for none"),
        pytest.param("*.example.com", "*.example.com", True, id="a host that is a wildcard itself"),
        pytest.param("www.example.com", "*.example.com", False, id="a name is not for a wildcard"),
        pytest.param("WWW.example.com", "www.example.com", False, id="letters are compared as they are"),
    ],
)
def test_a_certificate_is_found_by_host(name: str, host: str, good: bool) -> None:
    found = outcome(for_hosts(host, inventory=issued(("a", (name,)))))

    assert [x.certificates for x in found.desired.listeners] == ([(arn("a"),)] if good else [])


def test_all_certificates_of_all_hosts_are_used_the_lowest_arn_is_the_default() -> None:
    hosts = ("www.example.com", "shop.example.org")
    known = issued(("c", ("www.example.com",)), ("a", ("other.example",)), ("b", ("*.example.com", "shop.example.org")))

    (listener,) = built(for_hosts(*hosts, inventory=known)).listeners

    assert listener.certificates == (arn("b"), arn("c"))
    assert not listener.keeps_certificates


def test_hosts_of_tls_entries_count_too() -> None:
    subject = ingress({"listen-ports": HTTPS}, tls=(IngressTls(hosts=("www.example.com",)),))

    (listener,) = built(stack_input(subject, inventory=issued(("a", ("www.example.com",))))).listeners

    assert listener.certificates == (arn("a"),)


def test_certificates_are_asked_for_only_where_a_secure_listener_has_none_named() -> None:
    assert build_stack(for_hosts("www.example.com")) == Needs(lookups=(Lookup(kind=LookupKind.CERTIFICATES),))
    assert shown(built(stack_input(ingress({"certificate-arn": arn("a"), "listen-ports": BOTH})))) == {
        80: "HTTP",
        443: "HTTPS",
    }


def test_a_certificate_whose_names_the_listing_does_not_give_is_read() -> None:
    known = issued(("a", None), ("b", ("x.example",)))

    assert build_stack(for_hosts("www.example.com", inventory=known)) == Needs(
        lookups=(Lookup(kind=LookupKind.CERTIFICATE_DETAILS, keys=(arn("a"),)),)
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"private": True, "authority": "arn:ca"}, [(arn("a"),)], id="of an allowed authority"),
        pytest.param({"private": True, "authority": "arn:other"}, [], id="of another authority"),
        pytest.param({"private": False}, [], id="of Amazon"),
    ],
)
def test_only_certificates_of_allowed_authorities_are_found(fields: dict[str, Any], expected: list[Any]) -> None:
    cluster = replace(CLUSTER, certificate_authorities=frozenset(("arn:ca",)))
    known = issued(("a", ("www.example.com",)), **fields)

    desired = outcome(for_hosts("www.example.com", inventory=known, cluster=cluster)).desired

    assert [x.certificates for x in desired.listeners] == expected


def test_the_authority_of_a_private_certificate_is_read_where_some_are_allowed() -> None:
    cluster = replace(CLUSTER, certificate_authorities=frozenset(("arn:ca",)))
    known = issued(("a", ("www.example.com",)), private=True)

    assert build_stack(for_hosts("www.example.com", inventory=known, cluster=cluster)) == Needs(
        lookups=(Lookup(kind=LookupKind.CERTIFICATE_DETAILS, keys=(arn("a"),)),)
    )


# Certificates that are not there yet


def test_only_the_host_without_a_certificate_waits() -> None:
    known = issued(("a", ("www.example.com",)))

    found = outcome(for_hosts("www.example.com", "new.example.com", inventory=known))

    (listener,) = found.desired.listeners
    assert listener.certificates == (arn("a"),)
    assert [r.conditions[0].values for r in listener.rules] == [("www.example.com",)]
    assert (found.waits_for, found.again_seconds) == (("a certificate for new.example.com",), 60.0)
    assert [(str(w.where), w.reason) for w in found.warnings] == [(INGRESS, Reason.CERTIFICATE_NOT_FOUND)]
    assert "new.example.com" in found.warnings[0].message


def test_a_listener_without_any_certificate_waits_and_the_others_go_on() -> None:
    rules = (IngressRule(host="new.example.com", paths=(path(),)),)

    found = outcome(stack_input(ingress({"listen-ports": BOTH}, rules=rules), inventory=issued()))

    assert shown(found.desired) == {80: "HTTP"}
    assert [r.conditions[0].values for x in found.desired.listeners for r in x.rules] == [("new.example.com",)]
    assert found.waits_for == ("a certificate for new.example.com",)
    managed = found.desired.managed_group
    assert managed is not None
    assert {p.from_port for p in managed.permissions} == {80}


def test_a_secure_listener_without_hosts_and_certificates_says_what_it_lacks() -> None:
    found = outcome(stack_input(ingress({"listen-ports": BOTH}), inventory=issued()))

    assert shown(found.desired) == {80: "HTTP"}
    assert found.waits_for == ("a certificate for listener HTTPS:443",)
    assert [(w.reason, w.field) for w in found.warnings] == [(Reason.CERTIFICATE_NOT_FOUND, f"{PREFIX}listen-ports")]


def standing(known: Inventory, *, protocol: str = "HTTPS", hosts: tuple[str, ...] = ()) -> Inventory:
    """The account with the stack's load balancer, a listener on 443, and a rule for each host."""
    certificates = (arn("old"),) if protocol == "HTTPS" else ()
    listener = Listener(
        arn="arn:listener",
        load_balancer_arn=STANDING.arn,
        port=443,
        protocol=protocol,
        default_actions=(),
        certificates=certificates,
    )
    rules = {
        f"arn:rule:{n}": Rule(
            arn=f"arn:rule:{n}",
            listener_arn=listener.arn,
            priority=n,
            conditions=(Condition(field="host-header", values=(host,)),),
            actions=(),
        )
        for n, host in enumerate(hosts, start=1)
    }
    return replace(known, load_balancers={STANDING.arn: STANDING}, listeners={listener.arn: listener}, rules=rules)


def test_a_host_that_is_served_goes_on_when_its_certificate_is_gone() -> None:
    known = standing(issued(), hosts=("www.example.com",))

    (listener,) = built(for_hosts("www.example.com", "new.example.com", inventory=known)).listeners

    assert (listener.certificates, listener.keeps_certificates, listener.held) == ((arn("old"),), True, False)
    assert [r.conditions[0].values for r in listener.rules] == [("www.example.com",)]


def test_a_plain_listener_that_cannot_become_a_secure_one_yet_stays_as_it_is() -> None:
    found = outcome(for_hosts("www.example.com", inventory=standing(issued(), protocol="HTTP")))

    (listener,) = found.desired.listeners
    assert (listener.held, listener.rules) == (True, ())
    assert permissions(for_hosts("www.example.com", inventory=standing(issued(), protocol="HTTP"))) == {
        (443, "0.0.0.0/0")
    }


# Policy


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param("{}", "ELBSecurityPolicy-TLS13-1-2-2021-06", id="the annotation's"),
        pytest.param('{"sslPolicy": "ELBSecurityPolicy-FS-2018-06"}', "ELBSecurityPolicy-FS-2018-06", id="the class's"),
    ],
)
def test_the_policy_of_a_secure_listener(spec: str, expected: str) -> None:
    own = {"certificate-arn": arn("a"), "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "listen-ports": BOTH}

    plain, secure = built(with_params(spec, ingress(own))).listeners

    assert (plain.ssl_policy, secure.ssl_policy) == (None, expected)


def test_the_policy_is_that_of_the_installation_where_nobody_names_one() -> None:
    cluster = replace(CLUSTER, default_ssl_policy="ELBSecurityPolicy-FS-2018-06")

    (listener,) = built(stack_input(ingress({"certificate-arn": arn("a")}), cluster=cluster)).listeners

    assert listener.ssl_policy == "ELBSecurityPolicy-FS-2018-06"


def test_members_on_a_port_agree_on_the_policy() -> None:
    policies = ("ELBSecurityPolicy-FS-2018-06", "ELBSecurityPolicy-2016-08")
    inp = group(*(member(n, {"certificate-arn": arn(n), "ssl-policy": p}) for n, p in zip("ab", policies, strict=True)))

    assert problems(inp) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}ssl-policy")]


# Redirect


def test_every_plain_listener_of_the_group_redirects_and_has_no_rules() -> None:
    ports = '[{"HTTP": 80}, {"HTTP": 8080}, {"HTTPS": 443}]'
    inp = group(
        member("a", {"listen-ports": ports, "certificate-arn": arn("a"), "ssl-redirect": "443"}),
        member("b", {"listen-ports": '[{"HTTP": 80}]'}),
    )

    by_port = {x.port: x for x in built(inp).listeners}

    redirect = Redirect(status_code="HTTP_301", protocol="HTTPS", port="443")
    assert [by_port[p].default_actions for p in (80, 8080)] == [(redirect,)] * 2
    assert [len(by_port[p].rules) for p in (80, 443, 8080)] == [0, 1, 0]
    assert [group.resource_id for group in built(inp).target_groups] == ["shop/a-app:80"]


def test_plain_listeners_redirect_while_the_secure_one_waits() -> None:
    subject = ingress(
        {"listen-ports": BOTH, "ssl-redirect": "443"}, rules=(IngressRule(host="new.example.com", paths=(path(),)),)
    )

    (listener,) = built(stack_input(subject, inventory=issued())).listeners

    assert listener.default_actions == (Redirect(status_code="HTTP_301", protocol="HTTPS", port="443"),)


@pytest.mark.parametrize(
    ("ports", "redirect"),
    [
        pytest.param('[{"HTTP": 80}]', "443", id="to a port that nobody listens on"),
        pytest.param('[{"HTTP": 80}, {"HTTP": 8080}]', "8080", id="to a plain port"),
    ],
)
def test_a_redirect_goes_to_a_secure_listener_of_the_group(ports: str, redirect: str) -> None:
    subject = ingress({"listen-ports": ports, "ssl-redirect": redirect})

    assert problems(stack_input(subject)) == [(INGRESS, Reason.INVALID_ANNOTATION, f"{PREFIX}ssl-redirect")]


def test_the_class_says_where_to_redirect_to_and_a_word_there_is_a_problem() -> None:
    subject = ingress({"listen-ports": BOTH, "certificate-arn": arn("a"), "ssl-redirect": "8443"})

    plain, _ = built(with_params('{"sslRedirectPort": "443"}', subject)).listeners

    assert plain.default_actions == (Redirect(status_code="HTTP_301", protocol="HTTPS", port="443"),)
    assert ("IngressClassParams/corp", Reason.INVALID_SPEC, "spec.sslRedirectPort") in problems(
        with_params('{"sslRedirectPort": "https"}', subject)
    )


def test_members_agree_on_the_redirect() -> None:
    ports = {"listen-ports": '[{"HTTPS": 443}, {"HTTPS": 8443}]', "certificate-arn": arn("a")}
    inp = group(member("a", {**ports, "ssl-redirect": "443"}), member("b", {**ports, "ssl-redirect": "8443"}))

    assert problems(inp) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}ssl-redirect")]


# Who may reach the listeners


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, {"0.0.0.0/0"}, id="everybody where nothing is said"),
        pytest.param({"inbound-cidrs": " "}, {"0.0.0.0/0"}, id="an empty list says nothing"),
        pytest.param({"inbound-cidrs": "10.1.2.3/16, 192.0.2.0/24"}, {"10.1.0.0/16", "192.0.2.0/24"}, id="ranges"),
        pytest.param({"security-group-prefix-lists": "pl-1,pl-2"}, {"pl-1", "pl-2"}, id="prefix lists alone"),
        pytest.param(
            {"inbound-cidrs": "10.0.0.0/8", "security-group-prefix-lists": "pl-1"}, {"10.0.0.0/8", "pl-1"}, id="both"
        ),
        pytest.param({"inbound-cidrs": "2001:db8::/32"}, set(), id="IPv6 ranges of a load balancer that has none"),
    ],
)
def test_who_may_reach_a_listener(annotations: dict[str, str], expected: set[str]) -> None:
    assert permissions(stack_input(ingress(annotations))) == {(80, source) for source in expected}


@pytest.mark.parametrize(
    "legacy", [pytest.param("prefixListsIDs", id="as now"), pytest.param("PrefixListsIDs", id="old")]
)
def test_sources_of_the_class_count_before_the_annotations(legacy: str) -> None:
    spec = json.dumps({"inboundCIDRs": ["10.0.0.0/8"], legacy: ["pl-9"]})
    own = {"inbound-cidrs": "192.0.2.0/24", "security-group-prefix-lists": "pl-1"}

    assert permissions(with_params(spec, ingress(own))) == {(80, "10.0.0.0/8"), (80, "pl-9")}


def test_sources_count_for_the_ports_of_the_members_that_name_them() -> None:
    inp = group(
        member("a", {"inbound-cidrs": "10.0.0.0/8,192.0.2.0/24"}),
        member("b", {"inbound-cidrs": "192.0.2.0/24, 10.0.0.0/8"}),
        member("c", {"listen-ports": '[{"HTTP": 80}, {"HTTP": 81}]'}),
    )

    assert permissions(inp) == {(80, "10.0.0.0/8"), (80, "192.0.2.0/24"), (81, "0.0.0.0/0")}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("inbound-cidrs", ("10.0.0.0/8", "192.0.2.0/24"), id="ranges"),
        pytest.param("security-group-prefix-lists", ("pl-1", "pl-2"), id="prefix lists"),
    ],
)
def test_members_on_a_port_agree_on_sources(name: str, values: tuple[str, str]) -> None:
    inp = group(*(member(n, {name: v}) for n, v in zip("ab", values, strict=True)))

    assert problems(inp) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}{name}")]


def test_ipv6_ranges_count_for_dual_stack_load_balancers() -> None:

    sources = Sources(ranges=("0.0.0.0/0", "::/0"))

    assert sources.permissions(80, dual_stack=True) == {
        Permission(protocol="tcp", from_port=80, to_port=80, cidr="0.0.0.0/0"),
        Permission(protocol="tcp", from_port=80, to_port=80, cidr6="::/0"),
    }


# Attributes


def test_attributes_are_of_the_listener_in_the_key() -> None:
    subject = ingress(
        {
            "listen-ports": '[{"HTTP": 80}, {"HTTP": 81}]',
            "listener-attributes.HTTP-80": "routing.http.response.server.enabled=false",
            "listener-attributes.HTTPS-81": "a=b",
            "listener-attributes.HTTP-99": "c=d",
        }
    )

    assert [dict(x.attributes) for x in built(stack_input(subject)).listeners] == [
        {"routing.http.response.server.enabled": "false"},
        {},
    ]


def test_attributes_are_united_and_the_first_members_class_decides() -> None:
    spec = json.dumps(
        {"listeners": [{"protocol": "HTTP", "port": 80, "listenerAttributes": [{"key": "a", "value": "class"}]}]}
    )
    members = (
        member("a", {"listener-attributes.HTTP-80": "a=1,b=1"}),
        member("b", {"listener-attributes.HTTP-80": "a=2,c=1"}),
    )
    with_class = with_params(spec)
    inp = group(*members, classes=with_class.classes, class_params=with_class.class_params)

    (listener,) = built(inp).listeners

    assert listener.attributes == {"a": "class", "b": "1", "c": "1"}
    assert problems(group(*members)) == [
        ("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}listener-attributes.HTTP-80")
    ]


# Mutual authentication


def mutual(*entries: Mapping[str, Any]) -> dict[str, str]:
    return {"certificate-arn": arn("a"), "mutual-authentication": json.dumps(entries)}


def authenticated(inp: StackInput) -> MutualAuthentication | None:
    (listener,) = built(inp).listeners
    return listener.mutual_authentication


def test_clients_are_asked_on_the_port_of_the_entry_only() -> None:
    assert authenticated(stack_input(ingress(mutual({"port": 443, "mode": "passthrough"})))) == MutualAuthentication(
        mode="passthrough"
    )
    assert authenticated(stack_input(ingress(mutual({"port": 8443, "mode": "passthrough"})))) is None


def test_without_an_entry_what_stands_is_left_alone_unless_defaults_are_enforced() -> None:
    subject = ingress({"certificate-arn": arn("a")})
    enforcing = replace(CLUSTER, gates=CLUSTER.gates | {Gate.ENHANCED_DEFAULTS})

    assert authenticated(stack_input(subject)) is None
    assert authenticated(stack_input(subject, cluster=enforcing)) == MutualAuthentication(mode="off")


def test_a_trust_store_is_named_by_arn_or_by_name() -> None:
    by_name = stack_input(ingress(mutual({"port": 443, "MODE": "verify", "trustStore": "clients"})))
    known = replace(
        by_name.inventory,
        trust_stores={"arn:store": TrustStore(arn="arn:store", name="clients")},
        knowledge=replace(by_name.inventory.knowledge, trust_stores=frozenset(("clients",))),
    )
    expected = MutualAuthentication(mode="verify", trust_store="arn:store", advertise_ca_names="off")

    assert build_stack(by_name) == Needs(lookups=(Lookup(kind=LookupKind.TRUST_STORES, keys=("clients",)),))
    assert authenticated(replace(by_name, inventory=known)) == expected
    assert problems(replace(by_name, inventory=replace(known, trust_stores={}))) == [
        (INGRESS, Reason.TRUST_STORE_NOT_FOUND, f"{PREFIX}mutual-authentication")
    ]
    entry = {"port": 443, "mode": "verify", "trustStore": "arn:store", "advertiseTrustStoreCaNames": "on"}
    assert authenticated(stack_input(ingress(mutual({**entry, "ignoreClientCertificateExpiry": True})))) == replace(
        expected, ignore_expiry=True, advertise_ca_names="on"
    )


def test_members_on_a_port_agree_on_mutual_authentication_and_those_without_do_not_count() -> None:
    passing, off = ({"port": 443, "mode": mode} for mode in ("passthrough", "off"))
    plain = member("b", {"certificate-arn": arn("b")})

    assert authenticated(group(member("a", mutual(passing)), plain)) == MutualAuthentication(mode="passthrough")
    assert problems(group(member("a", mutual(passing)), member("b", mutual(off)))) == [
        ("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}mutual-authentication")
    ]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        pytest.param("[]", "accepted is a JSON list that is not empty", id="an empty list"),
        pytest.param("[1]", "[0]: accepted is an object with port and mode", id="no object"),
        pytest.param('[{"mode": "off"}]', "[0].port: accepted are numbers from 1 to 65535", id="no port"),
        pytest.param('[{"port": true, "mode": "off"}]', "[0].port: accepted are numbers from 1 to 65535", id="a truth"),
        pytest.param(
            '[{"port": 1, "mode": "on"}]', "[0].mode: accepted are off, passthrough, verify", id="an unknown mode"
        ),
        pytest.param(
            '[{"port": 1, "mode": "verify"}]',
            "[0].trustStore: the mode verify needs one, by ARN or name",
            id="verify without a trust store",
        ),
        pytest.param(
            '[{"port": 1, "mode": "off", "trustStore": "x"}]',
            "[0].trustStore: accepted only with the mode verify",
            id="a trust store without verify",
        ),
        pytest.param(
            '[{"port": 1, "mode": "off"}, {"port": 2, "mode": "verify", "trustStore": 7}]',
            "[1].trustStore: accepted is a text",
            id="a number for a trust store",
        ),
        pytest.param(
            '[{"port": 1, "mode": "verify", "trustStore": "x", "advertiseTrustStoreCaNames": "yes"}]',
            "[0].advertiseTrustStoreCaNames: accepted are on, off",
            id="an unknown switch",
        ),
    ],
)
def test_mutual_authentication_that_is_not_accepted(text: str, refusal: str) -> None:
    with pytest.raises(BadValueError) as bad:
        catalogue.MUTUAL_AUTHENTICATION.parse(text)

    assert str(bad.value) == refusal


@pytest.mark.parametrize(
    ("annotation", "text", "refusal"),
    [
        pytest.param(
            catalogue.CERTIFICATES, "cert-1", '"cert-1" is no ARN of a certificate of ACM or IAM', id="certificates"
        ),
        pytest.param(
            catalogue.PREFIX_LISTS,
            "sg-1",
            '"sg-1" is no id of a prefix list; accepted are ids such as pl-0123456789abcdef0',
            id="prefix lists",
        ),
        pytest.param(
            catalogue.INBOUND_CIDRS,
            "10.0.0.1",
            '"10.0.0.1" is no address range; accepted are ranges such as 10.0.0.0/16',
            id="ranges",
        ),
        pytest.param(
            catalogue.SSL_REDIRECT,
            "https",
            "accepted are whole numbers from -2147483648 to 2147483647",
            id="a redirect to a word",
        ),
    ],
)
def test_values_that_are_not_accepted(annotation: Any, text: str, refusal: str) -> None:
    with pytest.raises(BadValueError) as bad:
        annotation.parse(text)

    assert str(bad.value) == refusal
