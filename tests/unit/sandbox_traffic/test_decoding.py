"""Snapshots as values: defaults, what stays the same, what cannot be understood."""

from sandbox.traffic.configuration import Authenticate, Forward, Redirect, Unauthenticated, WeightedGroup
from sandbox.traffic.decoding import Decoder, configuration
from tests.unit.sandbox_traffic.snapshots import (
    ALB,
    NLB,
    balancer,
    forward,
    group,
    group_arn,
    listener,
    rule,
    snapshot,
    target,
)


def test_what_did_not_change_is_the_same_value() -> None:
    decoder = Decoder()
    first, _ = decoder.decode(snapshot(balancer(listener(rule(forward("a")))), a=group(target("1")), b=group()))
    second, _ = decoder.decode(
        snapshot(balancer(listener(rule(forward("a")))), a=group(target("2")), b=group(), version=2)
    )
    assert second.load_balancers[0] is first.load_balancers[0]
    assert second.target_groups[group_arn("b")] is first.target_groups[group_arn("b")]
    assert [one.id for one in second.target_groups[group_arn("a")].targets] == ["2"]


def test_what_cannot_be_understood_stays_as_it_was_and_is_told() -> None:
    decoder = Decoder()
    good = snapshot(balancer(listener(rule(forward("a")))), balancer(kind="network"))
    first, _ = decoder.decode(good)
    strange = {"Type": "teleport"}
    second, problems = decoder.decode(
        snapshot(balancer(listener(rule(strange))), balancer(kind="network", name="new"), version=2)
    )
    assert problems == [f"{ALB}: ValueError: there is no action of type 'teleport'"]
    assert [one.arn for one in second.load_balancers] == [ALB, NLB]
    assert second.load_balancers[0] is first.load_balancers[0]
    assert second.load_balancers[1].name == "new"


def test_a_load_balancer_that_was_never_understood_is_left_out() -> None:
    made, problems = configuration(snapshot(balancer(listener(rule({"Type": "teleport"})))))
    assert (made.load_balancers, len(problems)) == ((), 1)


def test_actions_are_done_in_their_order() -> None:
    authenticate = {
        "Type": "authenticate-cognito",
        "Order": 1,
        "AuthenticateCognitoConfig": {
            "UserPoolArn": "arn:aws:cognito-idp:us-west-2:1:userpool/x",
            "UserPoolClientId": "me",
            "UserPoolDomain": "login",
            "OnUnauthenticatedRequest": "deny",
        },
    }
    made, _ = configuration(snapshot(balancer(listener(rule({**forward("a"), "Order": 2}, authenticate)))))
    assert made.load_balancers[0].listeners[0].rules[0].actions == (
        Authenticate(
            authorization_endpoint="https://login.auth.us-west-2.amazoncognito.com/oauth2/authorize",
            client_id="me",
            on_unauthenticated=Unauthenticated.DENY,
        ),
        Forward(groups=(WeightedGroup(arn=group_arn("a"), weight=1),)),
    )


def test_a_redirect_repeats_the_parts_that_it_does_not_name() -> None:
    action = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    made, _ = configuration(snapshot(balancer(listener(rule(action)))))
    assert made.load_balancers[0].listeners[0].rules[0].actions == (Redirect(status=301, protocol="HTTPS", port="443"),)
