"""Pods for the measurement of the data plane, as a process: `python -m tests.bench.traffic_pods DIRECTORY COUNT`.

They are the kubelet's echo servers, without a kubelet.
"""

import asyncio
import sys
from pathlib import Path

from sandbox.address_table import Place, write_table
from sandbox.clock import Clock
from sandbox.kubernetes.application.answers import Identity
from sandbox.kubernetes.application.application import Application
from sandbox.kubernetes.application.options import Options
from sandbox.kubernetes.application.ports import Port

PORT = 8080


def address(number: int) -> str:
    """Address of the pod of this number."""
    return f"10.0.100.{number + 10}"


async def _serve(directory: Path, count: int) -> None:
    port = Port(number=PORT)
    pods: dict[Place, tuple[str, int]] = {}
    for number in range(count):
        identity = Identity(pod=f"web-{number}", namespace="bench", node="node", address=address(number))
        application = Application(identity, Options(), Clock())
        await application.listen([port])
        pods[Place(host=address(number), port=PORT)] = application.sockets[port]
    write_table(directory / "pods.json", pods)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
