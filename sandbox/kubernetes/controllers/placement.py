"""Where a pod may run: the predicates of the scheduler. Pure.

Known are node readiness, `unschedulable`, taints, node selectors and required node affinity. A pod that asks for more
(required pod affinity, strict spreading) is not placed and told so, rather than placed where it must not be.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from sandbox.kubernetes.client.objects import Object, is_true, labels_of
from sandbox.kubernetes.controllers.selectors import matches_expression, matches_labels

_KEEPING_AWAY = ("NoSchedule", "NoExecute")


def choose_node(pod: Object, nodes: Iterable[Object], load: Mapping[str, int]) -> tuple[str | None, str]:
    """The name of the node with the fewest pods among those that fit, or None, and why not in the scheduler's words."""
    unknown = _unknown_demand(pod)
    if unknown:
        return None, f"this scheduler does not know {unknown}"
    refusals: Counter[str] = Counter()
    fitting: list[str] = []
    for node in nodes:
        refusal = refusal_of(pod, node)
        if refusal:
            refusals[refusal] += 1
        else:
            fitting.append(node["metadata"]["name"])
    if fitting:
        return min(fitting, key=lambda name: (load.get(name, 0), name)), ""
    total = sum(refusals.values())
    reasons = ", ".join(f"{count} {refusal}" for refusal, count in sorted(refusals.items()))
    return None, f"0/{total} nodes are available: {reasons}." if reasons else "no nodes available to schedule pods"


def refusal_of(pod: Object, node: Object) -> str:
    """Why this node cannot take the pod; empty when it can."""
    spec = node.get("spec") or {}
    if not is_true(node, "Ready"):
        return "node(s) were not ready"
    if spec.get("unschedulable"):
        return "node(s) were unschedulable"
    for taint in spec.get("taints") or []:
        if taint["effect"] in _KEEPING_AWAY and not _tolerates(pod, taint):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not _fits_labels(pod, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def _fits_labels(pod: Object, node: Object) -> bool:
    labels = labels_of(node)
    if not matches_labels(pod["spec"].get("nodeSelector") or {}, labels):
        return False
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    fields = {"metadata.name": node["metadata"]["name"]}
    return any(_term_matches(term, labels, fields) for term in required.get("nodeSelectorTerms") or [])


def _term_matches(term: Object, labels: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    expressions, on_fields = term.get("matchExpressions") or [], term.get("matchFields") or []
    if not expressions and not on_fields:
        return False
    return all(matches_expression(one, labels) for one in expressions) and all(
        matches_expression(one, fields) for one in on_fields
    )


def _tolerates(pod: Object, taint: Object) -> bool:
    return any(_tolerates_one(toleration, taint) for toleration in pod["spec"].get("tolerations") or [])


def _tolerates_one(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def _unknown_demand(pod: Object) -> str:
    affinity = pod["spec"].get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        if (affinity.get(kind) or {}).get("requiredDuringSchedulingIgnoredDuringExecution"):
            return f"required {kind}"
    for spread in pod["spec"].get("topologySpreadConstraints") or []:
        if spread.get("whenUnsatisfiable") == "DoNotSchedule":
            return "topologySpreadConstraints with whenUnsatisfiable=DoNotSchedule"
    return ""
