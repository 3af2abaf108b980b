"""The planner's Lease, read from the API server."""

from services.executor.core.leases import Leader, leader_of
from services.executor.core.steps import CallError, ErrorClass
from services.executor.kube.client import KubeClient, object_path


class LeaseReader:
    """Reads one Lease."""

    def __init__(self, client: KubeClient, namespace: str, name: str) -> None:
        self._client = client
        self._path = object_path("coordination.k8s.io/v1", "leases", namespace=namespace, name=name)

    async def leader(self) -> Leader | CallError | None:
        """Who holds the Lease now; None when nobody does, also because there is no Lease yet."""
        result = await self._client.get(self._path, "Lease")
        if result.error is None:
            return leader_of(result.answer)
        return None if result.error.error_class is ErrorClass.NOT_FOUND else result.error
