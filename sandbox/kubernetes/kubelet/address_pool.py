"""Collects the address requests of pods that start together into one EC2 call per node, and returns into another."""

import asyncio
import logging

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.kubernetes.kubelet.addresses import Host, NoAddressLeft, NodeAddresses

log = logging.getLogger(__name__)

_COLLECT_SECONDS = 0.02
"""Pods of one rollout arrive within this time of each other."""
_RETRY_SECONDS = 1.0


class AddressPool:
    """Addresses for the pods of one node."""

    def __init__(self, addresses: NodeAddresses) -> None:
        self._addresses = addresses
        self._asking: list[asyncio.Future[str]] = []
        self._returning: set[str] = set()
        self._giver: asyncio.Task[None] | None = None
        self._taker: asyncio.Task[None] | None = None

    @property
    def host(self) -> Host:
        return self._addresses.host

    async def take(self) -> str:
        """An address for a pod. Raises NoAddressLeft, or what EC2 answered."""
        asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asking.append(asked)
        if self._giver is None or self._giver.done():
            self._giver = asyncio.create_task(self._give())
        return await asked

    def keep(self, address: str) -> None:
        """Take note of an address that a pod already has."""
        self._addresses.keep(address)

    def give_back(self, address: str) -> None:
        """Return the address of a pod that is gone; it is tried until EC2 accepts it."""
        self._returning.add(address)
        if self._taker is None or self._taker.done():
            self._taker = asyncio.create_task(self._return())

    async def stop(self) -> None:
        tasks = [task for task in (self._giver, self._taker) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for asked in self._asking:
            asked.cancel()

    async def _give(self) -> None:
        while self._asking:
            await asyncio.sleep(_COLLECT_SECONDS)
            asking = [one for one in self._asking if not one.done()]
            self._asking = []
            if not asking:
                return
            try:
                given = await self._addresses.assign(len(asking))
            except (NoAddressLeft, BotoCoreError, ClientError) as error:
                for one in asking:
                    one.set_exception(error)
                continue
            for one, address in zip(asking, given, strict=False):
                if one.done():
                    self.give_back(address)
                else:
                    one.set_result(address)
            # Those left over are told by the next round, which finds no address at all.
            self._asking += asking[len(given) :]

    async def _return(self) -> None:
        while self._returning:
            await asyncio.sleep(_COLLECT_SECONDS)
            going = set(self._returning)
            try:
                await self._addresses.release(going)
            except (BotoCoreError, ClientError) as error:
                log.warning("addresses could not be returned: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._returning -= going
