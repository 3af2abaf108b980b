"""How the watcher finds the API server, and what it says when it cannot."""

import json
import os
from pathlib import Path

import pytest

from services.runtime.errors import StartError
from services.watcher.kube.access import IN_POD_VARIABLE, open_client


def kubeconfig(path: Path, *, server: str = "http://127.0.0.1:1", current: str = "x") -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "current-context": current,
    }
    path.write_text(json.dumps(config))
    return path


def test_a_kubeconfig_gives_server_and_token(tmp_path: Path) -> None:
    opened = open_client(str(kubeconfig(tmp_path / "config", server="http://127.0.0.1:18080")))
    settings = opened.configuration
    assert (settings.host, settings.get_api_key_with_prefix("BearerToken")) == (
        "http://127.0.0.1:18080",
        "Bearer secret-token",
    )
    opened.close()


def test_several_files_are_joined_as_kubectl_does_and_missing_ones_left_out(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", server="http://127.0.0.1:18080")
    opened = open_client(os.pathsep.join((str(tmp_path / "none"), str(path))))
    assert opened.configuration.host == "http://127.0.0.1:18080"
    opened.close()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=f"^no kubeconfig at {tmp_path}/none: check --kubeconfig or KUBECONFIG$"):
        open_client(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("text", "current"),
    [
        pytest.param(None, "nowhere", id="a context that does not exist"),
        pytest.param("", "x", id="an empty file"),
        pytest.param("clusters: 5", "x", id="a file of another shape"),
        pytest.param("{", "x", id="what is not YAML"),
    ],
)
def test_a_file_that_gives_no_access_is_an_error_that_says_what_to_give(
    tmp_path: Path, text: str | None, current: str
) -> None:
    path = kubeconfig(tmp_path / "config", current=current)
    if text is not None:
        path.write_text(text)
    with pytest.raises(StartError, match=r"^no access to Kubernetes: .*; give another --kubeconfig or KUBECONFIG$"):
        open_client(str(path))


def test_inside_a_pod_without_a_service_account_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IN_POD_VARIABLE, "10.100.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(StartError, match=r"^no access to Kubernetes: Service token file does not exist"):
        open_client(None)
