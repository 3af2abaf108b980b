"""The status of a pod that runs here, as a kubelet reports it. Pure."""

from datetime import datetime
from itertools import pairwise

from sandbox.kubernetes.client.objects import Object, condition_of, timestamp

_NO_MESSAGE = {"status": "True"}


def running_status(pod: Object, address: str, host: str, now: datetime) -> Object:
    """The whole status of a pod whose containers have just started.

    `address` is the pod's, `host` the node's primary address. Conditions are all that the kubelet owns.
    """
    containers = [_running(container, now) for container in pod["spec"]["containers"]]
    status: Object = {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": timestamp(now),
        "containerStatuses": containers,
    }
    inits = [_completed(container, now) for container in pod["spec"].get("initContainers") or []]
    if inits:
        status["initContainerStatuses"] = inits
    status["conditions"] = changed_conditions(pod, now)
    return status


def changed_conditions(pod: Object, now: datetime) -> list[Object]:
    """Those of the kubelet's conditions that the pod does not have as they should be; the others need no write."""
    wanted = {
        "PodScheduled": _NO_MESSAGE,
        "Initialized": _NO_MESSAGE,
        "ContainersReady": _NO_MESSAGE,
        "Ready": readiness(pod),
    }
    return [_condition(pod, kind, content, now) for kind, content in wanted.items() if _differs(pod, kind, content)]


def readiness(pod: Object) -> Object:
    """Status, reason and message of Ready: containers run, so it is up to the readiness gates.

    Kubernetes documentation, "Pod Lifecycle", section "Pod readiness".
    """
    problems: list[str] = []
    for gate in pod["spec"].get("readinessGates") or []:
        kind = gate["conditionType"]
        found = condition_of(pod, kind)
        if found is None:
            problems.append(f'corresponding condition of pod readiness gate "{kind}" does not exist.')
        elif found["status"] != "True":
            problems.append(f'the status of pod readiness gate "{kind}" is not "True", but {found["status"]}')
    if not problems:
        return _NO_MESSAGE
    return {"status": "False", "reason": "ReadinessGatesNotReady", "message": ", ".join(problems)}


def ended_status(pod: Object, now: datetime) -> Object:
    """What changes in the status when the containers of a pod being deleted have ended."""
    down = {"status": "False", "reason": "PodCompleted"}
    containers = [
        {
            **one,
            "ready": False,
            "started": False,
            "state": {
                "terminated": {
                    "exitCode": 0,
                    "reason": "Completed",
                    "startedAt": (one.get("state") or {}).get("running", {}).get("startedAt"),
                    "finishedAt": timestamp(now),
                }
            },
        }
        for one in (pod.get("status") or {}).get("containerStatuses") or []
    ]
    conditions = [_condition(pod, kind, down, now) for kind in ("Ready", "ContainersReady")]
    return {"phase": "Succeeded", "containerStatuses": containers, "conditions": conditions}


def termination_seconds(pod: Object, after_signal: float) -> float:
    """How long the containers take to end, counted from the deletion and capped by the grace period.

    A container runs its preStop hook first, as far as its duration can be read: `sleep`, or an `exec` of the sleep
    program. After the signal it takes `after_signal` seconds.
    """
    grace = pod["metadata"].get("deletionGracePeriodSeconds", 0)
    longest = max((_pre_stop_seconds(one) for one in pod["spec"]["containers"]), default=0.0)
    return min(float(grace), longest + after_signal)


def _pre_stop_seconds(container: Object) -> float:
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    # A shell's argument is one word of the command: look at its words too.
    words = " ".join((hook.get("exec") or {}).get("command") or []).split()
    for command, argument in pairwise(words):
        if command.rpartition("/")[2] == "sleep" and argument.rstrip("s;").replace(".", "", 1).isdecimal():
            return float(argument.rstrip("s;"))
    return 0.0


def _running(container: Object, now: datetime) -> Object:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "started": True,
        "state": {"running": {"startedAt": timestamp(now)}},
    }


def _completed(container: Object, now: datetime) -> Object:
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": timestamp(now), "finishedAt": timestamp(now)}
    return {**_running(container, now), "started": False, "state": {"terminated": ended}}


def _differs(pod: Object, kind: str, content: Object) -> bool:
    found = condition_of(pod, kind)
    return found is None or any(found.get(field) != content.get(field) for field in ("status", "reason", "message"))


def _condition(pod: Object, kind: str, content: Object, now: datetime) -> Object:
    """A condition for a strategic merge: fields to be removed are null."""
    before = condition_of(pod, kind)
    same = before is not None and before["status"] == content["status"]
    since = before["lastTransitionTime"] if before and same else timestamp(now)
    removed = {"reason": None, "message": None} if before else {}
    return {"type": kind, "lastProbeTime": None, "lastTransitionTime": since, **removed, **content}
