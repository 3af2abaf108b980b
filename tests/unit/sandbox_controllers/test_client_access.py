"""Kubeconfig files."""

import re
from pathlib import Path

import pytest
import yaml

from sandbox.kubernetes.client import Access, read_kubeconfig, write_kubeconfig
from sandbox.kubernetes.client.access import KubeconfigError


@pytest.mark.parametrize(
    "access",
    [
        pytest.param(Access(url="http://127.0.0.1:8001"), id="a plain server"),
        pytest.param(
            Access(url="https://127.0.0.1:6443", token="t", ca_file=Path("/tmp/ca.crt")), id="a token and an authority"
        ),
    ],
)
def test_what_is_written_is_read(tmp_path: Path, access: Access) -> None:
    write_kubeconfig(tmp_path / "kubeconfig", access)
    assert read_kubeconfig(tmp_path / "kubeconfig") == access
    assert (tmp_path / "kubeconfig").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"current-context": "other"}, "contexts has no entry named 'other'", id="names no context"),
        pytest.param({"clusters": []}, "clusters has no entry named 'sandbox'", id="names no cluster"),
        pytest.param(
            {"clusters": [{"name": "sandbox", "cluster": {}}]}, "cluster 'sandbox' has no server", id="names no server"
        ),
        pytest.param(
            {"users": [{"name": "sandbox", "user": {"exec": {}}}]},
            "user 'sandbox' uses exec; only token is understood",
            id="wants a login that is not understood",
        ),
    ],
)
def test_a_kubeconfig_is_refused_that(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, Access(url="http://127.0.0.1:8001"))
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
    with pytest.raises(KubeconfigError, match=re.escape(message)):
        read_kubeconfig(path)
