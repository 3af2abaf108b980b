"""Which target group a TargetGroupBinding names, and which role: asked before targets are moved or a role assumed."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.executor.core.arns import name_of
from services.executor.core.ownership import denial
from services.executor.core.steps import AssumedRole, CallError, ErrorClass, Json, KeyKind, KubernetesWrite, PlanKey
from services.executor.kube.client import KubeClient, metadata_of, object_path

_API_VERSION, _RESOURCE, _KIND = "elbv2.k8s.aws/v1beta1", "targetgroupbindings", "TargetGroupBinding"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What a binding names: a target group by ARN or name, and a role with its external id, both empty for none."""

    group: str = ""
    role: str = ""
    external_id: str = ""

    def fits(self, target_group_arn: str, role: AssumedRole | None) -> bool:
        """Whether targets of the group may be moved under the role."""
        named = bool(self.group) and self.group in {target_group_arn, name_of(target_group_arn)}
        return named and self.has(role)

    def has(self, role: AssumedRole | None) -> bool:
        """Whether it names this role, or none where there is none."""
        return (self.role, self.external_id if self.role else "") == (
            (role.arn, role.external_id) if role is not None else ("", "")
        )


class BindingReader:
    """Remembers what bindings that were read or written name. That does not change as a rule, but a binding of the same
    name may be another one, so only agreement is taken from memory.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._named: dict[str, _Named] = {}

    def written(self, work: KubernetesWrite, answer: Json) -> None:
        """Learns from a write that was accepted."""
        if work.resource == _RESOURCE and isinstance(answer, Mapping):
            self._learn(f"{work.namespace}/{work.name}", answer)

    async def refusal(self, target_group_arn: str, key: PlanKey, role: AssumedRole | None) -> CallError | None:
        """Why a plan for `key` may not move targets of the group under the role, None when it may.

        A binding's plan moves the targets of the group that the binding names; any other plan those of a group that
        some binding named which this process read or wrote.
        """
        if key.kind is not KeyKind.BINDING:
            if any(named.fits(target_group_arn, role) for named in self._named.values()):
                return None
            return denial(f"no TargetGroupBinding is known to name {target_group_arn}")
        if self._named.get(key.name, _Named()).fits(target_group_arn, role):
            return None
        if (error := await self._read(key.name)) is not None:
            return error
        if self._named.get(key.name, _Named()).fits(target_group_arn, role):
            return None
        under = f" under {role.arn}" if role is not None else ""
        return denial(f"TargetGroupBinding {key.name} does not name {target_group_arn}{under}")

    async def role_refusal(self, role: AssumedRole) -> CallError | None:
        """Why the role may not be assumed, None when its binding names it."""
        if self._named.get(role.binding, _Named()).has(role):
            return None
        if (error := await self._read(role.binding)) is not None:
            return error
        if self._named.get(role.binding, _Named()).has(role):
            return None
        return denial(f"TargetGroupBinding {role.binding} does not name the role {role.arn}")

    async def _read(self, binding: str) -> CallError | None:
        namespace, _, name = binding.partition("/")
        path = object_path(_API_VERSION, _RESOURCE, namespace=namespace, name=name)
        result = await self._client.get(path, _KIND)
        if result.error is None:
            self._learn(binding, result.answer)
            return None
        if result.error.error_class is ErrorClass.NOT_FOUND:
            return denial(f"there is no TargetGroupBinding {binding}")
        return result.error

    def _learn(self, binding: str, answer: Mapping[str, Json]) -> None:
        spec = answer.get("spec") or {}
        group = spec.get("targetGroupARN") or spec.get("targetGroupName") or ""
        if group and metadata_of(answer).get("name"):
            self._named[binding] = _Named(
                group=group,
                role=spec.get("iamRoleArnToAssume") or "",
                external_id=spec.get("assumeRoleExternalId") or "",
            )
