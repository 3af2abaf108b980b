"""Ends the program of a container the way a kubelet does: hook, signal, and the kill when the grace period is over."""

import asyncio

from sandbox.kubernetes.application import Application
from sandbox.kubernetes.application.application import KILLED
from sandbox.kubernetes.client.objects import Object
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.kubelet.containers import pre_stop_of
from sandbox.kubernetes.kubelet.probes import Unknown
from sandbox.kubernetes.kubelet.surroundings import Surroundings

_LEAST_GRACE = 2.0
"""Seconds that a kubelet leaves between signal and kill, however long the hook took."""


async def shut_down(
    container: Object, application: Application, around: Surroundings, *, grace: float, killed: asyncio.Event
) -> int:
    """End the program within the grace period, in sandbox seconds; its exit code.

    `killed` cuts it short: the program has then been ended by someone else.
    """
    if application.ended.done():
        return application.ended.result()
    clock = around.clock
    ends = clock.now() + grace
    if grace > 0:
        await _pre_stop(container, application, around, grace=grace, killed=killed)
    ends = max(ends, clock.now() + _LEAST_GRACE) if grace > 0 else ends
    application.terminate()
    await around.rewired()
    await around.first({application.ended}, killed, max(0.0, ends - clock.now()))
    application.end(KILLED)
    await around.rewired()
    await around.first((), killed, min(around.after_signal, max(0.0, ends - clock.now())))
    return application.ended.result()


async def _pre_stop(
    container: Object, application: Application, around: Surroundings, *, grace: float, killed: asyncio.Event
) -> None:
    hook = pre_stop_of(container)
    if hook is None:
        return
    if isinstance(hook, Unknown):
        text = f"preStop hook of container {container['name']} is not run: {hook.reason}"
        await around.report(EventType.WARNING, "HookNotRun", text)
        return
    running = asyncio.create_task(around.prober.run(hook, around.identity.address, grace))
    try:
        await around.first({running, application.ended}, killed)
    finally:
        running.cancel()
    if running.done() and not running.cancelled() and not running.result().succeeded:
        text = f"PreStopHook of container {container['name']} failed: {running.result().text}"
        await around.report(EventType.WARNING, "FailedPreStopHook", text)
