"""One endpoint a module, since it takes a second to start; every test finds no load balancer and no switch on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws import AwsServer
from sandbox.aws.elbv2.delays import IMMEDIATE
from sandbox.aws.elbv2.throttling import ThrottlingSettings
from sandbox.clock import Clock
from tests.unit.sandbox_aws.account import Account


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    server = AwsServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running(server: AwsServer) -> Iterator[Account]:
    account = Account(server.start())
    yield account
    account.close()


@pytest.fixture
def aws(server: AwsServer, running: Account) -> Iterator[Account]:
    server.elbv2.reset()
    server.log.clear()
    yield running
    server.faults.board.reset()
    server.health.release()
    server.throttling.settings = ThrottlingSettings()
    server.elbv2.conditions.delays = IMMEDIATE
    server.elbv2.conditions.clock = Clock()
