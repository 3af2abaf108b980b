"""Reports as Kubernetes Events: what users see with `kubectl describe`.

An Event's name follows from object, generation and text, so that the same report is one Event however often it is
planned. Times and the trace id are the executor's to fill in.
"""

import hashlib
from collections.abc import Iterable

from services.planner.core.draft import Draft
from services.planner.core.keys import Key
from services.planner.core.plans import KubernetesWrite, Plan, Report, Verb
from services.planner.core.problems import Reason


def report_plan(key: Key, reports: Iterable[Report]) -> Plan:
    """A plan that only writes the reports, in order, each once. A binding that cannot go says so itself, too (targets
    and readiness, section 8)."""
    draft = Draft()
    for report in sorted(set(reports)):
        write = event_write(report)
        draft.write(f"event-{write.name}", write)
        if report.reason is Reason.FAILED_CLEANUP:
            draft.write(f"not-ready-{write.name}", _not_ready(report))
    return draft.plan(key)


def _not_ready(report: Report) -> KubernetesWrite:
    return KubernetesWrite(
        verb=Verb.CONDITION,
        api_version=report.api_version,
        resource="targetgroupbindings",
        namespace=report.namespace,
        name=report.name,
        uid=report.uid,
        body={"type": "Ready", "status": "False", "reason": str(report.reason), "message": report.message},
    )


def event_write(report: Report) -> KubernetesWrite:
    """The Event of one report. Messages are cut at Kubernetes' limit of 1,024 characters less room for a trace id."""
    text = f"{report.uid}/{report.generation}/{report.reason}/{report.message}"
    name = f"{report.name[:230]}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    namespace = report.namespace or "default"
    return KubernetesWrite(
        verb=Verb.EVENT,
        api_version="v1",
        resource="events",
        namespace=namespace,
        name=name,
        body={
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "apiVersion": report.api_version,
                "kind": report.object_kind,
                "namespace": report.namespace,
                "name": report.name,
                "uid": report.uid,
            },
            "type": "Warning" if report.warning else "Normal",
            "reason": str(report.reason),
            "message": report.message[:960],
            "source": {"component": _component(report.object_kind)},
        },
    )


def _component(kind: str) -> str:
    """The reporting components that users of the reference controller filter on (controller, section 9)."""
    return {"Ingress": "ingress", "Service": "service", "TargetGroupBinding": "targetGroupBinding"}.get(kind, "elbow")
