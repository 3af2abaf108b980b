"""What the inventory's silence means, and for how long."""

from dataclasses import replace

import pytest

from services.planner.core.aws import Knowledge
from services.planner.core.keys import NetworkKey
from services.planner.core.outcomes import LookupKind
from services.planner.inventory.knowledge import Answers
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.observations import Query
from tests.unit.planner_shell.aws_things import ALL, OF_STACK, answered, lookup
from tests.unit.planner_shell.things import BINDING, STACK

LIFETIMES = Lifetimes(network=100, interfaces=50)


def known(*queries: Query, at: float = 1_000.0) -> Answers:
    answers = Answers(LIFETIMES)
    for query in queries:
        answers.answered(answered(query, begun=1, asked_at=at))
    return answers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            ALL,
            Knowledge(filled=True, network=True, cluster_groups=True, instances=frozenset({"i-1"})),
            id="everything",
        ),
        pytest.param(
            replace(OF_STACK, keys=("lb:front", "tg:web", "sg:front")),
            Knowledge(
                stacks=frozenset({STACK}),
                load_balancer_names=frozenset({"front"}),
                target_group_names=frozenset({"web"}),
            ),
            id="a stack, and the names that it asked for",
        ),
        pytest.param(lookup(LookupKind.NETWORK), Knowledge(network=True), id="the network"),
        pytest.param(lookup(LookupKind.ROUTE_TABLES), Knowledge(route_tables=True), id="the route tables"),
        pytest.param(
            lookup(LookupKind.INSTANCE_INTERFACES, "i-1", "i-2"),
            Knowledge(instances=frozenset({"i-1", "i-2"})),
            id="interfaces of instances",
        ),
        pytest.param(
            lookup(LookupKind.ADDRESS_INTERFACES, "10.0.0.1"),
            Knowledge(addresses=frozenset({"10.0.0.1"})),
            id="interfaces by address",
        ),
        pytest.param(
            lookup(LookupKind.SECURITY_GROUPS, "sg-1"), Knowledge(groups=frozenset({"sg-1"})), id="security groups"
        ),
        pytest.param(lookup(LookupKind.CERTIFICATES), Knowledge(certificates=True), id="the listing of certificates"),
        pytest.param(
            lookup(LookupKind.TRUST_STORES, "clients"),
            Knowledge(trust_stores=frozenset({"clients"})),
            id="trust stores by name",
        ),
        pytest.param(
            lookup(LookupKind.SECURITY_GROUP_NAMES, "web"),
            Knowledge(group_names=frozenset({"web"})),
            id="security groups by name",
        ),
        pytest.param(
            lookup(LookupKind.CLUSTER_SECURITY_GROUPS), Knowledge(cluster_groups=True), id="the cluster's groups"
        ),
    ],
)
def test_an_answer_is_knowledge(query: Query, expected: Knowledge) -> None:
    assert known(query).knowledge(STACK, now=1_000.0) == expected


@pytest.mark.parametrize(
    ("query", "lifetime"),
    [
        pytest.param(lookup(LookupKind.NETWORK), 100, id="the network"),
        pytest.param(lookup(LookupKind.INSTANCE_INTERFACES, "i-1"), 50, id="interfaces"),
    ],
)
def test_knowledge_lapses(query: Query, lifetime: float) -> None:
    answers = known(query)
    before, after = 1_000.0 + lifetime - 1, 1_000.0 + lifetime
    assert answers.knowledge(STACK, before) != Knowledge()
    assert answers.fresh(query, before)
    assert answers.knowledge(STACK, after) == Knowledge()
    assert not answers.fresh(query, after)


def test_a_question_is_fresh_only_if_all_its_keys_are() -> None:
    answers = known(lookup(LookupKind.INSTANCE_INTERFACES, "i-1"))
    assert not answers.fresh(lookup(LookupKind.INSTANCE_INTERFACES, "i-1", "i-2"), 1_000.0)


@pytest.mark.parametrize("kind", [LookupKind.ATTRIBUTES, LookupKind.TARGETS, LookupKind.LOAD_BALANCERS])
def test_details_of_one_thing_are_read_whenever_they_are_asked_for(kind: LookupKind) -> None:
    query = lookup(kind, "arn")
    assert not known(query).fresh(query, 1_000.0)


class TestDoubt:
    """After an outcome that nobody knows."""

    def test_a_doubted_stack_is_not_known_though_everything_else_is(self) -> None:
        answers = known(ALL, OF_STACK)
        answers.doubt(STACK, 1_001.0)
        assert not answers.knowledge(STACK, 1_002.0).filled
        assert answers.knowledge(STACK, 1_002.0).stacks == frozenset()
        assert answers.knowledge(BINDING, 1_002.0).filled

    @pytest.mark.parametrize(
        ("asked_at", "doubted"),
        [
            pytest.param(1_002.0, False, id="a query that was sent after the doubt settles it"),
            pytest.param(1_000.5, True, id="one that was under way does not"),
        ],
    )
    def test_an_observation_settles_it(self, asked_at: float, doubted: bool) -> None:
        answers = known(ALL)
        answers.doubt(STACK, 1_001.0)
        answers.answered(answered(OF_STACK, begun=5, asked_at=asked_at))
        assert answers.doubted(STACK) is doubted
        assert answers.knowledge(STACK, 1_003.0).filled is not doubted

    def test_the_network_is_doubted_apart(self) -> None:
        answers = known(ALL)
        answers.doubt(NetworkKey(), 1_001.0)
        assert not answers.knowledge(NetworkKey(), 1_002.0).cluster_groups
        assert answers.knowledge(STACK, 1_002.0).cluster_groups
        answers.settle(NetworkKey(), 1_002.0)
        assert answers.knowledge(NetworkKey(), 1_003.0).cluster_groups


def test_the_listing_of_certificates_lapses_so_that_a_new_one_is_found() -> None:
    answers = known(lookup(LookupKind.CERTIFICATES), at=1_000.0)

    assert answers.fresh(lookup(LookupKind.CERTIFICATES), 1_059.0)
    assert answers.knowledge(STACK, 1_059.0).certificates
    assert not answers.knowledge(STACK, 1_060.0).certificates
    assert not answers.fresh(lookup(LookupKind.CERTIFICATES), 1_060.0)
