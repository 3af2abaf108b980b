"""The status of a pod that runs here, as a kubelet reports it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.kubernetes.client.objects import Object, condition_of, is_terminating, timestamp
from sandbox.kubernetes.kubelet.containers import containers_of, sidecars_of
from sandbox.kubernetes.kubelet.life import End, Life

_TRUE = {"status": "True"}
_NO_LIFE = Life()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a pod is."""

    address: str
    host: str
    """Primary address of its node."""


def changed_status(pod: Object, placed: Placed, lives: Mapping[str, Life], now: datetime) -> Object:
    """What has to change in the pod's status, for a strategic merge; empty when it is as it should be.

    `lives` are the pod's containers by name. Of the conditions, those that the kubelet owns are looked at.
    """
    before = pod.get("status") or {}
    phase = phase_of(pod, lives)
    wanted: Object = {
        "phase": phase,
        "podIP": placed.address,
        "podIPs": [{"ip": placed.address}],
        "hostIP": placed.host,
        "hostIPs": [{"ip": placed.host}],
        "startTime": before.get("startTime") or timestamp(now),
        "containerStatuses": [_container(pod, one, lives) for one in containers_of(pod)],
    }
    inits = [
        _container(pod, one, lives) if one in sidecars_of(pod) else _completed(one, wanted["startTime"])
        for one in pod["spec"].get("initContainers") or []
    ]
    if inits:
        wanted["initContainerStatuses"] = inits
    changed = {name: value for name, value in wanted.items() if before.get(name) != value}
    contents = _conditions(pod, phase, lives)
    conditions = [_condition(pod, kind, one, now) for kind, one in contents.items() if _differs(pod, kind, one)]
    return {**changed, "conditions": conditions} if conditions else changed


def phase_of(pod: Object, lives: Mapping[str, Life]) -> str:
    """Running until every container that is not a sidecar has ended for good."""
    lived = [lives.get(one["name"], _NO_LIFE) for one in containers_of(pod)]
    ends = [life.end for life in lived if life.over and life.end is not None]
    if len(ends) < len(lived):
        return "Running"
    return "Succeeded" if all(end.code == 0 for end in ends) else "Failed"


def _conditions(pod: Object, phase: str, lives: Mapping[str, Life]) -> dict[str, Object]:
    containers = _containers_ready(pod, phase, lives)
    sandbox = {"status": "False"} if phase != "Running" else _TRUE
    return {
        "PodReadyToStartContainers": sandbox,
        "PodScheduled": _TRUE,
        "Initialized": _TRUE,
        "ContainersReady": containers,
        "Ready": containers if containers["status"] != "True" else readiness(pod),
    }


def _containers_ready(pod: Object, phase: str, lives: Mapping[str, Life]) -> Object:
    if phase != "Running":
        return {"status": "False", "reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    unready = [
        one["name"] for one in (*sidecars_of(pod), *containers_of(pod)) if not lives.get(one["name"], _NO_LIFE).ready
    ]
    if not unready:
        return _TRUE
    message = f"containers with unready status: [{' '.join(unready)}]"
    return {"status": "False", "reason": "ContainersNotReady", "message": message}


def readiness(pod: Object) -> Object:
    """Status, reason and message of Ready where the containers are ready: it is up to the readiness gates.

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
        return _TRUE
    return {"status": "False", "reason": "ReadinessGatesNotReady", "message": ", ".join(problems)}


def _container(pod: Object, container: Object, lives: Mapping[str, Life]) -> Object:
    life = lives.get(container["name"], _NO_LIFE)
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": _terminated(life.last) if life.last else {},
        "ready": life.ready,
        "restartCount": life.restarts,
        "started": life.started,
        "state": _state(pod, container["name"], life),
    } | _while_waiting(life)


def _state(pod: Object, name: str, life: Life) -> Object:
    if life.began is not None:
        return {"running": {"startedAt": timestamp(life.began.time)}}
    if life.end is None:
        return {"waiting": {"reason": "ContainerCreating"}}
    if life.over or is_terminating(pod):
        return _terminated(life.end)
    meta = pod["metadata"]
    whose = f"container={name} pod={meta['name']}_{meta['namespace']}({meta['uid']})"
    message = f"back-off {pause_text(life.pause)} restarting failed {whose}"
    return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}


def _while_waiting(life: Life) -> Object:
    """While a container waits to run again, its latest run is the one before."""
    waits = life.end is not None and not life.over
    return {"lastState": _terminated(life.end)} if waits and life.end else {}


def _terminated(end: End) -> Object:
    message = {"message": end.message} if end.message else {}
    return {
        "terminated": {
            "exitCode": end.code,
            "reason": end.reason,
            **message,
            "startedAt": timestamp(end.began),
            "finishedAt": timestamp(end.finished),
        }
    }


def _completed(container: Object, since: str) -> Object:
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": since, "finishedAt": since}
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "started": False,
        "state": {"terminated": ended},
    }


def pause_text(seconds: float) -> str:
    """A duration in whole seconds as Go writes it: `40s`, `2m40s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


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
