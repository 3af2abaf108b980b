"""Redirects that AWS does not take are told at their annotation (ELBv2 behaviour, section 5.2)."""

import json
from dataclasses import replace

import pytest

from services.planner.core.build import Broken, build_stack
from services.planner.core.inputs import StackInput
from services.planner.core.objects import IngressBackend, IngressPath
from services.planner.core.problems import Problem, Reason
from tests.unit.planner_core.build_inputs import PREFIX, built, ingress, path, stack_input
from tests.unit.planner_core.checked import INGRESS

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/1"
BOTH = '[{"HTTP": 80}, {"HTTPS": 443}]'
TO_HTTP = "listener HTTPS:443 cannot redirect to HTTP: AWS refuses to lead requests from HTTPS there"
REGEX = {"use-regex-path-match": "true"}


def redirecting(ports: str, *, default: bool = False, paths: tuple[IngressPath, ...] = (), **to: str) -> StackInput:
    """An Ingress with one redirect, as a rule for every path and, if asked for, as default action."""
    action = {"type": "redirect", "redirectConfig": {"statusCode": "HTTP_301", **to}}
    annotations = {
        "listen-ports": ports,
        "certificate-arn": CERTIFICATE,
        "actions.away": json.dumps(action),
        **(REGEX if paths else {}),
    }
    made = ingress(annotations, paths=paths or (path(name="away", port="use-annotation"),))
    if default:
        backend = IngressBackend(service_name="away", port="use-annotation")
        made = replace(made, default_backend=backend, rules=())
    return stack_input(made)


def stays(listener: str) -> str:
    return (
        f"listener {listener} would redirect requests to where they came from: AWS wants another protocol, host, port"
        " or path"
    )


EXPRESSION = (path("/^/a[0-9]", "ImplementationSpecific", name="away", port="use-annotation"),)


@pytest.mark.parametrize(
    ("inp", "why"),
    [
        pytest.param(redirecting(BOTH, protocol="HTTP", port="80"), TO_HTTP, id="from HTTPS to HTTP"),
        pytest.param(redirecting(BOTH, protocol="HTTP", host="a.example.com"), TO_HTTP, id="to HTTP on another host"),
        pytest.param(
            redirecting(BOTH, default=True, protocol="HTTP", host="a.example.com"),
            TO_HTTP,
            id="from HTTPS to HTTP by default",
        ),
        pytest.param(
            redirecting('[{"HTTP": 80}]', query="a=b"), stays("HTTP:80"), id="another query at the same address"
        ),
        pytest.param(
            redirecting('[{"HTTP": 80}]', host="#{host}", port="80", protocol="#{protocol}", path="/#{path}", query=""),
            stays("HTTP:80"),
            id="the same address with keywords and without its query",
        ),
        pytest.param(
            redirecting(BOTH, default=True, protocol="HTTPS", port="443"),
            stays("HTTPS:443"),
            id="a default action to its own listener",
        ),
        pytest.param(
            redirecting('[{"HTTP": 80}]', paths=EXPRESSION),
            stays("HTTP:80"),
            id="a path by regular expression to itself",
        ),
    ],
)
def test_a_redirect_that_aws_refuses(inp: StackInput, why: str) -> None:
    outcome = build_stack(inp)

    assert isinstance(outcome, Broken)
    assert outcome.problems == (
        Problem(where=INGRESS, reason=Reason.INVALID_ANNOTATION, message=why, field=f"{PREFIX}actions.away"),
    )


@pytest.mark.parametrize(
    ("inp", "rules"),
    [
        pytest.param(
            redirecting(BOTH, protocol="HTTPS", port="443"),
            {80: 1, 443: 0},
            id="to HTTPS: left out where requests are already",
        ),
        pytest.param(redirecting('[{"HTTP": 80}]'), {80: 0}, id="to where they came from: left out"),
        pytest.param(redirecting('[{"HTTP": 80}]', protocol="HTTP", port="8080"), {80: 1}, id="from HTTP to HTTP"),
        pytest.param(redirecting('[{"HTTP": 80}]', path="/new"), {80: 1}, id="to another path"),
        pytest.param(redirecting('[{"HTTPS": 443}]', port="8443"), {443: 1}, id="to another port"),
        pytest.param(
            redirecting(BOTH, default=True, protocol="HTTPS", port="8443"), {80: 0, 443: 0}, id="by default elsewhere"
        ),
    ],
)
def test_a_redirect_that_aws_takes(inp: StackInput, rules: dict[int, int]) -> None:
    assert {listener.port: len(listener.rules) for listener in built(inp).listeners} == rules


def test_a_redirect_behind_another_is_left_out_before_it_is_judged() -> None:
    actions = {
        "actions.all": '{"type": "redirect", "redirectConfig": {"host": "b.example.com", "statusCode": "HTTP_301"}}',
        "actions.loop": '{"type": "redirect", "redirectConfig": {"query": "a=b", "statusCode": "HTTP_301"}}',
    }
    paths = (
        path("/*", "ImplementationSpecific", name="all", port="use-annotation"),
        path("/a", "ImplementationSpecific", name="loop", port="use-annotation"),
    )

    (listener,) = built(stack_input(ingress(actions, paths=paths))).listeners

    assert len(listener.rules) == 1
