"""The demo's chapters, in order, each with what it expects."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.demo.account import Account, differences
from sandbox.demo.application import Application, Names
from sandbox.demo.bill import Bill, bill_of, listed
from sandbox.demo.failure import DemoError
from sandbox.demo.promise import Promise, promise_of
from sandbox.demo.screen import Screen
from sandbox.stage.calls import CallRecord
from sandbox.stage.programs import Programs

FIRST_PODS, MORE_PODS = 2, 5
MOST_CHANGES, MOST_READS = 9, 2
"""AWS calls that the game costs on a filled inventory: two security groups with a permission each for the load balancer
and the pods, target group, load balancer, listener, rule, targets.
"""

REGISTER = "RegisterTargets"
_SETTLE_SECONDS = 60
_CLEAN_SECONDS = 20.0
_FILL_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_DETAILS = " " * 6
"""How lines of a plan begin that tell the fields of a resource."""
_IN_A_TRACE = ("watcher", "planner", "executor", f"aws {REGISTER}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the chapters are told with."""

    screen: Screen
    programs: Programs
    game: Application
    echo: Application
    account: Account
    record: CallRecord

    async def inventory(self) -> None:
        """Waits until everything in AWS was read once: from then on absence needs no read."""
        with self.screen.waiting("reading the AWS account"):
            end = time.monotonic() + _FILL_SECONDS
            while not json.loads(await self._elbow("status", "-o", "json"))["status"]["inventory_filled"]:
                if time.monotonic() >= end:
                    raise DemoError(f"the AWS account was not read within {_FILL_SECONDS:g} s")
                await asyncio.sleep(_LOOK_SECONDS)
        self.screen.done("inventory: the AWS account was read once")

    async def game_is_planned(self) -> Promise:
        """What the Ingress would make, asked while the pods behind it run: everything about it is known."""
        self.screen.step("Plan a load balancer for the 2048 game")
        applied = await self.game.apply_workload()
        self.screen.done(f"{', '.join(applied)} applied")
        with self.screen.waiting("waiting for the pods"):
            await self.game.ready(FIRST_PODS)
            await self._settle()
        self.screen.done(f"{FIRST_PODS} pods are ready")
        return await self._planned(self.game.names)

    async def game_appears(self, promise: Promise) -> str:
        """The game becomes the load balancer that was planned; its host name."""
        self.screen.step("Apply its Ingress")
        since = self.record.last()
        applied = await self.game.apply_asker()
        self.screen.done(f"{', '.join(applied)} applied")
        host_name = await self._published(self.game)
        bill = bill_of(self.record.since(since))
        self._show_bill(bill)
        self._expect_kept(promise, since)
        if bill.number_of_changes > MOST_CHANGES or bill.number_of_reads > MOST_READS:
            raise DemoError(f"that should cost at most {MOST_CHANGES} changing calls and {MOST_READS} reads")
        await self._show_tree(host_name)
        return host_name

    async def echo_is_planned(self) -> Promise:
        """What a Service would make, asked before there is even its namespace."""
        self.screen.step("Plan a network load balancer for a Service, before any of its objects exists")
        return await self._planned(self.echo.names, but=_DETAILS)

    async def echo_appears(self, promise: Promise) -> None:
        """The Service becomes the load balancer that was planned."""
        self.screen.step("Apply the Service and its pods")
        since = self.record.last()
        applied = await self.echo.apply()
        self.screen.done(f"{', '.join(applied)} applied")
        with self.screen.waiting("waiting for the pods"):
            await self.echo.ready(FIRST_PODS)
        self.screen.done(f"{FIRST_PODS} pods are ready")
        host_name = await self._published(self.echo)
        self._show_bill(bill_of(self.record.since(since)))
        self._expect_kept(promise, since)
        await self._show_tree(host_name)

    async def scale(self, host_name: str) -> None:
        """More pods: their targets in one call."""
        self.screen.step(f"Scale the Deployment from {FIRST_PODS} to {MORE_PODS} pods")
        since = self.record.last()
        writes = 0

        def count() -> None:
            nonlocal writes
            writes += 1

        async with self.game.watching_endpoints(count):
            await self.game.scale(MORE_PODS)
            with self.screen.waiting("waiting for the pods"):
                await self.game.ready(MORE_PODS)
                await self._settle()
        await self._expect_healthy(host_name, MORE_PODS)
        bill = bill_of(self.record.since(since))
        self._show_bill(bill)
        if set(bill.changes) != {REGISTER} or bill.number_of_changes > writes:
            raise DemoError(f"that should cost nothing but {REGISTER}, at most one for each of {writes} changes")
        if bill.number_of_changes > 1:
            self.screen.note("the pods became ready too far apart for one call: registrations gather for 100 ms")
        await self._show_tree(host_name)

    async def trace(self) -> None:
        """That change, through the three services."""
        names = self.game.names
        arguments = ("trace", f"{names.namespace}/{names.asker}")
        self.screen.step("Follow that change through the three services")
        self.screen.command(f"elbow {' '.join(arguments)}")
        output = await self._elbow(*arguments)
        self.screen.verbatim(output)
        missing = [one for one in _IN_A_TRACE if one not in output]
        if missing:
            raise DemoError(f"the trace lacks {', '.join(missing)}")

    async def delete(self, before: Mapping[str, str]) -> None:
        """Everything goes, and AWS is as it was."""
        self.screen.step("Delete everything")
        since = self.record.last()
        with self.screen.waiting("waiting for the namespaces to go"):
            for application in (self.game, self.echo):
                await application.delete()
            for application in (self.game, self.echo):
                await application.gone()
            await self._settle()
        self.screen.done("the objects are gone from Kubernetes")
        self._show_bill(bill_of(self.record.since(since)))
        end = time.monotonic() + _CLEAN_SECONDS
        with self.screen.waiting("comparing AWS with what was there before"):
            while left := differences(before, await asyncio.to_thread(self.account.contents)):
                if time.monotonic() >= end:
                    raise DemoError("AWS is not as it was:\n" + "\n".join(f"  {line}" for line in left))
                await asyncio.sleep(_LOOK_SECONDS)
        self.screen.done("AWS is as it was before: nothing new, nothing gone, nothing changed")

    async def _planned(self, names: Names, *, but: str | None = None) -> Promise:
        """Shows the plan of a manifest, without lines that begin with `but`."""
        places, manifest = self.programs.places, names.manifest
        shown = manifest.relative_to(Path.cwd()) if manifest.is_relative_to(Path.cwd()) else manifest
        arguments = ("--sandbox", str(places.sandbox), "-f", str(manifest))
        self.screen.command(f"elbow plan -f {shown}" + (f" | grep -v '^{but}'" if but else ""))
        text, answer = await asyncio.gather(
            self._elbow("plan", *arguments), self._elbow("plan", *arguments, "-o", "json")
        )
        self.screen.verbatim(text, but=but)
        return promise_of(answer)

    async def _published(self, application: Application) -> str:
        with self.screen.waiting("waiting for the load balancer"):
            host_name = await application.host_name()
            self.screen.done(f"it has a host name: {host_name}")
            await self._settle()
        await self._expect_healthy(host_name, FIRST_PODS)
        return host_name

    def _expect_kept(self, promise: Promise, since: int) -> None:
        """That AWS's record says what the plan said: the same calls, with the same parameters and names."""
        recorded = self.record.changes(since)
        if untrue := promise.untrue(recorded):
            raise DemoError("it did not cost what the plan said:\n" + "\n".join(f"  {line}" for line in untrue))
        text = f"it cost what the plan said: {len(promise.calls)} calls"
        if for_pods := promise.number_left_open(recorded):
            text += f", and {for_pods} for the pods that did not exist then"
        self.screen.done(text)

    async def _settle(self) -> None:
        await self._elbow("status", "--wait", "--timeout", str(_SETTLE_SECONDS))

    async def _elbow(self, command: str, *arguments: str) -> str:
        return await self.programs.elbow(command, "--state-file", str(self.programs.places.state_file), *arguments)

    async def _expect_healthy(self, host_name: str, number: int) -> None:
        states = await asyncio.to_thread(self.account.health, host_name)
        if list(states) != ["healthy"] * number:
            raise DemoError(f"there should be {number} healthy targets, not: {', '.join(states) or 'none'}")
        self.screen.done(f"{number} targets are healthy")

    async def _show_tree(self, host_name: str) -> None:
        self.screen.plain()
        self.screen.show(await asyncio.to_thread(self.account.tree, host_name))

    def _show_bill(self, bill: Bill) -> None:
        calls = "1 AWS call" if bill.number_of_changes == 1 else f"{bill.number_of_changes} AWS calls"
        reads = "no reads" if not bill.reads else f"{bill.number_of_reads} reads ({listed(bill.reads)})"
        self.screen.done(f"{calls}, {reads}; health polls apart: {bill.health_polls}")
        self.screen.note(listed(bill.changes))
