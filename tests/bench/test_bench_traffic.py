"""Requests through an application load balancer of the sandbox to 20 pods: a fixed rate without an error, what the load
balancer adds to asking the pods, and how many it can take.

Pods, data plane and load generator are three processes, as in a sandbox; the configuration comes from an endpoint of
the test. `ELBOW_BENCH_SECONDS` is how long the fixed rate is held, 60 unless given.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.lab.client.addresses import Addresses
from sandbox.lab.client.http import Connection, Request
from sandbox.lab.client.load import Load, LoadGenerator
from sandbox.lab.timeline import Sample
from tests.bench.timing import Table
from tests.bench.traffic_pods import PORT, address
from tests.unit.sandbox_traffic.endpoint import Endpoint
from tests.unit.sandbox_traffic.snapshots import DNS, balancer, forward, group, listener, rule, snapshot, target

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PODS, RPS = 20, 300.0
SECONDS = float(os.environ.get("ELBOW_BENCH_SECONDS", "60"))
WORKERS, CEILING_SECONDS = 32, 5.0
THROUGH, DIRECT = f"http://{DNS}/", f"http://{address(0)}:{PORT}/"


@asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python program while the block runs."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *arguments)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - files of other processes
            await asyncio.sleep(0.05)


async def steady(url: str, addresses: Addresses, seconds: float) -> list[Sample]:
    """What became of requests at the fixed rate."""
    samples: list[Sample] = []
    await LoadGenerator(Load(url=url, rps=RPS), addresses, samples.append, time.monotonic).run(seconds)
    return samples


async def ceiling(url: str, addresses: Addresses) -> float:
    """Answers a second when every worker sends its next request as soon as the last is answered."""
    request = Request(host=DNS, path="/", headers={})
    end, answered = time.monotonic() + CEILING_SECONDS, 0

    async def work() -> None:
        nonlocal answered
        connection = await Connection.to(addresses.of_url(url), tls=None, name="")
        while time.monotonic() < end:
            assert (await connection.exchange(request, keep=True)).status == 200
            answered += 1
        connection.close()

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    return answered / CEILING_SECONDS


def processor_seconds(pid: int) -> float:
    """What a process of one thread has used of processors so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def at(samples: list[Sample], share: float) -> float:
    """The latency, in seconds, that this share of the requests did not exceed."""
    return sorted(sample.seconds for sample in samples)[int(share * (len(samples) - 1))]


async def test_a_fixed_rate_through_an_application_load_balancer(tmp_path: Path, measured: Table) -> None:
    targets = [target(address(number), PORT) for number in range(PODS)]
    endpoint = Endpoint(snapshot(balancer(listener(rule(forward("pods")))), pods=group(*targets)))
    url = await endpoint.start()
    addresses = Addresses(tmp_path)
    async with (
        program("tests.bench.traffic_pods", str(tmp_path), str(PODS)),
        program("sandbox.traffic", "--aws-url", url, "--directory", str(tmp_path)) as traffic,
    ):
        await until(lambda: addresses.of(DNS, 80) is not None and addresses.of(address(0), PORT) is not None)
        direct = await steady(DIRECT, addresses, min(SECONDS, 15))
        used = processor_seconds(traffic.pid)
        through = await steady(THROUGH, addresses, SECONDS)
        used = processor_seconds(traffic.pid) - used
        most_direct, most_through = await ceiling(DIRECT, addresses), await ceiling(THROUGH, addresses)
    await endpoint.stop()
    report(measured, direct, through, used)
    measured.add("one answer, all workers busy, pods asked", 1 / most_direct, f"{most_direct:.0f} a second")
    measured.add("the same through the load balancer", 1 / most_through, f"{most_through:.0f} a second: the ceiling")
    outcomes = Counter((sample.status, sample.error) for sample in through)
    assert outcomes == {(200, ""): round(RPS * SECONDS)}
    per_pod = Counter(sample.pod for sample in through)
    assert len(per_pod) == PODS
    assert max(per_pod.values()) - min(per_pod.values()) < 0.1 * RPS * SECONDS / PODS + 20


def report(measured: Table, direct: list[Sample], through: list[Sample], used: float) -> None:
    """The rows of the fixed rate."""
    where = f"{RPS:.0f} requests a second to {PODS} pods for {SECONDS:.0f} s"
    for name, share in (("median", 0.5), ("99 %", 0.99)):
        added = (at(through, share) - at(direct, share)) * 1000
        measured.add(
            f"latency through an ALB, {name}", at(through, share), f"{added:+.2f} ms against the pods; {where}"
        )
    measured.add("processor time of the data plane a request", used / len(through))
