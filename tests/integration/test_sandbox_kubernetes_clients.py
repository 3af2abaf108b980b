"""The official Python client against the sandbox's API server over HTTP, and the server's own doors."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from sandbox.kubernetes.apiserver import ApiServer, NotLoopback

DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "web:1"}]},
        },
    },
}


FORGET = {"kind": "forget"}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = ApiServer()
    try:
        yield await server.start()
    finally:
        await server.stop()


def _api(url: str) -> client.ApiClient:
    configuration = client.Configuration()
    configuration.host = url
    return client.ApiClient(configuration)


async def test_the_typed_client_creates_patches_lists_and_deletes(url: str) -> None:
    def work() -> tuple[int, list[str], int]:
        with _api(url) as api:
            apps = client.AppsV1Api(api)
            apps.create_namespaced_deployment("default", DEPLOYMENT)
            patched = apps.patch_namespaced_deployment("web", "default", {"spec": {"replicas": 4}})
            names = [each.metadata.name for each in apps.list_namespaced_deployment("default").items]
            apps.delete_namespaced_deployment("web", "default")
            return patched.spec.replicas, names, len(apps.list_namespaced_deployment("default").items)

    assert await asyncio.to_thread(work) == (4, ["web"], 0)


async def test_the_client_watches_on_from_its_list(url: str) -> None:
    def work() -> list[tuple[str, str]]:
        with _api(url) as api:
            core = client.CoreV1Api(api)
            version = core.list_namespaced_config_map("default").metadata.resource_version
            for name in ("a", "b"):
                core.create_namespaced_config_map("default", {"metadata": {"name": name}})
            core.delete_namespaced_config_map("a", "default")
            stream = watch.Watch()
            found: list[tuple[str, str]] = []
            for event in stream.stream(core.list_namespaced_config_map, "default", resource_version=version):
                found.append((event["type"], event["object"].metadata.name))
                if len(found) == 3:
                    stream.stop()
            return found

    assert await asyncio.to_thread(work) == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")]


async def test_the_client_is_told_that_its_version_is_gone(url: str) -> None:
    async with aiohttp.ClientSession(url) as session, session.post("/__sandbox/faults", json=FORGET) as answer:
        assert answer.status == 200

    def work() -> int | None:
        with _api(url) as api:
            core = client.CoreV1Api(api)
            try:
                for _ in watch.Watch().stream(core.list_namespace, resource_version="1", timeout_seconds=1):
                    pass
            except ApiException as error:
                return int(error.status)
            return None

    assert await asyncio.to_thread(work) == 410


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("/api/v1/nonsense", 404, id="an unknown resource"),
        pytest.param("/apis/example.com/v1/things", 404, id="an unknown group"),
        pytest.param("/__sandbox/nonsense", 404, id="an unknown switch"),
        pytest.param("/readyz", 200, id="readiness"),
        pytest.param("/openapi/v2", 200, id="the second OpenAPI version"),
        pytest.param("/openapi/v3/apis/apps/v1", 200, id="the third OpenAPI version, by group"),
    ],
)
async def test_other_doors(url: str, path: str, code: int) -> None:
    async with aiohttp.ClientSession(url) as session, session.get(path) as answer:
        assert answer.status == code


async def test_protobuf_bodies_are_refused_by_name(url: str) -> None:
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    path = "/api/v1/namespaces/default/configmaps"
    async with aiohttp.ClientSession(url) as session, session.post(path, data=b"k8s\x00", headers=headers) as answer:
        assert (answer.status, (await answer.json())["reason"]) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("host", [pytest.param("0.0.0.0", id="all addresses"), pytest.param("10.0.0.1", id="another")])
async def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(NotLoopback):
        await ApiServer().start(host)


def test_it_runs_alone_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "sandbox.kubernetes.apiserver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
        assert process.wait(timeout=30) == 0
