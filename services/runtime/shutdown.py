"""The end of a process: the signal that asks for it and the stages it goes through.

Called by `service.run`.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_LOGGER = logging.getLogger(__name__)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signal() -> Iterator[asyncio.Future[str]]:
    """A future that holds the name of the first SIGTERM or SIGINT. Further ones change nothing: the grace is
    bounded anyway.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[str] = loop.create_future()

    def arrive(received: signal.Signals) -> None:
        if not arrived.done():
            arrived.set_result(received.name)

    for number in _SIGNALS:
        loop.add_signal_handler(number, arrive, number)
    try:
        yield arrived
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step on the way down."""

    name: str
    run: Callable[[], Awaitable[None]]
    limit_seconds: float
    """After this the stage is given up, with a log line, and the next one begins: an end that hangs is worse than a
    rude one.
    """


async def run_stages(stages: Sequence[Stage]) -> None:
    """Runs the stages one after the other. One that fails or takes too long is logged and does not keep the next
    from running.
    """
    for stage in stages:
        try:
            async with asyncio.timeout(stage.limit_seconds):
                await stage.run()
        except TimeoutError:
            _LOGGER.warning(
                "shutdown stage given up", extra={"stage": stage.name, "limit_seconds": stage.limit_seconds}
            )
        except Exception:
            _LOGGER.exception("shutdown stage failed", extra={"stage": stage.name})
