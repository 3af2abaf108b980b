"""What hangs below load balancers: listeners and rules. Shared by the queries that read load balancers whole."""

from asyncio import TaskGroup
from collections.abc import Sequence

from services.executor.aws import listings
from services.executor.aws.reads import Reads
from services.executor.core.observations import Resource


async def read_children(reads: Reads, load_balancers: Sequence[str]) -> list[str]:
    """Reads listeners and rules of load balancers (ARNs); returns the ARNs of those that can carry tags.

    A load balancer or listener that is gone meanwhile has none. Default rules carry no tags.
    """
    arns: list[str] = []

    async def rules_of(listener: Resource) -> None:
        rules = await reads.listing(listings.RULES, {"ListenerArn": listener.id}) or ()
        arns.extend(rule.id for rule in rules if not rule.description.get("IsDefault"))

    async def listeners_of(load_balancer: str) -> None:
        listeners = await reads.listing(listings.LISTENERS, {"LoadBalancerArn": load_balancer}) or ()
        arns.extend(listener.id for listener in listeners)
        async with TaskGroup() as together:
            for listener in listeners:
                together.create_task(rules_of(listener))

    async with TaskGroup() as together:
        for load_balancer in load_balancers:
            together.create_task(listeners_of(load_balancer))
    return arns
