"""What the planner refuses to start with."""

import json
from pathlib import Path

import pytest

from services.planner.app import build
from services.planner.settings import ExecutorSettings, LeaseSettings, PlannerSettings, WatcherSettings
from services.runtime.errors import StartError

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}


async def test_a_lease_that_would_run_out_between_two_renewals(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(KUBECONFIG))
    settings = PlannerSettings(
        watcher=WatcherSettings(address="127.0.0.1:1"),
        executor=ExecutorSettings(address="127.0.0.1:1"),
        identity="me",
        cluster_name="c",
        aws_region="eu-west-1",
        aws_vpc_id="vpc-1",
        kubeconfig=kubeconfig,
        lease=LeaseSettings(duration_seconds=15, renew_seconds=10),
    )
    with pytest.raises(StartError, match="--lease-renew-seconds 10 is too long for --lease-duration-seconds 15"):
        await build(settings)
