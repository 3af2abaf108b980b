"""A sandbox as a process."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.harness.aws import Aws
from tests.integration.harness.kube import Kube
from tests.integration.harness.process import ManagedProcess
from tests.integration.harness.traces import Traces
from tests.integration.harness.waiting import until

REAL_API_SERVER = "KUBEBUILDER_ASSETS"
"""Variable that makes the sandbox use a real kube-apiserver; the tests run on it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that is up."""

    process: ManagedProcess
    env: Mapping[str, str]
    """What a program needs in its environment to use it."""
    world: Mapping[str, Any]
    """What its AWS account was seeded with, in the form of the recordings."""
    kube: Kube
    aws: Aws
    traces: Traces
    has_real_api_server: bool


@contextmanager
def running_sandbox(directory: Path, *flags: str) -> Iterator[Sandbox]:
    """A sandbox inside the block, with further flags; without a data plane unless `--traffic` is one of them."""
    process = ManagedProcess("sandbox", env={}, log=directory / "sandbox.log")
    state = directory / "sandbox.json"
    process.start(["--dir", str(directory), "--no-traffic", *flags])
    try:
        until(lambda: state.exists() or not process.alive, what="the sandbox to be up")
        assert process.alive, process.output
        env = _env(directory / "env")
        yield Sandbox(
            process=process,
            env=env,
            world=json.loads((directory / "world.json").read_text()),
            kube=Kube(directory / "kubeconfig"),
            aws=Aws(env["AWS_ENDPOINT_URL"], env["AWS_REGION"], caller=env["AWS_ACCESS_KEY_ID"]),
            traces=Traces(env["ELBOW_TRACE_STORE_URL"]),
            has_real_api_server=REAL_API_SERVER in os.environ,
        )
    finally:
        process.stop()


def _env(file: Path) -> Mapping[str, str]:
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {name: shlex.split(value)[0] for name, _, value in pairs}
