"""Which target group a TargetGroupBinding names: what the guard asks before targets are moved."""

from collections.abc import Mapping

from services.executor.core.arns import name_of
from services.executor.core.ownership import denial
from services.executor.core.steps import CallError, ErrorClass, Json, KeyKind, KubernetesWrite, PlanKey
from services.executor.kube.client import KubeClient, metadata_of, object_path

_API_VERSION, _RESOURCE, _KIND = "elbv2.k8s.aws/v1beta1", "targetgroupbindings", "TargetGroupBinding"


class BindingReader:
    """Remembers the target group of bindings that were read or written; a binding's group never changes, but a binding
    of the same name may be another one, so only agreement is taken from memory.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._groups: dict[str, str] = {}

    def written(self, work: KubernetesWrite, answer: Json) -> None:
        """Learns from a write that was accepted."""
        if work.resource == _RESOURCE and isinstance(answer, Mapping):
            self._learn(f"{work.namespace}/{work.name}", answer)

    async def refusal(self, target_group_arn: str, key: PlanKey) -> CallError | None:
        """Why a plan for `key` may not move targets of the group, None when it may.

        A binding's plan moves the targets of the group that the binding names; any other plan those of a group that
        some binding named which this process read or wrote.
        """
        if key.kind is not KeyKind.BINDING:
            if any(_names(group, target_group_arn) for group in self._groups.values()):
                return None
            return denial(f"no TargetGroupBinding is known to name {target_group_arn}")
        if _names(self._groups.get(key.name, ""), target_group_arn):
            return None
        if (error := await self._read(key.name)) is not None:
            return error
        if _names(self._groups.get(key.name, ""), target_group_arn):
            return None
        return denial(f"TargetGroupBinding {key.name} does not name {target_group_arn}")

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
            self._groups[binding] = group


def _names(group: str, target_group_arn: str) -> bool:
    """Whether a binding's target group, an ARN or a name, is the one of the ARN."""
    return bool(group) and group in {target_group_arn, name_of(target_group_arn)}
