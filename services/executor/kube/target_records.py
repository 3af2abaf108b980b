"""What bindings of shared target groups have registered: the ConfigMap of each (targets and readiness, section 10).

Asked by the observer for the planner, which keeps the answer and writes the record as steps of its plans.
"""

from services.executor.core.observations import Resource, ResourceKind
from services.executor.core.steps import CallResult, ErrorClass
from services.executor.kube.client import KubeClient, object_path

_PREFIX, _KEY = "aws-lbc-targets-", "targets"


class TargetRecords:
    """Reads records."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def read(self, binding: str) -> tuple[Resource | None, CallResult]:
        """The record of the binding `<namespace>/<name>`, with the call that read it; None where that failed. A record
        that is not there is an answer too: its text is None.
        """
        namespace, _, name = binding.partition("/")
        path = object_path("v1", "configmaps", namespace=namespace, name=f"{_PREFIX}{name}")
        result = await self._client.get(path, "ConfigMap")
        if result.error is not None and result.error.error_class is not ErrorClass.NOT_FOUND:
            return None, result
        text = None if result.error is not None else (result.answer.get("data") or {}).get(_KEY) or ""
        found = Resource(kind=ResourceKind.TARGET_RECORD, id=binding, description={"targets": text})
        return found, result
