"""Ways to Kubernetes that do not work."""

from pathlib import Path

import pytest

from services.executor.kube.access import load_api_client
from services.runtime.errors import StartError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "there is no kubeconfig", id="is not there"),
        pytest.param("", "no access to Kubernetes", id="is empty"),
        pytest.param("[1, 2", "no access to Kubernetes", id="is no YAML"),
        pytest.param("a: b", "no access to Kubernetes", id="is something else"),
    ],
)
def test_a_kubeconfig_is_refused_that(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(StartError, match=message):
        load_api_client(str(path), connections=1)
