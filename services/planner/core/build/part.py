"""One member of an ingress group with what its own backends and tags come to; the group's listeners, rules and load
balancer are put together from these."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core.annotations.conditions import NO_CONDITIONS, ConditionValues
from services.planner.core.annotations.ingress.load_balancer import TAGS
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, Authentication
from services.planner.core.build.merge import Wish, united
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.objects import IngressBackend
from services.planner.core.problems import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What cannot be made before something exists: `what` it is, in words, and which annotation or `field` names it.
    `again_seconds`: when to look again, None: a change of it is seen."""

    what: str
    field: str
    again_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is done with the requests for one backend. `authentication`: what they must pass first, on an HTTPS
    listener; `conditions` and `transforms` are those of the backend's annotations."""

    action: Action | Waiting
    authentication: Authentication | Waiting | None = None
    conditions: ConditionValues = NO_CONDITIONS
    transforms: str = ""

    def actions_on(self, protocol: ListenerProtocol) -> tuple[Action, ...] | Waiting:
        """The actions on a listener of that protocol: authentication needs HTTPS."""
        if isinstance(self.action, Waiting):
            return self.action
        if self.authentication is None or protocol is not ListenerProtocol.HTTPS:
            return (self.action,)
        if isinstance(self.authentication, Waiting):
            return self.authentication
        return (self.authentication, self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`routes`: those of the backends that could be built; `target_groups`: those that they forward to, sorted by
    resource id; `tags`: the ones that the member asks for."""

    member: Active
    routes: Mapping[IngressBackend, Route]
    target_groups: tuple[DesiredTargetGroup, ...]
    tags: Mapping[str, str]


def wait(member: Active, waiting: Waiting, findings: Findings) -> None:
    """Records that rules of the member wait."""
    message = f"rules that need it are not made yet: waiting for {waiting.what}"
    findings.warning(member.ref, Reason.WAITING, message, field=waiting.field)
    findings.wait(waiting.what, waiting.again_seconds)


def group_tags(parts: Iterable[Part], findings: Findings) -> dict[str, str]:
    """The tags of all the members together; two values for one key are a problem."""
    asked = (Wish(member=p.member.ref, where=p.member.ref, field=TAGS.key, value=p.tags) for p in parts)
    return united(asked, findings)
