"""Security groups of an ingress group's load balancer (ingress behaviour, section 17; networking, sections 3 and 8)."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import SecurityGroup
from services.planner.core.build import Broken, build_stack
from services.planner.core.desired import DesiredAccess, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.objects import NetworkingPeer, NetworkingPort
from services.planner.core.outcomes import LookupKind, Needs
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import CLUSTER, PREFIX, built, ingress, inventory, problems, stack_input

MANAGED, SHARED = GroupToken.MANAGED, GroupToken.SHARED


def _group(id_: str, name: str = "", vpc: str = "vpc-1") -> SecurityGroup:
    tags = {"Name": name} if name else {}
    return SecurityGroup(id=id_, name=id_, description="", vpc_id=vpc, permissions=frozenset(), tags=tags)


GROUPS = (_group("sg-1"), _group("sg-2"), _group("sg-b", "web"), _group("sg-a", "web"), _group("sg-c", "web", "vpc-2"))


def _input(annotations: dict[str, str], *, knowledge: dict[str, Any] | None = None, **settings: Any) -> StackInput:
    known = inventory(security_groups={g.id: g for g in GROUPS})
    known = replace(known, knowledge=replace(known.knowledge, **(knowledge or {})))
    return stack_input(ingress(annotations), inventory=known, cluster=replace(CLUSTER, **settings))


def _groups_and_peers(inp: StackInput) -> tuple[tuple[str, ...], bool, tuple[object, ...] | None]:
    """Groups of the load balancer, whether there is a managed one, and who reaches the targets."""
    desired = built(inp)
    assert desired.load_balancer is not None
    networking = desired.target_groups[0].binding.networking
    peers = None if networking is None else tuple(peer for access in networking for peer in access.peers)
    return desired.load_balancer.security_groups, desired.managed_group is not None, peers


@pytest.mark.parametrize(
    ("annotations", "settings", "expected"),
    [
        pytest.param({}, {}, ((MANAGED, SHARED), True, (SHARED,)), id="the managed and the shared group"),
        pytest.param(
            {}, {"backend_security_group_enabled": False}, ((MANAGED,), True, (MANAGED,)), id="the managed one is both"
        ),
        pytest.param(
            {},
            {"backend_security_group": "sg-own"},
            ((MANAGED, "sg-own"), True, (NetworkingPeer(security_group_id="sg-own"),)),
            id="the installation's own backend group",
        ),
        pytest.param({"security-groups": "sg-2, sg-1"}, {}, (("sg-2", "sg-1"), False, None), id="own groups alone"),
        pytest.param(
            {"security-groups": "web,sg-1"}, {}, (("sg-1", "sg-a", "sg-b"), False, None), id="ids first, all of a name"
        ),
        pytest.param({"security-groups": " , "}, {}, ((MANAGED, SHARED), True, (SHARED,)), id="an empty list is none"),
        pytest.param(
            {"security-groups": "sg-1", "manage-backend-security-group-rules": "true"},
            {},
            (("sg-1", SHARED), False, (SHARED,)),
            id="own groups and rules on the targets",
        ),
        pytest.param(
            {"security-groups": "sg-1"},
            {"manage_backend_rules": True},
            (("sg-1", SHARED), False, (SHARED,)),
            id="rules on the targets by a setting",
        ),
        pytest.param(
            {"security-groups": "sg-1", "manage-backend-security-group-rules": "false"},
            {"manage_backend_rules": True},
            (("sg-1",), False, None),
            id="the annotation wins over the setting",
        ),
        pytest.param(
            {"manage-backend-security-group-rules": "false"},
            {},
            ((MANAGED, SHARED), True, (SHARED,)),
            id="without own groups the annotation is not read",
        ),
    ],
)
def test_groups_of_the_load_balancer(annotations: dict[str, str], settings: dict[str, Any], expected: object) -> None:
    assert _groups_and_peers(_input(annotations, **settings)) == expected


def test_rules_that_are_not_restricted_name_no_port() -> None:
    desired = built(_input({"healthcheck-port": "9000"}, restricted_rules=False))

    assert desired.target_groups[0].binding.networking == (DesiredAccess(peers=(SHARED,), ports=(NetworkingPort(),)),)


def test_what_is_not_known_is_asked_for() -> None:
    inp = _input({"security-groups": "sg-9,api"})

    outcome = build_stack(inp)

    assert isinstance(outcome, Needs)
    assert [(x.kind, x.keys) for x in outcome.lookups] == [
        (LookupKind.SECURITY_GROUPS, ("sg-9",)),
        (LookupKind.SECURITY_GROUP_NAMES, ("api",)),
    ]


def test_a_name_is_asked_for_while_not_all_groups_are_known() -> None:
    inp = _input({"security-groups": "web"}, knowledge={"filled": False, "stacks": frozenset({stack_input().key})})

    outcome = build_stack(inp)

    assert isinstance(outcome, Needs)
    assert [(x.kind, x.keys) for x in outcome.lookups] == [(LookupKind.SECURITY_GROUP_NAMES, ("web",))]


def test_what_does_not_exist_is_an_error_of_the_ingress() -> None:
    known = {"groups": frozenset({"sg-9"}), "group_names": frozenset({"api"})}

    outcome = build_stack(_input({"security-groups": "sg-9,api"}, knowledge=known))

    assert isinstance(outcome, Broken)
    assert [(str(p.where), p.reason, p.field, p.message) for p in outcome.problems] == [
        (
            "Ingress/shop/web",
            Reason.SECURITY_GROUP_NOT_FOUND,
            f"{PREFIX}security-groups",
            "there is no security group sg-9, api in vpc-1",
        )
    ]


def test_rules_on_the_targets_need_a_backend_group() -> None:
    annotations = {"security-groups": "sg-1", "manage-backend-security-group-rules": "true"}

    found = problems(_input(annotations, backend_security_group_enabled=False))

    assert found == [("Ingress/shop/web", Reason.INVALID_ANNOTATION, f"{PREFIX}manage-backend-security-group-rules")]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("security-groups", "sg-1,sg-2", "sg-2,sg-1", id="the order of the groups counts"),
        pytest.param("ip-address-type", "dualstack", "ipv4", id="kinds of addresses"),
    ],
)
def test_members_have_to_agree(name: str, one: str, other: str) -> None:
    group = {"group.name": "team"}
    finalizers = ("group.ingress.k8s.aws/team",)
    members = (
        ingress({**group, name: one}, meta={"name": "a", "finalizers": finalizers}),
        ingress({**group, name: other}, meta={"name": "b", "finalizers": finalizers}),
    )
    inp = replace(_input({}), key=replace(stack_input().key, namespace="", name="team"), ingresses=members)

    assert ("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}{name}") in problems(inp)
