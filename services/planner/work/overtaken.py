"""Whether newer input overtakes a plan that is being executed (architecture, sections 1 and 6). Pure; for `running`.

Stopping costs time, so it is done for a reason only: a step that may not have been sent is not wanted any more, or is
wanted otherwise; or something more urgent would have to wait behind it.
"""

from collections.abc import Mapping
from typing import Any

import jmespath

from services.planner.core.encoding import to_json
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Ref, Step, Verb
from services.planner.results import StepResult
from services.planner.work.own_writes import may_be_sent

Results = Mapping[str, StepResult]

_FOLLOWED_BY_MORE = {"RegisterTargets", "DeregisterTargets"}


def must_stop(running: Plan, results: Results, newer: Plan | None, *, urgent: bool) -> bool:
    """Whether `running`, with the results that it has so far, has to stop for `newer` (None: nothing is wanted any
    more). `urgent`: what woke the key is more urgent than the run.

    More targets never stop a registration, they follow it.
    """
    unsent = [step for step in running.steps if _may_not_have_been_sent(step, results)]
    if not unsent:
        return False
    if newer is None:
        return True
    wanted = [_call(step, results) for step in newer.steps]
    if any(not _is_among(_call(step, results), wanted) for step in unsent):
        return True
    known = [_call(step, results) for step in running.steps]
    return urgent and any(not _is_among(call, known) for call in wanted)


def _may_not_have_been_sent(step: Step, results: Results) -> bool:
    """An Event is worth no stop, and a write to Kubernetes that waits for nothing has been sent."""
    if isinstance(step.work, KubernetesWrite):
        return step.work.verb is not Verb.EVENT and step.id not in results and not may_be_sent(step, results)
    return step.id not in results


def _call(step: Step, results: Results) -> Mapping[str, Any]:
    """What a step does, without what may differ between two plans that mean the same: preconditions and step ids."""
    match step.work:
        case AwsCall() as call:
            return {"operation": call.operation, "body": _resolved(call.parameters, results)}
        case KubernetesWrite() as write:
            body = _resolved(write.body or {}, results)
            metadata = {k: v for k, v in body.get("metadata", {}).items() if k != "resourceVersion"}
            return {
                "operation": f"{write.verb} {write.resource}/{write.subresource} {write.namespace}/{write.name}",
                "body": {**body, "metadata": metadata},
            }


def _resolved(value: Any, results: Results) -> Any:
    """The value with references to answers that have come replaced by what they stand for."""
    match value:
        case Ref(step=step, path=path):
            return jmespath.search(path, dict(results[step].answer)) if step in results else value
        case dict():
            return {k: _resolved(v, results) for k, v in value.items()}
        case list() | tuple():
            return [_resolved(v, results) for v in value]
        case _:
            return value


def _is_among(call: Mapping[str, Any], others: list[Mapping[str, Any]]) -> bool:
    if call["operation"] in _FOLLOWED_BY_MORE:
        return any(
            call["operation"] == other["operation"] and _is_part(call["body"], other["body"]) for other in others
        )
    return any(to_json(dict(call)) == to_json(dict(other)) for other in others)


def _is_part(targets: Mapping[str, Any], more: Mapping[str, Any]) -> bool:
    if targets["TargetGroupArn"] != more["TargetGroupArn"]:
        return False
    return {to_json(t) for t in targets["Targets"]} <= {to_json(t) for t in more["Targets"]}
