"""What a pod's specification says about its containers as a whole: which run, how long they may take to end. Pure."""

from sandbox.kubernetes.client.objects import Object
from sandbox.kubernetes.kubelet.commands import Outcome, slept_seconds
from sandbox.kubernetes.kubelet.probes import Action, Exec, action_of

_DEFAULT_GRACE = 30.0


def containers_of(pod: Object) -> list[Object]:
    """The containers that make up the application."""
    found: list[Object] = pod["spec"]["containers"]
    return found


def sidecars_of(pod: Object) -> list[Object]:
    """Init containers that run on beside the application (Kubernetes documentation, "Sidecar Containers")."""
    return [one for one in pod["spec"].get("initContainers") or [] if one.get("restartPolicy") == "Always"]


def restart_policy(pod: Object, container: Object) -> str:
    """A container's own restart policy, else the pod's."""
    policy: str = container.get("restartPolicy") or pod["spec"].get("restartPolicy") or "Always"
    return policy


def grace_of(pod: Object) -> float:
    """Sandbox seconds that the pod's containers have to end, hooks included."""
    seconds = pod["metadata"].get("deletionGracePeriodSeconds")
    if seconds is None:
        seconds = pod["spec"].get("terminationGracePeriodSeconds")
    return _DEFAULT_GRACE if seconds is None else float(seconds)


def pre_stop_of(container: Object) -> Action | None:
    """What is done before a container gets its signal.

    Of a command only the time that its `sleep` takes is known: a hook that does more is taken for its `sleep`.
    """
    hook = (container.get("lifecycle") or {}).get("preStop")
    if not hook:
        return None
    if hook.get("sleep") is not None:
        return Exec(outcome=Outcome(succeeds=True, seconds=float(hook["sleep"]["seconds"])))
    if hook.get("exec") is not None and (seconds := slept_seconds(hook["exec"].get("command") or [])):
        return Exec(outcome=Outcome(succeeds=True, seconds=seconds))
    return action_of(container, hook)
