"""Network load balancers of Services against what the reference controller made of the same objects."""

import copy
from collections.abc import Iterator

import pytest

from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredStack
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.outcomes import Needs, Planned
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan
from services.planner.core.problems import Reason
from services.planner.core.stack import plan_stack
from tests.conformance.recordings import ROOT, Raw, Recording, inventory, recordings, stack_input
from tests.conformance.service_shapes import desired_shape, recorded_shape
from tests.conformance.standing import adopted_objects, standing

FINALIZER = "service.k8s.aws/resources"
BUILT = (
    "service-nlb-health-local",
    "service-nlb-instance",
    "service-nlb-ip",
    "service-nlb-legacy-type",
    "service-nlb-no-security-group",
    "service-nlb-per-port",
    "service-nlb-ports",
    "service-nlb-prefix-list-icmp",
    "service-nlb-source-ranges",
    "service-nlb-tcp-udp",
    "service-nlb-tls-443",
    "service-nlb-weighted",
)
# Scenarios whose Service is wrong, with the annotation that is.
REFUSED = {"service-nlb-tls": "service.beta.kubernetes.io/aws-load-balancer-ssl-ports"}
# Annotations that the reference controller does not read either.
UNKNOWN = {"service-nlb-prefix-list-icmp": "aws-load-balancer-load-balancer-source-ranges"}


def _cases(scenarios: tuple[str, ...]) -> list[object]:
    return [pytest.param(r, id=r.id) for scenario in scenarios for r in recordings(scenario)]


def _services(recording: Recording) -> Iterator[Raw]:
    return (item for item in recording.raw if item["kind"] == "Service" and item["spec"]["type"] == "LoadBalancer")


def _key(service: Raw) -> StackKey:
    meta = service["metadata"]
    return StackKey(kind=StackKind.SERVICE, namespace=meta["namespace"], name=meta["name"])


def test_every_recorded_scenario_of_services_is_built_or_refused() -> None:
    found = {p.name for p in (ROOT / "recorded").glob("service-*")}

    assert found == {*BUILT, *REFUSED}


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_the_build_is_what_was_recorded(recording: Recording) -> None:
    (service,) = _services(recording)
    key = _key(service)

    built = build_stack(stack_input(recording.raw, key))

    assert isinstance(built, Built), built
    assert desired_shape(built.desired) == recorded_shape(recording, key.stack_id)
    assert [m.finalizer for m in built.desired.active] == [FINALIZER]
    unknown = UNKNOWN.get(recording.scenario)
    assert [w.field for w in built.warnings] == [f"service.beta.kubernetes.io/{unknown}"] * (unknown is not None)


@pytest.mark.parametrize("recording", _cases(tuple(REFUSED)))
def test_what_was_refused_is_refused_and_named(recording: Recording) -> None:
    (service,) = _services(recording)

    refused = build_stack(stack_input(recording.raw, _key(service)))

    assert isinstance(refused, Broken)
    assert [(p.reason, p.field) for p in refused.problems] == [(Reason.INVALID_ANNOTATION, REFUSED[recording.scenario])]


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_taking_over_what_was_recorded_changes_nothing(recording: Recording) -> None:
    (service,) = _services(recording)
    key = _key(service)

    outcome = plan_stack(stack_input(adopted_objects(recording), key, known=standing(recording)))

    assert isinstance(outcome, Planned), outcome
    assert outcome.plan == Plan(key=key)


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_the_published_status_is_the_recorded_one(recording: Recording) -> None:
    (service,) = _services(recording)
    (entry,) = service["status"]["loadBalancer"]["ingress"]
    unpublished = [
        {**item, "status": {"loadBalancer": {}}} if item["kind"] == "Service" else item
        for item in adopted_objects(recording)
    ]

    outcome = plan_stack(stack_input(unpublished, _key(service), known=standing(recording)))

    assert isinstance(outcome, Planned)
    status = next(s.work for s in outcome.plan.steps if isinstance(s.work, KubernetesWrite) and s.work.subresource)
    assert status.body == {
        "status": {
            "loadBalancer": {
                "ingress": [
                    {
                        "hostname": entry["hostname"],
                        "ports": [{"port": p["port"], "protocol": p["protocol"]} for p in entry["ports"]],
                    }
                ]
            }
        }
    }


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_a_deleted_service_leaves_nothing(recording: Recording) -> None:
    (service,) = _services(recording)
    key = _key(service)
    gone = []
    for item in adopted_objects(recording):
        own = copy.deepcopy(item)
        if own["kind"] == "Service" and own["metadata"]["uid"] == service["metadata"]["uid"]:
            own["metadata"]["deletionTimestamp"] = "2026-11-22T14:00:00Z"
        gone.append(own)
    known = standing(recording)

    outcome = plan_stack(stack_input(gone, key, known=known))

    assert isinstance(outcome, Planned)
    calls = [s.work for s in outcome.plan.steps if isinstance(s.work, AwsCall)]
    deleted = {v for c in calls for v in c.parameters.values()}
    stays = inventory()
    ours = {
        *known.load_balancers,
        *(a for a, g in known.target_groups.items() if (g.tags or {}).get("service.k8s.aws/stack") == key.stack_id),
        *(i for i, g in known.security_groups.items() if g.tags.get("service.k8s.aws/stack") == key.stack_id),
    }
    assert {c.operation for c in calls} <= {"DeleteLoadBalancer", "DeleteTargetGroup", "DeleteSecurityGroup"}
    assert deleted == ours
    assert not ours & {*stays.security_groups}
    last = outcome.plan.steps[-1].work
    assert isinstance(last, KubernetesWrite)
    assert (last.resource, last.body) == ("services", {"metadata": {"finalizers": []}})


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_a_service_without_finalizer_that_asks_for_nothing_is_no_stack(recording: Recording) -> None:
    (service,) = _services(recording)
    key = _key(service)
    plain = copy.deepcopy(service)
    plain["metadata"]["finalizers"] = []
    plain["metadata"]["annotations"] = {}
    plain["spec"].pop("loadBalancerClass", None)

    assert build_stack(stack_input([plain], key)) == Built(desired=DesiredStack(key=key))


@pytest.mark.parametrize("recording", _cases(BUILT))
def test_a_service_that_switches_away_is_taken_down_and_its_status_taken_back(recording: Recording) -> None:
    (service,) = _services(recording)
    away = []
    for item in adopted_objects(recording):
        own = copy.deepcopy(item)
        if own["kind"] == "Service" and own["metadata"]["uid"] == service["metadata"]["uid"]:
            own["metadata"]["annotations"] = {}
            own["spec"]["loadBalancerClass"] = "example.com/other"
        away.append(own)

    outcome = plan_stack(stack_input(away, _key(service), known=standing(recording)))

    assert isinstance(outcome, Planned)
    assert not isinstance(outcome, Needs)
    writes = [s.work for s in outcome.plan.steps if isinstance(s.work, KubernetesWrite)]
    assert [(w.resource, w.subresource) for w in writes][-2:] == [("services", "status"), ("services", "")]
    assert writes[-2].body == {"status": {"loadBalancer": {"ingress": None}}}
