"""Serves the AWS endpoint in this process. The sandbox command, the demo and the tests start it."""

from __future__ import annotations

import logging
import socket
import threading
from functools import cache
from typing import Any, ClassVar

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from sandbox.aws import patches
from sandbox.aws.admin import Admin
from sandbox.aws.calling import Caller
from sandbox.aws.conditions_admin import ConditionsAdmin
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.elbv2.throttling import Throttling, ThrottlingSettings
from sandbox.aws.faults import Faults
from sandbox.aws.gateway import Gateway
from sandbox.aws.health import HealthSwitch
from sandbox.aws.patches.patching import Patches
from sandbox.aws.protection import Protection
from sandbox.aws.record import CallLog
from sandbox.aws.seed import seed
from sandbox.aws.world import AwsWorld

REGION = "us-west-2"
BACKLOG = 128
"""Connections that may wait to be accepted."""
_STOP_SECONDS = 0.05
"""How long stopping may go unnoticed."""


class AwsServer:
    """One AWS account behind one HTTP endpoint.

    moto keeps one account a process: a second server in the same process can start when the first has stopped, and
    finds the account empty.
    """

    _running: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        cluster_name: str = "rig",
        *,
        conditions: Conditions | None = None,
        throttling: ThrottlingSettings | None = None,
    ) -> None:
        """`conditions` are the clock, the delays and the network of load balancing; without them all is at once."""
        self._cluster_name = cluster_name
        self.log = CallLog()
        """The record of calls."""
        self.faults = Faults()
        """The faults that are switched on."""
        self.health = HealthSwitch()
        """The switch that holds targets in a health state."""
        self.throttling = Throttling(throttling)
        """The request limits; off unless asked for."""
        self.elbv2 = Elbv2(region=REGION, switch=self.health, conditions=conditions)
        """Load balancing; empty again after every start."""
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._patches: Patches | None = None

    def start(self, host: str = "127.0.0.1", port: int = 0) -> AwsWorld:
        """Serve on this address (port 0: a free one) and seed the account.

        Raises RuntimeError when another server runs in this process, OSError when the port is taken.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError("an AWS endpoint already runs in this process; moto keeps one account a process")
        try:
            _forget_everything()
            # The server would log every request.
            logging.getLogger("werkzeug").setLevel(logging.ERROR)
            self.elbv2.reset()
            self._patches = patches.install(self.elbv2)
            # The server would end the process when it cannot bind; so it gets a socket that is bound.
            with socket.create_server((host, port), backlog=BACKLOG) as listening:
                port = listening.getsockname()[1]
                url = f"http://{host}:{port}"
                gateway = self._gateway(url)
                self._server = make_server(host, port, gateway, threaded=True, fd=listening.fileno())
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_STOP_SECONDS,), name="sandbox-aws", daemon=True
            )
            self._thread.start()
            self.elbv2.start()
            world = seed(url=url, region=REGION, cluster_name=self._cluster_name)
        except BaseException:
            self._shut_down()
            raise
        self.log.clear()
        return world

    def stop(self) -> None:
        """Stop serving; held calls are discarded. A server that does not run stays as it is."""
        if self._patches is not None:
            self._shut_down()

    def _gateway(self, url: str) -> Gateway:
        admin = Admin(
            log=self.log,
            faults=self.faults,
            health=self.health,
            conditions=ConditionsAdmin(self.throttling, self.elbv2),
            caller=Caller(url=url, region=REGION),
        )
        return Gateway(
            moto=_moto_application(),
            elbv2=self.elbv2,
            protection=Protection(self.elbv2),
            log=self.log,
            faults=self.faults,
            throttling=self.throttling,
            clock=self.elbv2.conditions.clock,
            admin=admin,
        )

    def _shut_down(self) -> None:
        self.faults.discard_held()
        self.elbv2.stop()
        if self._server is not None:
            if self._thread is not None:
                self._server.shutdown()
                self._thread.join()
            self._server.server_close()
        if self._patches is not None:
            self._patches.undo()
        self._server = self._thread = self._patches = None
        self._running.release()


def _forget_everything() -> None:
    BackendDict.reset()
    reset_model_data()


def _moto_application() -> Any:
    """moto's dispatcher, which looks a host up among hundreds of patterns; here once a host."""
    application = DomainDispatcherApplication(create_backend_app)
    application.get_backend_for_host = cache(application.get_backend_for_host)
    return application
