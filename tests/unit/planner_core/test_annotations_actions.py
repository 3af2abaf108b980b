"""`actions.<name>`: what is read, what is refused and where in the JSON (ingress behaviour, section 13)."""

import pytest

from services.planner.core.annotations.actions import ActionValue, ForwardEntry, ForwardTo, action
from services.planner.core.aws import FixedResponse, Redirect
from tests.unit.planner_core.checked import checked, refusal

ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/blue/0123456789abcdef"


def forward(*groups: str, rest: str = "") -> str:
    return f'{{"type": "forward", "forwardConfig": {{"targetGroups": [{", ".join(groups)}]{rest}}}}}'


def redirect(fields: str) -> str:
    return f'{{"type": "redirect", "redirectConfig": {{{fields}}}}}'


def fixed(fields: str) -> str:
    return f'{{"type": "fixed-response", "fixedResponseConfig": {{{fields}}}}}'


def sticky(fields: str) -> str:
    return forward('{"serviceName": "a", "servicePort": 1}', rest=f', "targetGroupStickinessConfig": {{{fields}}}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            fixed('"statusCode": "503", "contentType": "text/plain", "messageBody": "later"'),
            FixedResponse(status_code="503", content_type="text/plain", body="later"),
            id="a fixed response",
        ),
        pytest.param(fixed('"statusCode": "404"'), FixedResponse(status_code="404"), id="a status code is enough"),
        pytest.param(
            '{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": ""}}',
            FixedResponse(status_code="200"),
            id="names of fields match in any case, and an empty text is none",
        ),
        pytest.param(
            redirect('"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"'),
            Redirect(status_code="HTTP_301", protocol="HTTPS", port="443"),
            id="a redirect of protocol and port",
        ),
        pytest.param(
            redirect(
                '"host": "www.#{host}", "path": "/new/#{path}", "query": "a=b&#{query}", "statusCode": "HTTP_302"'
            ),
            Redirect(status_code="HTTP_302", host="www.#{host}", path="/new/#{path}", query="a=b&#{query}"),
            id="a redirect of host, path and query with keywords",
        ),
        pytest.param(
            redirect('"port": "#{port}", "query": "", "statusCode": "HTTP_301"'),
            Redirect(status_code="HTTP_301", port="#{port}", query=""),
            id="a redirect that takes the query away",
        ),
        pytest.param(
            redirect('"URI": "https://example.com", "statusCode": "HTTP_301"'),
            Redirect(status_code="HTTP_301"),
            id="a field that is not known is not read",
        ),
        pytest.param(
            f'{{"type": "forward", "targetGroupARN": "{ARN}"}}',
            ForwardTo(entries=(ForwardEntry(arn=ARN),)),
            id="the short form by ARN",
        ),
        pytest.param(
            '{"type": "forward", "targetGroupName": "blue"}',
            ForwardTo(entries=(ForwardEntry(name="blue"),)),
            id="the short form by name",
        ),
        pytest.param(
            forward('{"serviceName": "app", "servicePort": "80"}'),
            ForwardTo(entries=(ForwardEntry(service="app", port=80),)),
            id="a port that looks like a number is one",
        ),
        pytest.param(
            forward('{"serviceName": "app", "servicePort": "http"}'),
            ForwardTo(entries=(ForwardEntry(service="app", port="http"),)),
            id="a port by name",
        ),
        pytest.param(
            forward(
                '{"serviceName": "a", "servicePort": 80, "weight": 0}',
                f'{{"targetGroupARN": "{ARN}", "weight": 999}}',
                '{"targetGroupName": "blue", "weight": 1}',
                rest=', "targetGroupStickinessConfig": {"enabled": true, "durationSeconds": 604800}',
            ),
            ForwardTo(
                entries=(
                    ForwardEntry(service="a", port=80, weight=0),
                    ForwardEntry(arn=ARN, weight=999),
                    ForwardEntry(name="blue", weight=1),
                ),
                sticky=True,
                sticky_seconds=604_800,
            ),
            id="several target groups with weights and stickiness",
        ),
        pytest.param(
            sticky('"enabled": false'),
            ForwardTo(entries=(ForwardEntry(service="a", port=1),), sticky=False),
            id="stickiness that is off needs no duration",
        ),
    ],
)
def test_an_action_that_is_taken(text: str, expected: ActionValue) -> None:
    assert checked("actions.app", text) == ()
    assert action(text) == expected


