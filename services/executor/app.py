"""Puts the executor together from its settings. Called by `__main__`, and by contract tests in their own loop."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from elbow.executor.v1 import executor_service_pb2_grpc as pb_grpc

from services.executor.attempts import Attempts
from services.executor.aws.caller import AwsCaller
from services.executor.aws.clients import ClientOptions, make_clients, make_role_clients
from services.executor.aws.gate import Gate
from services.executor.aws.guard import Guard, OwnedResources
from services.executor.aws.observer import Observer
from services.executor.aws.roles import AssumedRoles
from services.executor.core.buckets import Rates, parse_overrides
from services.executor.core.budget import Budget
from services.executor.kube.access import load_api_client
from services.executor.kube.bindings import BindingReader
from services.executor.kube.client import KubeClient
from services.executor.kube.leases import LeaseReader
from services.executor.kube.pods import PodGates
from services.executor.kube.secrets import SecretReader
from services.executor.kube.target_records import TargetRecords
from services.executor.kube.writes import KubeWriter
from services.executor.runner import Runner
from services.executor.sequence import Sequence
from services.executor.servicer import FULL_NAME, ExecutorServicer
from services.executor.sessions import Sessions
from services.executor.settings import ExecutorSettings
from services.executor.tracker import Schedule, Tracker
from services.runtime.service import Background, Registration, Service
from services.runtime.tasks import Tasks

_KUBERNETES_THREADS = 16


async def make_service(settings: ExecutorSettings) -> Service:
    """The executor as a service. Raises StartError when it has no way to Kubernetes or AWS."""
    sequence = Sequence()
    attempts = Attempts(sequence, settings.aws.retry_seconds)
    kube = KubeClient(
        await asyncio.to_thread(load_api_client, settings.kubeconfig, connections=_KUBERNETES_THREADS),
        attempts,
        timeout_seconds=settings.aws.call_timeout_seconds,
        threads=_KUBERNETES_THREADS,
    )
    bindings = BindingReader(kube)
    options = _client_options(settings)
    roles = AssumedRoles(bindings, partial(make_role_clients, options), cluster=settings.cluster_name)
    clients = await asyncio.to_thread(make_clients, options)
    caller = AwsCaller(clients, Gate(Budget(_rates(settings))), attempts, settings.aws.threads, roles)
    sessions = Sessions(LeaseReader(kube, settings.lease.namespace, settings.lease.name), lambda: datetime.now(UTC))
    tasks = Tasks()
    servicer = _servicer(
        settings, sequence=sequence, sessions=sessions, caller=caller, kube=kube, bindings=bindings, tasks=tasks
    )

    async def close() -> None:
        await tasks.close()
        caller.close()
        kube.close()

    return Service(
        name="executor",
        servicers=(
            Registration(
                add=lambda server: pb_grpc.add_ExecutorServiceServicer_to_server(servicer, server),
                full_name=FULL_NAME,
            ),
        ),
        background=(Background(name="guard of plans", run=tasks.guard),),
        drain=sessions.close,
        close=close,
    )


def _servicer(
    settings: ExecutorSettings,
    *,
    sequence: Sequence,
    sessions: Sessions,
    caller: AwsCaller,
    kube: KubeClient,
    bindings: BindingReader,
    tasks: Tasks,
) -> ExecutorServicer:
    owned = OwnedResources(settings.cluster_name)
    gates = PodGates(kube)
    schedule = Schedule(
        first_seconds=settings.track.first_seconds,
        factor=settings.track.factor,
        longest_seconds=settings.track.longest_seconds,
    )
    return ExecutorServicer(
        sequence=sequence,
        sessions=sessions,
        runner=Runner(
            caller=caller,
            guard=Guard(settings.cluster_name, owned, caller, bindings),
            writer=KubeWriter(kube),
            bindings=bindings,
            secrets=SecretReader(kube),
        ),
        observer=Observer(
            caller, owned, TargetRecords(kube), cluster=settings.cluster_name, vpc_id=settings.aws_vpc_id
        ),
        make_tracker=lambda report: Tracker(caller, gates, schedule, report),
        tasks=tasks,
    )


def _client_options(settings: ExecutorSettings) -> ClientOptions:
    return ClientOptions(
        region=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url,
        call_timeout_seconds=settings.aws.call_timeout_seconds,
        connections=2 * settings.aws.threads,
    )


def _rates(settings: ExecutorSettings) -> Rates:
    return Rates(
        overrides=parse_overrides(settings.aws.buckets),
        scale=settings.aws.rate_scale,
        account_wide=settings.aws.account_wide,
        sweep_share=settings.aws.sweep_share,
    )
