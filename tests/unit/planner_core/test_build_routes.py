"""Rules of backends with annotations of their own: actions, conditions, transforms, regular expressions (ingress
behaviour, sections 11, 13 and 16)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Condition, FixedResponse, Forward, TargetGroupWeight
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredRule
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import IngressPath, IngressRule
from services.planner.core.problems import Problem, Reason
from tests.unit.planner_core.build_inputs import CLUSTER, PREFIX, built, ingress, path, service, stack_input
from tests.unit.planner_core.checked import INGRESS

SOURCE = '{"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}'
METHOD = '{"field": "http-request-method", "httpRequestMethodConfig": {"values": ["GET"]}}'
HOSTS = '{"field": "host-header", "hostHeaderConfig": {"values": ["b.example.com"]}}'
HOST_REGEX = '{"field": "host-header", "hostHeaderConfig": {"regexValues": ["^c[.]"]}}'
PATHS = '{"field": "path-pattern", "pathPatternConfig": {"values": ["/more"]}}'
PATH_REGEX = '{"field": "path-pattern", "pathPatternConfig": {"regexValues": ["^/d"]}}'
FROM_TEN = Condition(field="source-ip", values=("10.0.0.0/8",))
ONLY_GET = Condition(field="http-request-method", values=("GET",))


def regexes(field: str, *found: str) -> Condition:
    return Condition(field=field, json=json.dumps({"RegexValues": list(found)}, separators=(",", ":")))


def at(written: IngressPath, host: str = "", *conditions: str, regex: bool = False) -> StackInput:
    """One rule, with what `conditions.app` says, where one takes six values."""
    annotations = {
        **({"conditions.app": f"[{', '.join(conditions)}]"} if conditions else {}),
        **({"use-regex-path-match": "true"} if regex else {}),
    }
    inp = stack_input(ingress(annotations, rules=(IngressRule(host=host, paths=(written,)),)))
    return replace(inp, cluster=replace(inp.cluster, quota_overrides={"condition_values_per_rule": 6}))


def only_rule(inp: StackInput) -> DesiredRule:
    (listener,) = built(inp).listeners
    (rule,) = listener.rules
    return rule


ANY = "ImplementationSpecific"


@pytest.mark.parametrize(
    ("inp", "expected"),
    [
        pytest.param(
            at(path("/a", "Exact"), "a.example.com", HOSTS, SOURCE, PATHS, METHOD),
            (
                FROM_TEN,
                ONLY_GET,
                Condition(field="host-header", values=("a.example.com", "b.example.com")),
                Condition(field="path-pattern", values=("/a", "/more")),
            ),
            id="the annotation's own first, then hosts and paths, the rule's before the annotation's",
        ),
        pytest.param(at(path("", ANY), "", SOURCE), (FROM_TEN,), id="a condition of the annotation is enough"),
        pytest.param(
            at(path("", ANY)), (Condition(field="path-pattern", values=("/*",)),), id="without any, every path"
        ),
        pytest.param(
            at(path("", ANY), "", HOST_REGEX, PATH_REGEX),
            (regexes("host-header", "^c[.]"), regexes("path-pattern", "^/d")),
            id="hosts and paths by regular expression",
        ),
        pytest.param(
            at(path("/^/v[0-9]+$", ANY), "a.example.com", PATH_REGEX, regex=True),
            (Condition(field="host-header", values=("a.example.com",)), regexes("path-pattern", "^/v[0-9]+$", "^/d")),
            id="a path that is a regular expression, without its first character",
        ),
        pytest.param(
            at(path("/v", "Prefix"), regex=True),
            (Condition(field="path-pattern", values=("/v", "/v/*")),),
            id="a prefix is none where paths are regular expressions",
        ),
        pytest.param(
            at(path("/v*", ANY)), (Condition(field="path-pattern", values=("/v*",)),), id="a path with a wildcard"
        ),
    ],
)
def test_conditions_of_a_rule(inp: StackInput, expected: tuple[Condition, ...]) -> None:
    assert only_rule(inp).conditions == expected


@pytest.mark.parametrize(
    ("inp", "message"),
    [
        pytest.param(
            at(path("/a", "Exact"), "", PATH_REGEX),
            "path-pattern has plain values (/a) and regular expressions (^/d): a rule takes one or the other",
            id="a plain path and a regular expression",
        ),
        pytest.param(
            at(path("/^/v$", ANY), "", PATHS, regex=True),
            "path-pattern has plain values (/more) and regular expressions (^/v$): a rule takes one or the other",
            id="a regular expression and a plain path of the annotation",
        ),
        pytest.param(
            at(path(), "a.example.com", HOST_REGEX),
            "host-header has plain values (a.example.com) and regular expressions (^c[.]): a rule takes one or the"
            " other",
            id="a plain host and a regular expression",
        ),
    ],
)
def test_plain_values_and_regular_expressions_do_not_go_together(inp: StackInput, message: str) -> None:
    outcome = build_stack(inp)

    assert isinstance(outcome, Broken)
    assert outcome.problems == (
        Problem(where=INGRESS, reason=Reason.INVALID_ANNOTATION, message=message, field=f"{PREFIX}conditions.app"),
    )


def acting(action: str | None, **fields: Any) -> StackInput:
    """One rule whose action is that of an annotation; None: there is none."""
    annotations = {} if action is None else {"actions.act": action}
    return stack_input(ingress(annotations, paths=(path(name="act", port="use-annotation"),)), **fields)


def forward(*groups: str) -> str:
    return f'{{"type": "forward", "forwardConfig": {{"targetGroups": [{", ".join(groups)}]}}}}'


APP = '{"serviceName": "app", "servicePort": "http", "weight": 90}'
MORE = '{"serviceName": "more", "servicePort": "80", "weight": 10}'
ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/blue/1"
BOTH = {("shop", name): service(name) for name in ("app", "more")}


def test_a_forward_to_several_has_a_target_group_for_each_service() -> None:
    blue = f'{{"targetGroupARN": "{ARN}", "weight": 0}}'
    desired = built(acting(forward(APP, MORE, blue), services=BOTH))

    assert [g.resource_id for g in desired.target_groups] == ["shop/web-app:http", "shop/web-more:80"]
    assert desired.listeners[0].rules[0].actions == (
        Forward(
            groups=(
                TargetGroupWeight(target_group="shop/web-app:http", weight=90),
                TargetGroupWeight(target_group="shop/web-more:80", weight=10),
                TargetGroupWeight(target_group=ARN, weight=0),
            )
        ),
    )


ACTION_MISSING = "spec.rules[0].http.paths[0].backend takes its action from this annotation, which is not there"


@pytest.mark.parametrize(
    ("inp", "body", "warning"),
    [
        pytest.param(
            acting(None),
            "Backend action does not exist",
            f"{ACTION_MISSING}; requests are answered with 503",
            id="an action that is not there",
        ),
        pytest.param(
            acting(forward(APP), services={}),
            "Backend service does not exist",
            "there is no Service shop/app; requests are answered with 503",
            id="the one Service of a forward that is not there",
        ),
    ],
)
def test_what_is_not_there_is_answered_with_503_and_told(inp: StackInput, body: str, warning: str) -> None:
    outcome = build_stack(inp)

    assert isinstance(outcome, Built)
    assert outcome.desired.listeners[0].rules[0].actions == (
        FixedResponse(status_code="503", content_type="text/plain", body=body),
    )
    assert outcome.warnings == (
        Problem(where=INGRESS, reason=Reason.BACKEND_NOT_FOUND, message=warning, field=f"{PREFIX}actions.act"),
    )


@pytest.mark.parametrize(
    ("inp", "reason", "message"),
    [
        pytest.param(
            acting(None, cluster=replace(CLUSTER, tolerate_missing_action=False)),
            Reason.BACKEND_NOT_FOUND,
            ACTION_MISSING,
            id="an action that is not there, where that is not tolerated",
        ),
        pytest.param(
            acting(forward(APP), services={}, cluster=replace(CLUSTER, tolerate_missing_service=False)),
            Reason.BACKEND_NOT_FOUND,
            "there is no Service shop/app",
            id="a Service that is not there, where that is not tolerated",
        ),
        pytest.param(
            acting(forward(APP, MORE)),
            Reason.BACKEND_NOT_FOUND,
            "there is no Service shop/more",
            id="one Service of two that is not there",
        ),
        pytest.param(
            acting(forward('{"serviceName": "app", "servicePort": 81}')),
            Reason.BACKEND_NOT_FOUND,
            'Service shop/app has no port "81"',
            id="a port that is not there",
        ),
        pytest.param(
            acting(
                forward(APP, MORE),
                services=BOTH,
                cluster=replace(CLUSTER, gates=CLUSTER.gates - {Gate.WEIGHTED_TARGET_GROUPS}),
            ),
            Reason.INVALID_ANNOTATION,
            "several target groups need the feature gate WeightedTargetGroups",
            id="several target groups with the gate closed",
        ),
    ],
)
def test_an_action_that_cannot_be_made_is_told_at_its_annotation(inp: StackInput, reason: Reason, message: str) -> None:
    outcome = build_stack(inp)

    assert isinstance(outcome, Broken)
    assert outcome.problems == (Problem(where=INGRESS, reason=reason, message=message, field=f"{PREFIX}actions.act"),)


REWRITE = '[{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": [{"regex": "a", "replace": "b"}]}}]'


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, ["", ""], id="none"),
        pytest.param(
            {"transforms.app": REWRITE},
            ["", '[{"Type":"url-rewrite","UrlRewriteConfig":{"Rewrites":[{"Regex":"a","Replace":"b"}]}}]'],
            id="those of one backend",
        ),
    ],
)
def test_transforms_are_those_of_the_backend(annotations: Mapping[str, str], expected: list[str]) -> None:
    paths = (path("/more", name="more"), path("/app"))
    (listener,) = built(stack_input(ingress(annotations, paths=paths), services=BOTH)).listeners

    assert [rule.transforms for rule in listener.rules] == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("actions.app", id="an action of a backend whose port is a number"),
        pytest.param("conditions.other", id="conditions of no backend"),
        pytest.param("transforms.other", id="transforms of no backend"),
    ],
)
def test_an_annotation_that_no_backend_names_is_told_and_not_read(name: str) -> None:
    outcome = build_stack(stack_input(ingress({name: "{"})))

    assert isinstance(outcome, Built)
    assert outcome.warnings == (
        Problem(
            where=INGRESS,
            reason=Reason.UNKNOWN_ANNOTATION,
            message="no backend of this Ingress has this name: it is not read",
            field=f"{PREFIX}{name}",
        ),
    )
