"""Where an API server is and how to be let in; read from and written to kubeconfig files."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class KubeconfigError(Exception):
    """A kubeconfig that does not say, in a way that is understood here, where the API server is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One API server and the credentials of its administrator."""

    url: str
    """Scheme, host and port, without a slash at the end."""
    token: str | None = None
    """Sent as a bearer token, where the server wants one."""
    ca_file: Path | None = None
    """PEM file with the authorities that the server's certificate is checked against; only for https."""

    def tls(self) -> ssl.SSLContext | bool:
        """What aiohttp takes as `ssl`: the checked context, or the default for plain HTTP."""
        return ssl.create_default_context(cafile=str(self.ca_file)) if self.ca_file else True


def write_kubeconfig(path: Path, access: Access) -> None:
    """Write a kubeconfig with one context, readable by its owner only."""
    cluster: dict[str, str] = {"server": access.url}
    if access.ca_file:
        cluster["certificate-authority"] = str(access.ca_file)
    user = {"token": access.token} if access.token else {}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": "sandbox", "user": user}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
        "current-context": "sandbox",
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def read_kubeconfig(path: Path) -> Access:
    """The access that the current context of a kubeconfig gives.

    Only servers with a bearer token or without credentials are understood, which is what the sandbox writes.
    Raises KubeconfigError with the place of what is missing.
    """
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise KubeconfigError(f"{path}: {error}") from error
    if not isinstance(config, dict):
        raise KubeconfigError(f"{path}: not a kubeconfig")
    context = _named(path, config, "contexts", "context", config.get("current-context"))
    cluster = _named(path, config, "clusters", "cluster", context.get("cluster"))
    user = _named(path, config, "users", "user", context.get("user"))
    if not cluster.get("server"):
        raise KubeconfigError(f"{path}: cluster {context.get('cluster')!r} has no server")
    unknown = sorted(set(user) - {"token"})
    if unknown:
        raise KubeconfigError(
            f"{path}: user {context.get('user')!r} uses {', '.join(unknown)}; only token is understood"
        )
    authority = cluster.get("certificate-authority")
    return Access(
        url=cluster["server"].rstrip("/"),
        token=user.get("token"),
        ca_file=path.parent / authority if authority else None,
    )


def _named(path: Path, config: dict[str, Any], section: str, field: str, name: str | None) -> dict[str, Any]:
    for entry in config.get(section) or []:
        if entry.get("name") == name:
            found: dict[str, Any] = entry.get(field) or {}
            return found
    raise KubeconfigError(f"{path}: {section} has no entry named {name!r}")
