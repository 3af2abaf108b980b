"""Which of two statements about a resource counts: the rules of age of the inventory."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Fact, Health, Inventory, Target
from services.planner.core.fold import fold
from services.planner.core.outcomes import LookupKind
from services.planner.core.plans import AwsCall
from services.planner.core.updates import RecordKind, Remove, Update, Upsert
from services.planner.inventory.observations import Observation, ObservedRecord, ObservedTargets, Query
from services.planner.inventory.store import Store
from tests.unit.planner_shell.aws_things import (
    ALL,
    LB,
    LISTENER,
    OF_STACK,
    RULE,
    TAGS,
    TG,
    Clock,
    answered,
    call,
    health,
    interface,
    listener,
    load_balancer,
    lookup,
    observation,
    rule,
    security_group,
    store,
    subnet,
    target_group,
    vpc,
)
from tests.unit.planner_shell.things import STACK

FIRST = Target(id="10.0.0.1", port=80)
SECOND = Target(id="10.0.0.2", port=80)


def register(known: Store, *targets: Target, ended: int) -> None:
    entries = [{"Id": t.id, "Port": t.port} for t in targets]
    known.own(fold, call("RegisterTargets", TargetGroupArn=TG, Targets=entries), {}, ended=ended)


def make_load_balancer(known: Store, *, ended: int) -> None:
    """Our own create, accepted."""
    answer = {"LoadBalancers": [load_balancer().description]}
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    known.own(fold, call("CreateLoadBalancer", Name="front", Subnets=["subnet-1"], Tags=tags), answer, ended=ended)


def delete_load_balancer(known: Store, *, ended: int) -> None:
    known.own(fold, call("DeleteLoadBalancer", LoadBalancerArn=LB), {}, ended=ended)


def names(known: Store) -> list[str]:
    return [b.name for b in known.whole().load_balancers.values()]


class TestObservations:
    """What the executor read."""

    def test_an_observation_is_believed(self) -> None:
        known = store()
        known.observe(observation(10, load_balancer(), target_group(), security_group(), vpc()))
        whole = known.whole()
        assert (list(whole.load_balancers), list(whole.target_groups), list(whole.security_groups)) == (
            [LB],
            [TG],
            ["sg-1"],
        )
        assert whole.vpc is not None
        assert whole.vpc.id == "vpc-1"

    @pytest.mark.parametrize(
        ("begun", "name"),
        [
            pytest.param(21, "later", id="one that began later replaces an earlier one"),
            pytest.param(20, "later", id="a further part of the same query does too"),
            pytest.param(19, "first", id="one that was overtaken does not"),
        ],
    )
    def test_of_two_observations_the_one_that_began_later_counts(self, begun: int, name: str) -> None:
        known = store()
        known.observe(observation(20, load_balancer(name="first")))
        known.observe(observation(begun, load_balancer(name="later")))
        assert names(known) == [name]

    def test_what_was_not_read_this_time_stays_known(self) -> None:
        known = store()
        known.observe(observation(10, replace(load_balancer(), attributes={"a": "1"})))
        known.observe(observation(20, replace(load_balancer(name="renamed"), tags=None)))
        (record,) = known.whole().load_balancers.values()
        assert (record.name, record.tags, record.attributes) == ("renamed", TAGS, {"a": "1"})

    def test_attributes_alone_complete_a_known_record(self) -> None:
        known = store()
        known.observe(observation(10, load_balancer()))
        only = ObservedRecord(kind=RecordKind.LOAD_BALANCER, id=LB, attributes={"a": "1"})
        known.observe(observation(20, only))
        (record,) = known.whole().load_balancers.values()
        assert (record.name, record.attributes) == ("front", {"a": "1"})

    def test_certificates_alone_complete_a_known_listener_and_stay_known(self) -> None:
        known = store()
        known.observe(observation(10, load_balancer(), listener()))
        only = ObservedRecord(kind=RecordKind.LISTENER, id=LISTENER, certificates=("c",))
        known.observe(observation(20, only))
        known.observe(observation(30, listener()))
        (record,) = known.whole().listeners.values()
        assert (record.port, record.extra_certificates) == (80, ("c",))

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param(10, 11, id="and began later"),
            pytest.param(11, 10, id="and began earlier"),
        ],
    )
    @pytest.mark.parametrize("tags_first", [pytest.param(True, id="tags come first"), pytest.param(False, id="last")])
    def test_tags_that_another_call_read_belong_to_the_record(self, first: int, second: int, tags_first: bool) -> None:
        known = store()
        described = replace(target_group(), tags=None)
        tagged = replace(target_group(), description=None)
        for begun, seen in ((first, tagged), (second, described))[:: 1 if tags_first else -1]:
            known.observe(observation(begun, seen))
        assert known.whole().target_groups[TG].tags == TAGS

    def test_older_tags_do_not_replace_younger_ones(self) -> None:
        known = store()
        known.observe(observation(20, target_group()))
        known.observe(observation(19, replace(target_group(), description=None, tags={})))
        assert known.whole().target_groups[TG].tags == TAGS

    def test_attributes_of_an_unknown_resource_make_none(self) -> None:
        known = store()
        known.observe(observation(20, ObservedRecord(kind=RecordKind.LOAD_BALANCER, id=LB, attributes={"a": "1"})))
        assert names(known) == []

    def test_a_default_rule_is_part_of_its_listener(self) -> None:
        known = store()
        default = {"RuleArn": RULE, "Priority": "default", "IsDefault": True, "Conditions": [], "Actions": []}
        known.observe(observation(10, replace(rule(), description=default)))
        assert known.whole().rules == {}

    def test_what_was_handed_out_never_changes(self) -> None:
        known = store()
        known.observe(observation(10, load_balancer()))
        before = known.whole()
        known.observe(observation(20, load_balancer("other", name="other")))
        assert list(before.load_balancers) == [LB]


class TestOwnCalls:
    """What follows from our own calls, against observations that ran beside them."""

    @pytest.mark.parametrize(
        ("begun", "known_after"),
        [
            pytest.param(49, [], id="a read that began before our call ended does not bring back what it deleted"),
            pytest.param(50, [], id="nor one that began as it ended"),
            pytest.param(51, ["front"], id="a read that began after it counts"),
        ],
    )
    def test_reads_beside_our_own_delete(self, begun: int, known_after: list[str]) -> None:
        known = store()
        known.observe(observation(10, load_balancer()))
        delete_load_balancer(known, ended=50)
        known.observe(observation(begun, load_balancer()))
        assert names(known) == known_after

    def test_a_fold_sees_what_is_known(self) -> None:
        seen: list[Inventory] = []

        def remember(inventory: Inventory, _: AwsCall, __: Mapping[str, Any]) -> tuple[Update, ...]:
            seen.append(inventory)
            return (Remove(kind=RecordKind.LOAD_BALANCER, id=LB),)

        known = store()
        known.observe(observation(10, load_balancer()))
        known.own(remember, call("Anything"), {}, ended=20)
        assert [list(inventory.load_balancers) for inventory in seen] == [[LB]]
        assert names(known) == []

    def test_registered_targets_are_known_without_a_read(self) -> None:
        known = store()
        known.observe(observation(10, health("healthy")))
        register(known, SECOND, ended=20)
        assert known.whole().targets[TG] == {
            FIRST: Health(state="healthy"),
            SECOND: Health(state="initial", reason="Elb.RegistrationInProgress"),
        }
        assert known.whole().partial_targets == frozenset()

    def test_targets_of_a_group_that_was_not_observed_are_partial_until_it_is(self) -> None:
        known = store()
        register(known, FIRST, ended=20)
        register(known, SECOND, ended=30)
        assert known.whole().partial_targets == {TG}
        known.observe(observation(40, health("healthy", "initial")))
        assert known.whole().partial_targets == frozenset()

    def test_of_a_stack_in_doubt_no_detail_is_known(self) -> None:
        known = store()
        facts = {Fact.WEB_ACL: "acl", Fact.PROTECTION: "", Fact.CAPACITY: "100"}
        described = [replace(each, tags=TAGS) for each in (load_balancer(), listener(), target_group())]
        details: list[dict[str, Any]] = [{"facts": facts}, {"certificates": ("arn:certificate",)}, {}]
        known.observe(observation(10, *described))
        known.observe(
            observation(
                11,
                *(
                    replace(seen, description=None, attributes={"a": "1"}, **more)
                    for seen, more in zip(described, details, strict=True)
                ),
            )
        )
        read = known.view(STACK)
        assert read.load_balancers[LB].facts == facts
        assert read.listeners[LISTENER].extra_certificates == ("arn:certificate",)
        known.doubt(STACK, 1_000.0)
        view = known.view(STACK)
        balancer, front, group = view.load_balancers[LB], view.listeners[LISTENER], view.target_groups[TG]
        assert (balancer.attributes, front.attributes, group.attributes) == (None, None, None)
        assert (balancer.facts, front.extra_certificates) == ({}, None)


class TestTargetHealth:
    """Answers of the tracker."""

    def test_a_change_is_told_once(self) -> None:
        known = store()
        assert known.observe(observation(10, health("initial"))) == {TG}
        assert known.observe(observation(11, health("initial"))) == set()
        assert known.observe(observation(12, health("healthy"))) == {TG}

    def test_a_poll_that_ran_beside_our_registration_is_ignored(self) -> None:
        known = store()
        known.observe(observation(10, health("healthy")))
        register(known, SECOND, ended=30)
        assert known.observe(observation(25, health("healthy"))) == set()
        assert SECOND in known.whole().targets[TG]

    @pytest.mark.parametrize(
        ("seconds", "made", "gone"),
        [
            pytest.param(59, True, False, id="a group that we made just now may not be known everywhere yet"),
            pytest.param(60, True, True, id="a minute later it is gone"),
            pytest.param(0, False, True, id="a group that we found is gone at once"),
        ],
    )
    def test_a_group_that_aws_does_not_know(self, seconds: float, made: bool, gone: bool) -> None:
        clock = Clock()
        known = store(clock)
        if made:
            answer = {"TargetGroups": [target_group().description]}
            known.own(fold, call("CreateTargetGroup", Name="web"), answer, ended=10)
        else:
            known.observe(observation(5, target_group(), health("healthy")))
        clock.now += seconds
        known.observe(observation(20, ObservedTargets(arn=TG, gone=True)))
        assert (TG not in known.whole().target_groups, TG not in known.whole().targets) == (gone, gone)


def filled() -> Store:
    """An inventory with one of everything, found at sequence 10."""
    known = store()
    known.observe(
        observation(
            10,
            vpc(),
            subnet(),
            load_balancer(),
            listener(),
            rule(),
            target_group(),
            security_group(),
            interface(),
            health("healthy"),
        )
    )
    return known


def held(known: Store) -> set[str]:
    whole = known.whole()
    return {
        *whole.load_balancers,
        *whole.listeners,
        *whole.rules,
        *whole.target_groups,
        *whole.security_groups,
        *whole.subnets,
        *whole.interfaces,
    }


EVERYTHING = {LB, LISTENER, RULE, TG, "sg-1", "subnet-1", "eni-1"}


@pytest.mark.parametrize(
    ("query", "gone"),
    [
        pytest.param(ALL, EVERYTHING, id="everything was asked for"),
        pytest.param(OF_STACK, {LB, LISTENER, RULE, TG, "sg-1"}, id="a stack: what carries its tags, with its parts"),
        pytest.param(lookup(LookupKind.NETWORK), {"subnet-1"}, id="the network: its subnets"),
        pytest.param(lookup(LookupKind.INSTANCE_INTERFACES, "i-1"), {"eni-1"}, id="interfaces of an instance"),
        pytest.param(lookup(LookupKind.INSTANCE_INTERFACES, "i-2"), set(), id="interfaces of another instance"),
        pytest.param(lookup(LookupKind.LOAD_BALANCERS, LB), {LB, LISTENER, RULE}, id="a load balancer by ARN"),
        pytest.param(lookup(LookupKind.TARGET_GROUPS, TG), {TG}, id="a target group by ARN"),
        pytest.param(lookup(LookupKind.SECURITY_GROUPS, "sg-1"), {"sg-1"}, id="a security group by id"),
        pytest.param(lookup(LookupKind.SECURITY_GROUPS, "sg-2"), set(), id="another security group"),
        pytest.param(lookup(LookupKind.CLUSTER_SECURITY_GROUPS), {"sg-1"}, id="security groups of the cluster"),
        pytest.param(lookup(LookupKind.ATTRIBUTES, LB), set(), id="attributes say nothing of existence"),
        pytest.param(lookup(LookupKind.ROUTE_TABLES), set(), id="route tables, of which none was known"),
    ],
)
def test_what_a_complete_answer_lacks_is_gone(query: Query, gone: set[str]) -> None:
    known = filled()
    assert known.answered(answered(query, begun=20)) == ()
    assert EVERYTHING - held(known) == gone


def test_what_the_answer_contained_stays() -> None:
    known = filled()
    known.observe(observation(21, load_balancer(), listener()))
    known.answered(answered(OF_STACK, begun=20))
    assert held(known) == {LB, LISTENER, "subnet-1", "eni-1"}


def test_a_name_that_a_stack_asked_for_and_that_is_free_now_is_known_to_be_free() -> None:
    known = store()
    known.observe(observation(10, load_balancer(tags={})))
    known.answered(answered(replace(OF_STACK, keys=("lb:front",)), begun=20))
    assert names(known) == []


def test_security_groups_of_another_vpc_are_not_missed() -> None:
    known = filled()
    known.observe(observation(11, security_group("sg-far", vpc="vpc-2")))
    known.answered(answered(ALL, begun=20))
    assert held(known) == {"sg-far"}


def test_a_resource_that_our_own_call_touched_meanwhile_is_not_missed() -> None:
    known = filled()
    known.own(fold, call("SetSecurityGroups", LoadBalancerArn=LB, SecurityGroups=["sg-1"]), {}, ended=25)
    known.answered(answered(ALL, begun=20))
    assert LB in held(known)


class TestMade:
    """What we made stays known until it was asked for by its ARN, a minute later."""

    def test_a_query_by_tag_soon_after_says_nothing(self) -> None:
        clock = Clock()
        known = store(clock)
        make_load_balancer(known, ended=10)
        clock.now += 59
        assert known.answered(answered(OF_STACK, begun=20, asked_at=clock.now)) == ()
        assert names(known) == ["front"]

    def test_a_query_by_tag_much_later_is_a_reason_to_ask_by_arn(self) -> None:
        clock = Clock()
        known = store(clock)
        make_load_balancer(known, ended=10)
        clock.now += 60
        assert known.answered(answered(OF_STACK, begun=20, asked_at=clock.now)) == ((RecordKind.LOAD_BALANCER, LB),)
        assert names(known) == ["front"]
        by_arn = lookup(LookupKind.LOAD_BALANCERS, LB)
        assert known.answered(answered(by_arn, begun=30, asked_at=clock.now)) == ()
        assert names(known) == []

    def test_a_question_by_arn_that_came_too_soon_says_nothing(self) -> None:
        known = store()
        make_load_balancer(known, ended=10)
        known.answered(answered(lookup(LookupKind.LOAD_BALANCERS, LB), begun=30))
        assert names(known) == ["front"]

    def test_what_we_may_have_deleted_since_is_gone_as_soon_as_a_query_misses_it(self) -> None:
        clock = Clock()
        known = store(clock)
        make_load_balancer(known, ended=10)
        known.may_have_deleted(fold, call("DeleteLoadBalancer", LoadBalancerArn=LB))
        assert names(known) == ["front"]
        known.answered(answered(OF_STACK, begun=20, asked_at=clock.now))
        assert names(known) == []

    def test_a_change_of_unknown_outcome_does_not_make_it_doubtful_that_it_stands(self) -> None:
        clock = Clock()
        known = store(clock)
        make_load_balancer(known, ended=10)
        known.may_have_deleted(fold, call("SetSubnets", LoadBalancerArn=LB, Subnets=["subnet-1"]))
        known.answered(answered(OF_STACK, begun=20, asked_at=clock.now))
        assert names(known) == ["front"]

    def test_parts_that_we_made_are_read_by_what_they_belong_to(self) -> None:
        clock = Clock()
        known = store(clock)
        known.observe(observation(5, load_balancer()))
        record = listener().description
        known.own(fold, call("CreateListener", LoadBalancerArn=LB), {"Listeners": [record]}, ended=10)
        known.observe(observation(21, load_balancer()))
        known.answered(answered(OF_STACK, begun=20, asked_at=clock.now + 59))
        assert LISTENER in held(known)
        known.answered(answered(OF_STACK, begun=20, asked_at=clock.now + 60))
        assert LISTENER not in held(known)


def test_targets_of_a_group_that_does_not_exist_are_known_to_be_none() -> None:
    known = store()
    known.answered(answered(lookup(LookupKind.TARGETS, TG), begun=20))
    assert known.whole().targets == {TG: {}}


def test_a_stack_sees_its_own_parts_and_everybodys_names() -> None:
    known = filled()
    other = {**TAGS, "ingress.k8s.aws/stack": "shop/other"}
    known.observe(
        observation(
            10,
            load_balancer("lb-2", name="other", tags=other),
            listener("listener-2", balancer="lb-2"),
            rule("rule-2", of="listener-2"),
            target_group("tg-2", name="other", tags=other),
            health("healthy", arn="tg-2"),
        )
    )
    view = known.view(STACK)
    assert sorted(view.load_balancers) == sorted([LB, "lb-2"])
    assert sorted(view.target_groups) == sorted([TG, "tg-2"])
    assert (list(view.listeners), list(view.rules), list(view.targets)) == ([LISTENER], [RULE], [TG])


def test_the_load_balancers_of_a_stack_are_found_by_their_tags_and_the_one_in_front_is_last() -> None:
    known = filled()
    front = {**TAGS, "ingress.k8s.aws/resource": "FrontendNlb"}
    known.observe(observation(10, load_balancer("a", name="foreign", tags=None)))
    known.observe(observation(11, load_balancer("a-front", name="in-front", tags=front)))
    assert [b.arn for b in known.load_balancers_of(STACK)] == [LB, "a-front"]


def test_a_create_that_adopted_a_known_resource_did_not_make_it() -> None:
    known = filled()
    record = known.whole().load_balancers[LB]
    known.own(lambda *_: (Upsert(record=record),), call("CreateLoadBalancer"), {}, ended=15)
    known.answered(answered(OF_STACK, begun=20))
    assert names(known) == []


@pytest.mark.parametrize(
    "described", [replace(each(), tags=None) for each in (load_balancer, target_group, listener, rule)]
)
def test_tags_that_come_before_the_description_are_kept_for_it(described: ObservedRecord) -> None:
    known = store()
    known.observe(observation(10, replace(described, description=None, tags=TAGS)))
    assert known.whole() == store().whole()
    known.observe(observation(9, described))
    late = store()
    late.observe(observation(9, described))
    late.observe(observation(10, replace(described, description=None, tags=TAGS)))
    assert known.whole() == late.whole()


def test_tags_that_nothing_came_for_are_forgotten_when_everything_was_read() -> None:
    known = store()
    known.observe(observation(10, replace(load_balancer(), description=None)))
    known.answered(answered(ALL, begun=9))
    known.observe(observation(20, load_balancer(tags=None)))
    assert [balancer.tags for balancer in known.whole().load_balancers.values()] == [None]


CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/1"


def _listed(begun: int, *arns: str, **fields: Any) -> Observation:
    described = {"Status": "ISSUED", "Type": "PRIVATE", **fields}
    records = tuple(
        ObservedRecord(kind=RecordKind.CERTIFICATE, id=arn, description={"CertificateArn": arn, **described})
        for arn in arns
    )
    return Observation(begun=begun, records=records)


def test_what_a_certificates_own_description_said_outlives_the_next_listing() -> None:
    kept = store()
    kept.observe(_listed(1, CERTIFICATE, SubjectAlternativeNames=["a"], CertificateAuthorityArn="ca"))
    kept.observe(_listed(2, CERTIFICATE))

    (found,) = kept.whole().certificates.values()
    assert (found.names, found.authority) == (("a",), "ca")


def test_an_issued_certificate_that_the_listing_lacks_is_gone() -> None:
    kept, pending = store(), f"{CERTIFICATE}2"
    kept.observe(_listed(1, CERTIFICATE))
    kept.observe(_listed(1, pending, Status="PENDING_VALIDATION"))
    kept.answered(answered(lookup(LookupKind.CERTIFICATES), begun=2))

    assert set(kept.whole().certificates) == {pending}
