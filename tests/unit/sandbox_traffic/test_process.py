"""The data plane as a process: follows an endpoint's configuration, writes where it serves, tells its figures."""

import asyncio
import json
from pathlib import Path

import aiohttp

from sandbox.address_table import AddressTable, Place, write_table
from sandbox.clock import Clock
from sandbox.traffic.admin import PATH as FIGURES
from sandbox.traffic.process import LOAD_BALANCERS, PODS, STATE, run
from tests.unit.sandbox_traffic.endpoint import Endpoint
from tests.unit.sandbox_traffic.snapshots import ALB, DNS, balancer, forward, group, listener, rule, snapshot, target
from tests.unit.sandbox_traffic.stage import Stage, echo, receive

POD = "10.0.100.18"


async def appears(table: AddressTable, host: str) -> tuple[str, int]:
    """Where a host's port 80 is served, once it is in the table."""
    async with asyncio.timeout(10):
        while (found := table.resolve(host, 80)) is None:  # noqa: ASYNC110 - it is a file that changes
            await asyncio.sleep(0.01)
    return found


async def test_the_process_follows_and_writes_and_counts(tmp_path: Path) -> None:
    pods = Stage(Clock(), lambda: 0.0)
    await pods.serve(POD, echo())
    write_table(tmp_path / PODS, {Place(host=POD, port=8080): pods.table.known[POD, 8080, "tcp"]})
    endpoint = Endpoint(snapshot(balancer(listener(rule(forward("pods")))), pods=group(target(POD))))
    work = asyncio.create_task(run(await endpoint.start(), tmp_path, Clock(10)))
    table = AddressTable(tmp_path / LOAD_BALANCERS)
    reader, writer = await asyncio.open_connection(*await appears(table, DNS))
    writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
    assert (await receive(reader)).status == 200
    state = json.loads((tmp_path / STATE).read_text())
    async with aiohttp.ClientSession() as session, session.get(state["url"] + FIGURES) as answer:
        figures = await answer.json()
    assert (figures["version"], figures["clockFactor"]) == (1, 10)
    assert figures["loadBalancers"][ALB]["requests"] == {"200": 1}
    second = balancer(listener(rule(forward("pods"))), dnsName="second.test", arn=f"{ALB}2")
    first = balancer(listener(rule(forward("pods"))), state="provisioning")
    await endpoint.change(snapshot(first, second, pods=group(target(POD)), version=2))
    await appears(table, "second.test")
    assert table.resolve(DNS, 80) is None, "a load balancer that is being provisioned carries nothing"
    writer.close()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not (tmp_path / STATE).exists()
    assert not (tmp_path / LOAD_BALANCERS).exists()
    await endpoint.stop()
    await pods.close()
