"""The planner as a service process: its parts with channels, Lease and servicer. Called by `__main__`."""

import asyncio
import logging
from dataclasses import replace

from elbow.planner.v1.planner_service_pb2_grpc import add_PlannerServiceServicer_to_server

from services.planner.assembly import Options, assemble
from services.planner.caution import Caution, Mode
from services.planner.kube.access import open_client
from services.planner.kube.lease import LeaseApi, LeaseKeeper, LeaseTimes
from services.planner.kube.reference import ReferenceLease, ReferenceWatch
from services.planner.leadership import Leadership
from services.planner.servicer import FULL_NAME, PlannerServicer
from services.planner.settings import PlannerSettings
from services.planner.work.core_port import Core
from services.runtime.channel import open_channel
from services.runtime.errors import StartError
from services.runtime.service import Background, Registration, Service

_LOGGER = logging.getLogger(__name__)


async def build(settings: PlannerSettings) -> Service:
    """The service for these settings. It starts without its peers and waits for them; raises StartError when nothing
    says how to reach the API server, or when TLS files do not fit.
    """
    client = await asyncio.to_thread(open_client, settings.kubeconfig)
    leadership = Leadership()
    heeds_reference = settings.mode is Mode.EXECUTE and not settings.ignore_reference_controller
    caution = Caution(mode=settings.mode, heeds_reference=heeds_reference)
    if settings.mode is Mode.OBSERVE:
        _LOGGER.warning("only observed: nothing is executed", extra={"reason": caution.reason})
    keeper = _keeper(settings, client, leadership)
    watcher = open_channel(settings.watcher.address, settings.tls, service_name="planner")
    executor = open_channel(settings.executor.address, settings.tls, service_name="planner")
    parts = assemble(
        _options(settings, caution), watcher=watcher, executor=executor, leadership=leadership, core=Core()
    )
    servicer = PlannerServicer(
        parts.workshop,
        leadership,
        identity=settings.identity,
        watcher=(settings.watcher.address, parts.watcher.outage),
        executor=(settings.executor.address, parts.executor.outage),
    )

    async def close() -> None:
        await parts.close()
        await keeper.release()
        await watcher.close()
        await executor.close()
        client.close()

    return Service(
        name="planner",
        servicers=(
            Registration(
                add=lambda server: add_PlannerServiceServicer_to_server(servicer, server), full_name=FULL_NAME
            ),
        ),
        background=(
            Background(name="Lease", run=keeper.run),
            *_reference_watch(settings, client, caution if heeds_reference else None),
            *parts.background,
        ),
        drain=parts.drain,
        close=close,
    )


def _options(settings: PlannerSettings, caution: Caution) -> Options:
    cluster = settings.cluster(name=settings.cluster_name, region=settings.aws_region, vpc_id=settings.aws_vpc_id)
    return Options(
        identity=settings.identity,
        cluster=replace(cluster, namespace=settings.namespace, limits=settings.guard.limits),
        lifetimes=settings.lookup.lifetimes,
        workers=settings.workers,
        collect_seconds=settings.register_collect_ms / 1_000,
        caution=caution,
        sweep_seconds=settings.sweep.period_seconds,
    )


def _reference_watch(settings: PlannerSettings, client: object, caution: Caution | None) -> tuple[Background, ...]:
    if caution is None:
        return ()
    lease = ReferenceLease(client, namespace=settings.reference.namespace, name=settings.reference.lease)
    clock = asyncio.get_running_loop().time
    watch = ReferenceWatch(lease, caution, every_seconds=settings.reference.every_seconds, clock=clock)
    return (Background(name="reference controller's Lease", run=watch.run),)


def _keeper(settings: PlannerSettings, client: object, leadership: Leadership) -> LeaseKeeper:
    duration, renew = float(settings.lease.duration_seconds), settings.lease.renew_seconds
    times = LeaseTimes(duration=duration, renew=renew, give_up=duration * 2 / 3)
    if renew >= times.give_up:
        raise StartError(
            f"--lease-renew-seconds {renew:g} is too long for --lease-duration-seconds {duration:g}: "
            f"a leader that has not renewed its Lease for {times.give_up:g} s stops leading"
        )
    return LeaseKeeper(
        LeaseApi(client, namespace=settings.lease.namespace, name=settings.lease.name, times=times),
        leadership,
        identity=settings.identity,
        times=times,
        clock=asyncio.get_running_loop().time,
    )
