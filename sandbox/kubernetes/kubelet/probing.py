"""Runs one probe through one run of its container."""

import asyncio
from collections.abc import Callable

from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.kubelet.probes import Kind, Probe, Tally, Unknown
from sandbox.kubernetes.kubelet.surroundings import Surroundings


async def keep_probing(
    probe: Probe, container: str, around: Surroundings, *, started: asyncio.Event, judge: Callable[[Probe, bool], None]
) -> None:
    """Probe until there is nothing more to find out; `judge` is told every verdict.

    Must begin when the container does. `started` is set once its startup probe has succeeded.
    """
    what = f"{probe.kind.capitalize()} probe"
    if isinstance(probe.action, Unknown):
        judge(probe, True)
        text = f"{what} of container {container} is not run: {probe.action.reason}; it counts as passed"
        await around.report(EventType.WARNING, "ProbeNotRun", text)
        return
    clock, told = around.clock, ""
    began, tally = clock.now(), Tally()
    due = probe.next_due(-1)
    if probe.kind is not Kind.STARTUP and not started.is_set():
        await started.wait()
        due = max(due, clock.now() - began)
    while not _is_decided(probe, tally):
        await clock.sleep(max(0.0, began + due - clock.now()))
        result = await around.prober.run(probe.action, around.identity.address, probe.timeout)
        tally = tally.after(probe, result.succeeded)
        if tally.verdict is not None:
            judge(probe, tally.verdict)
        if not result.succeeded and result.text != told:
            # A kubelet counts repetitions up in one Event; here what is repeated is not written again.
            told = result.text
            await around.report(EventType.WARNING, "Unhealthy", f"{what} failed: {told}")
        due = probe.next_due(max(due, clock.now() - began))


def _is_decided(probe: Probe, tally: Tally) -> bool:
    if probe.kind is Kind.STARTUP:
        return tally.verdict is not None
    return probe.kind is Kind.LIVENESS and tally.verdict is False