ENTRY = '{"serviceName": "a", "servicePort": 80, "weight": 1}'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("{", "accepted is valid JSON", id="no JSON"),
        pytest.param("[]", "the value must be a JSON object", id="a list"),
        pytest.param("{}", "type is needed: one of forward, redirect, fixed-response", id="no type"),
        pytest.param(
            '{"type": "drop"}', "type must be one of forward, redirect, fixed-response", id="a type that is not known"
        ),
        pytest.param('{"type": 1}', "type must be a text", id="a type that is no text"),
        # Fixed responses
        pytest.param('{"type": "fixed-response"}', "fixedResponseConfig is needed", id="a response without its part"),
        pytest.param(
            '{"type": "fixed-response", "fixedResponseConfig": []}',
            "fixedResponseConfig must be a JSON object",
            id="a response whose part is a list",
        ),
        pytest.param(fixed(""), "fixedResponseConfig.statusCode is needed", id="a response without a status code"),
        pytest.param(
            fixed('"statusCode": 200'), "fixedResponseConfig.statusCode must be a text", id="a status code as number"
        ),
        pytest.param(
            fixed('"statusCode": "301"'),
            "fixedResponseConfig.statusCode must be a text of three digits that starts with 2, 4 or 5",
            id="a status code that AWS does not answer with",
        ),
        pytest.param(
            fixed('"statusCode": "200", "contentType": "text/xml"'),
            "fixedResponseConfig.contentType must be one of text/plain, text/css, text/html, application/javascript,"
            " application/json",
            id="a content type that AWS does not send",
        ),
        pytest.param(
            fixed(f'"statusCode": "200", "messageBody": "{"x" * 1025}"'),
            "fixedResponseConfig.messageBody must have 0 to 1024 characters",
            id="a body that is too long",
        ),
        # Redirects
        pytest.param('{"type": "redirect"}', "redirectConfig is needed", id="a redirect without its part"),
        pytest.param(
            redirect('"host": "a"'),
            "redirectConfig.statusCode is needed: one of HTTP_301, HTTP_302",
            id="a redirect without a status code",
        ),
        pytest.param(
            redirect('"statusCode": "301"'),
            "redirectConfig.statusCode must be one of HTTP_301, HTTP_302",
            id="the status code of a redirect as it is not written",
        ),
        pytest.param(
            redirect('"protocol": "https", "statusCode": "HTTP_301"'),
            "redirectConfig.protocol must be one of HTTP, HTTPS, #{protocol}",
            id="a protocol in lower case",
        ),
        pytest.param(
            redirect('"port": 443, "statusCode": "HTTP_301"'), "redirectConfig.port must be a text", id="port as number"
        ),
        pytest.param(
            redirect('"port": "65536", "statusCode": "HTTP_301"'),
            "redirectConfig.port must be a text with a number from 1 to 65535, or #{port}",
            id="a port beyond the last",
        ),
        pytest.param(
            redirect('"host": "", "statusCode": "HTTP_301"'),
            "redirectConfig.host must have 1 to 128 characters",
            id="an empty host",
        ),
        pytest.param(
            redirect('"path": "new", "statusCode": "HTTP_301"'),
            "redirectConfig.path must start with /",
            id="a path without a slash",
        ),
        pytest.param(
            redirect(f'"path": "/{"x" * 128}", "statusCode": "HTTP_301"'),
            "redirectConfig.path must have 1 to 128 characters",
            id="a path that is too long",
        ),
        pytest.param(
            redirect(f'"query": "{"x" * 129}", "statusCode": "HTTP_301"'),
            "redirectConfig.query must have 0 to 128 characters",
            id="a query that is too long",
        ),
        # Forwards
        pytest.param(
            '{"type": "forward"}',
            "the value must have exactly one of forwardConfig, targetGroupARN and targetGroupName",
            id="a forward to nothing",
        ),
        pytest.param(
            f'{{"type": "forward", "targetGroupARN": "{ARN}", "targetGroupName": "blue"}}',
            "the value must have exactly one of forwardConfig, targetGroupARN and targetGroupName",
            id="a forward in both short forms",
        ),
        pytest.param(
            '{"type": "forward", "targetGroupName": "blue", "forwardConfig": {"targetGroups": []}}',
            "the value must have exactly one of forwardConfig, targetGroupARN and targetGroupName",
            id="a forward in a short form and the long one",
        ),
        pytest.param(
            '{"type": "forward", "targetGroupARN": "blue"}',
            "targetGroupARN must be the ARN of a target group",
            id="what is no ARN",
        ),
        pytest.param(forward(), "forwardConfig.targetGroups must have 1 to 5 entries", id="an empty list of groups"),
        pytest.param(
            forward(*[ENTRY] * 6), "forwardConfig.targetGroups must have 1 to 5 entries", id="six target groups"
        ),
        pytest.param(
            '{"type": "forward", "forwardConfig": {"targetGroups": {}}}',
            "forwardConfig.targetGroups must be a JSON list",
            id="groups that are no list",
        ),
        pytest.param(
            forward(ENTRY, '"blue"'), "forwardConfig.targetGroups[1] must be a JSON object", id="a group as text"
        ),
        pytest.param(
            forward(ENTRY, '{"weight": 1}'),
            "forwardConfig.targetGroups[1] must have exactly one of serviceName, targetGroupARN and targetGroupName",
            id="an entry that names nothing",
        ),
        pytest.param(
            forward('{"serviceName": "a", "servicePort": 80, "targetGroupName": "blue"}'),
            "forwardConfig.targetGroups[0] must have exactly one of serviceName, targetGroupARN and targetGroupName",
            id="an entry that names two",
        ),
        pytest.param(
            forward('{"serviceName": "a"}'),
            "forwardConfig.targetGroups[0].servicePort is needed: the number or name of a port of the Service",
            id="a Service without a port",
        ),
        pytest.param(
            forward('{"serviceName": "a", "servicePort": true}'),
            "forwardConfig.targetGroups[0].servicePort must be a whole number or a text",
            id="a port that is neither number nor text",
        ),
        pytest.param(
            forward(ENTRY, '{"serviceName": "b", "servicePort": 80}'),
            "forwardConfig.targetGroups[1].weight is needed where there are several target groups",
            id="a weight that is left out",
        ),
        pytest.param(
            forward('{"serviceName": "a", "servicePort": 80, "weight": 1000}'),
            "forwardConfig.targetGroups[0].weight must be a whole number from 0 to 999",
            id="a weight beyond the last",
        ),
        pytest.param(
            forward('{"serviceName": "a", "servicePort": 80, "weight": "1"}'),
            "forwardConfig.targetGroups[0].weight must be a whole number from 0 to 999",
            id="a weight as text",
        ),
        pytest.param(
            sticky('"enabled": "true"'),
            "forwardConfig.targetGroupStickinessConfig.enabled must be true or false",
            id="stickiness as text",
        ),
        pytest.param(
            sticky('"enabled": true'),
            "forwardConfig.targetGroupStickinessConfig.durationSeconds is needed where stickiness is enabled",
            id="stickiness without a duration",
        ),
        pytest.param(
            sticky('"enabled": true, "durationSeconds": 604801'),
            "forwardConfig.targetGroupStickinessConfig.durationSeconds must be a whole number from 1 to 604800",
            id="stickiness for longer than a week",
        ),
    ],
)
def test_an_action_that_is_refused_names_the_place_in_the_json(text: str, why: str) -> None:
    assert checked("actions.app", text) == refusal("actions.app", text, why)
