"""Checking all annotations of an object at once: what is refused, what is not built, what is not known."""

from types import ModuleType

import pytest

from services.planner.core.annotations import ingress, service_nlb
from services.planner.core.annotations.annotated import Annotated, check, first
from services.planner.core.annotations.ingress import target_groups as catalogue
from services.planner.core.findings import Findings
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.problems import Problem, Reason

PREFIX = "alb.ingress.kubernetes.io/"
INGRESS = ObjectRef(kind=Kind.INGRESS, namespace="shop", name="web")
SERVICE = ObjectRef(kind=Kind.SERVICE, namespace="shop", name="app")


def _checked(annotations: dict[str, str], where: ObjectRef = INGRESS) -> Findings:
    findings = Findings()
    check(Annotated(where=where, values=annotations), findings)
    return findings


def test_all_problems_of_an_object_are_found_with_value_and_place() -> None:
    findings = _checked(
        {
            f"{PREFIX}scheme": "public",
            f"{PREFIX}healthcheck-timeout-seconds": "soon",
            f"{PREFIX}ssl-policy": "TLS",
            "example.com/scheme": "public",
        }
    )

    assert findings.problems == tuple(
        sorted(
            [
                Problem(
                    where=INGRESS,
                    reason=Reason.INVALID_ANNOTATION,
                    field=f"{PREFIX}scheme",
                    message='the value "public" is not accepted: accepted are internal, internet-facing',
                ),
                Problem(
                    where=INGRESS,
                    reason=Reason.INVALID_ANNOTATION,
                    field=f"{PREFIX}healthcheck-timeout-seconds",
                    message='the value "soon" is not accepted: accepted are whole numbers from 2 to 120',
                ),
                Problem(
                    where=INGRESS,
                    reason=Reason.INVALID_ANNOTATION,
                    field=f"{PREFIX}ssl-policy",
                    message='the value "TLS" is not accepted: accepted are names of security policies, which start with'
                    " ELBSecurityPolicy-",
                ),
            ]
        )
    )
    assert findings.warnings == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ip-address-type", "ipv4", id="IPv4 is what is built"),
        pytest.param("backend-protocol-version", "HTTP1", id="HTTP1 is what is built"),
        pytest.param("use-regex-path-match", "false", id="no regular expressions"),
        pytest.param("auth-type", "none", id="no authentication"),
        pytest.param("enable-frontend-nlb", "false", id="nothing in front"),
        pytest.param("security-groups", " , ", id="an empty list of groups counts as absent"),
        pytest.param("dry-run-plan", "not even JSON", id="what a controller wrote itself"),
    ],
)
def test_what_asks_for_nothing_more_is_no_problem(name: str, value: str) -> None:
    findings = _checked({f"{PREFIX}{name}": value})

    assert (findings.problems, findings.warnings) == ((), ())


@pytest.mark.parametrize(
    ("where", "key", "message"),
    [
        pytest.param(
            INGRESS,
            f"{PREFIX}target-typ",
            f"the annotation is not known, did you mean {PREFIX}target-type?",
            id="a misspelt name",
        ),
        pytest.param(
            INGRESS,
            f"{PREFIX}listener-attribute.HTTP-80",
            f"the annotation is not known, did you mean {PREFIX}listener-attributes.HTTP-80?",
            id="a misspelt family",
        ),
        pytest.param(INGRESS, f"{PREFIX}xyzzy", "the annotation is not known", id="a name like no other"),
        pytest.param(
            INGRESS,
            f"{PREFIX}subnets.",
            f"the annotation is not known, did you mean {PREFIX}subnets?",
            id="a name with a dot too many",
        ),
        pytest.param(
            SERVICE, f"{PREFIX}scheme", "read on an Ingress, not on a Service", id="an Ingress annotation on a Service"
        ),
        pytest.param(
            SERVICE,
            "service.beta.kubernetes.io/aws-load-balancer-shceme",
            "the annotation is not known, did you mean service.beta.kubernetes.io/aws-load-balancer-scheme?",
            id="a misspelt name for a Service's load balancer",
        ),
    ],
)
def test_an_unknown_name_is_a_warning_with_the_nearest_known_one(where: ObjectRef, key: str, message: str) -> None:
    findings = _checked({key: "x"}, where)

    assert findings.problems == ()
    assert findings.warnings == (Problem(where=where, reason=Reason.UNKNOWN_ANNOTATION, field=key, message=message),)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("service.beta.kubernetes.io/azure-load-balancer-internal", id="another cloud's"),
        pytest.param("service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout", id="the cloud provider's"),
        pytest.param("service.beta.kubernetes.io/aws-load-balancer-target-group-attributes.80", id="a family member"),
    ],
)
def test_names_of_others_and_known_ones_are_no_warning_on_a_service(key: str) -> None:
    assert _checked({key: "x"}, SERVICE).warnings == ()


def test_a_long_value_is_quoted_in_part() -> None:
    (problem,) = _checked({f"{PREFIX}scheme": "x" * 200_000}).problems

    assert len(problem.message) < 250


def test_the_first_object_that_carries_an_annotation_decides_even_when_its_value_is_bad() -> None:
    key = catalogue.HEALTH_CHECK_INTERVAL.key
    service = Annotated(where=SERVICE, values={key: "soon"})
    ingress = Annotated(where=INGRESS, values={key: "7"})

    assert first(catalogue.HEALTH_CHECK_INTERVAL, service, ingress) is None
    assert first(catalogue.HEALTH_CHECK_INTERVAL, ingress, service) == 7
    assert first(catalogue.HEALTH_CHECK_INTERVAL, None, ingress) == 7


@pytest.mark.parametrize(
    "module", [pytest.param(ingress, id="of an Ingress"), pytest.param(service_nlb, id="of a Service")]
)
def test_every_name_of_a_catalogue_is_found_again(module: ModuleType) -> None:
    plain = [n for n, a in module.CATALOGUE.items() if not a.family]
    families = [n for n, a in module.CATALOGUE.items() if a.family]

    assert [module.find(n) for n in plain] == [module.CATALOGUE[n] for n in plain]
    assert [module.find(f"{n}x.y") for n in families] == [module.CATALOGUE[n] for n in families]
