"""A large cluster seen by the three services as processes: how long its snapshot takes, what memory each process needs,
and a deregistration in the middle of a snapshot. Nothing here fails for being slow.

The objects are written straight into the sandbox's API server, without controllers: pods stand on nodes that no kubelet
serves, endpoints are ours, and the Ingresses are of a class that is not handled. One game besides is real.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.kubernetes.client.resources import Resource
from tests.bench.timing import Table
from tests.integration.harness.aws import registered
from tests.integration.harness.elbow import SERVICES, Elbow
from tests.integration.harness.game import Game, ingress, namespace
from tests.integration.harness.kube import KINDS, Kube, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_200)]

NAMESPACE = "crowd"
N_PODS, N_INGRESSES, N_SERVICES = 10_000, 1_000, 100
WRITERS = 8
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 0.005


def pod(number: int) -> Object:
    labels = {"app": f"app-{number % N_SERVICES}", "pod-template-hash": "5d8f9c7b6d", "team": "storefront"}
    variables = [{"name": f"SETTING_{i}", "value": "x" * 40} for i in range(12)]
    container = {"name": "web", "image": "registry.example/web:1.2.3", "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": NAMESPACE, "name": f"web-{number}", "labels": labels},
        "spec": {"nodeName": f"far-{number % 200}", "containers": [{**container, "env": variables}]},
    }


def endpoints(number: int) -> Object:
    """The slice of one Service: every hundredth pod."""
    members = range(number, N_PODS, N_SERVICES)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": NAMESPACE,
            "name": f"app-{number}",
            "labels": {"kubernetes.io/service-name": f"app-{number}"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
        "endpoints": [
            {
                "addresses": [f"100.64.{i // 250}.{i % 250 + 1}"],
                "conditions": {"ready": True},
                "targetRef": {"kind": "Pod", "namespace": NAMESPACE, "name": f"web-{i}"},
            }
            for i in members
        ],
    }


def route(number: int) -> Object:
    """An Ingress of a class that nobody here handles: it is in the view and leads to nothing."""
    made = ingress(NAMESPACE, {})
    return {
        **made,
        "metadata": {**made["metadata"], "name": f"route-{number}"},
        "spec": {**made["spec"], "ingressClassName": "elsewhere"},
    }


def create(kube: Kube, item: Object) -> None:
    resource: Resource = KINDS[item["kind"]]
    kube.http("POST", resource.path(namespace=NAMESPACE), item)


@pytest.fixture(scope="module")
def crowded(sandbox: Sandbox) -> Sandbox:
    """The sandbox with a large cluster in it. The sandbox goes with the run, and the crowd with it."""
    sandbox.kube.apply(namespace(NAMESPACE))
    items = [*map(pod, range(N_PODS)), *map(route, range(N_INGRESSES)), *map(endpoints, range(N_SERVICES))]
    with ThreadPoolExecutor(WRITERS) as writers:
        for _ in writers.map(lambda item: create(sandbox.kube, item), items):
            pass
    return sandbox


@pytest.fixture(scope="module")
def large(crowded: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elbow]:
    """The three services on it, not started."""
    elbow = Elbow(crowded, tmp_path_factory.mktemp("large"))
    yield elbow
    elbow.stop_all()


@pytest.fixture(scope="module")
def game(crowded: Sandbox, large: Elbow) -> Iterator[Game]:
    """A served game among the crowd."""
    large.start_all()
    game = Game(sandbox=crowded, elbow=large)
    game.deploy(4)
    game.publish()
    game.published()
    large.settled(PATIENCE_SECONDS)
    yield game
    large.start_all()
    game.remove()


def memory(elbow: Elbow, service: str) -> tuple[float, float]:
    """Resident memory of a service's process and its peak, in MiB."""
    status = Path(f"/proc/{elbow.processes[service].pid}/status").read_text().splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in status if line.startswith(("VmRSS", "VmHWM"))}
    return int(values["VmRSS"]) / 1024, int(values["VmHWM"]) / 1024


def objects(elbow: Elbow) -> int:
    status = elbow.planner.status()
    return sum(kind.objects for kind in status.kinds) if status is not None else 0


def spent(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_sync(elbow: Elbow) -> None:
    """Waits until the whole cluster is in the planner's view."""
    until(
        elbow.planner.status,
        holds=lambda status: status is not None and status.in_sync,
        what=lambda: f"the view to be in sync\n{elbow.report()}",
        within=PATIENCE_SECONDS,
        every=LOOK_SECONDS,
    )
    assert objects(elbow) >= N_PODS + N_INGRESSES + N_SERVICES


def test_a_large_cluster_is_read_and_kept(game: Game, measured: Table) -> None:
    elbow = game.elbow
    elbow.stop_all()

    def all_three() -> None:
        elbow.start_all()
        in_sync(elbow)

    def one(service: str) -> Callable[[], None]:
        def again() -> None:
            elbow.start(service)
            in_sync(elbow)

        return again

    size = f"{N_PODS} pods, {N_INGRESSES} Ingresses, {N_SERVICES} EndpointSlices"
    measured.add("all three started, until in sync", spent(all_three), size)
    elbow.kill("planner")
    measured.add("planner started anew, until in sync", spent(one("planner")), "the watcher has listed already")
    elbow.settled(PATIENCE_SECONDS)
    for service in SERVICES:
        resident, peak = memory(elbow, service)
        measured.add_memory(f"resident memory of the {service}", resident, f"at most {peak:.0f} so far")


def test_a_pod_is_deregistered_in_the_middle_of_a_snapshot(game: Game, measured: Table) -> None:
    elbow, aws = game.elbow, game.sandbox.aws
    elbow.settled(PATIENCE_SECONDS)
    before, mark = game.targets(), aws.mark()
    elbow.kill("watcher")
    elbow.start("watcher")
    until(
        elbow.planner.status,
        holds=lambda status: status is not None and status.watcher.connected,
        what="the watcher to be connected again",
        within=PATIENCE_SECONDS,
        every=LOOK_SECONDS,
    )
    game.scale(3)
    begun = time.perf_counter()
    until(
        lambda: aws.calls(mark).of("DeregisterTargets"),
        what=lambda: f"the pod to be deregistered\n{elbow.report()}",
        within=PATIENCE_SECONDS,
        every=LOOK_SECONDS,
    )
    until_gone = time.perf_counter() - begun
    status = elbow.planner.status()
    syncing = [k.kind for k in status.kinds if k.state != "synced"] if status is not None else []
    in_sync(elbow)
    until_synced = time.perf_counter() - begun
    after = game.follows(3)
    measured.add(
        "deregistration, asked for in the middle of a snapshot", until_gone, f"unread then: {syncing or 'none'}"
    )
    measured.add("the snapshot, from then on", until_synced)
    elbow.settled(PATIENCE_SECONDS)
    calls = aws.calls(mark)
    assert sorted(registered(calls.of("DeregisterTargets"))) == sorted(before - after)
    assert calls.besides("DeregisterTargets") == {}
