from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from sandbox.aws import AwsServer
from sandbox.aws.faults import Hold, HoldState
from sandbox.aws.record import Phase
from tests.unit.sandbox_aws.account import Account

PATIENCE_SECONDS = 60


def read_world(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The JSON that the process prints when it is ready."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    world: dict[str, Any] = json.loads(text)
    return world


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox.aws", "--port", "0", "--cluster-name", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def test_the_endpoint_runs_alone_and_stops_on_sigterm(process: subprocess.Popen[str]) -> None:
    world = read_world(process)
    assert (world["cluster_name"], world["region"]) == ("demo", "us-west-2")
    with socket.create_connection(
        ("127.0.0.1", int(world["url"].rpartition(":")[2])), timeout=PATIENCE_SECONDS
    ) as link:
        link.sendall(b"GET /__sandbox/calls HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in link.recv(4096)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "sandbox.aws", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_stopped_endpoint_starts_again_empty() -> None:
    server = AwsServer()
    for _ in range(2):
        account = Account(server.start())
        assert account.elb.describe_load_balancers()["LoadBalancers"] == []
        assert len(account.elb.describe_target_groups()["TargetGroups"]) == 2
        account.alb("web")
        account.close()
        server.stop()
    server.stop()


def test_a_call_that_is_held_when_the_endpoint_stops_is_discarded() -> None:
    server = AwsServer()
    account = Account(server.start())
    account.fault("hold", operation="CreateTargetGroup")
    with ThreadPoolExecutor(1) as background:
        held = background.submit(account.target_group)
        pause = threading.Event()
        while not any(hold.state is HoldState.HELD for hold in server.faults.board.active(Hold)):
            pause.wait(0.01)
        server.stop()
        with pytest.raises(ConnectionClosedError):
            held.result(PATIENCE_SECONDS)
    account.close()
    assert [(call.phase, call.answered) for call in server.log.calls()] == [(Phase.BEFORE, False)]
