"""The signal that what was not sent yet shall not be sent. Made per plan, looked at wherever a call waits."""

import asyncio


class StopSignal:
    """Set once, by a `stop`, a cut stream, or a newer session."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Stops; a second time changes nothing."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether it was set."""
        return self._event.is_set()

    async def sleep(self, seconds: float) -> None:
        """Sleeps, but ends at once when it is set."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return

    async def or_done(self, future: "asyncio.Future[None]") -> bool:
        """Waits for `future`; False when the signal was set first. A future that is done wins."""
        waiting = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait((future, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        return future.done()
