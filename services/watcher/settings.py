"""Settings of the watcher process."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from services.runtime.settings import ServerSettings, SettingsGroup


class AdmissionSettings(SettingsGroup):
    """Webhooks that the API server asks before objects are written; everything works without them, too."""

    address: str | None = None
    """Address to serve webhooks on over HTTPS, host:port. Unset: none are served."""

    cert_dir: Path | None = None
    """Folder with tls.crt and tls.key, read anew when they change."""

    client_ca: Path | None = None
    """PEM file: whoever asks must show a certificate of this authority. Unset: anybody may ask."""

    planner: str | None = None
    """Address of the planner, host:port, which is asked what only the whole cluster tells."""


class WatcherSettings(ServerSettings):
    """What the watcher takes beside what every service takes."""

    other_names: ClassVar[Mapping[str, str]] = {
        "--webhook-cert-dir": "--admission-cert-dir",
        "--kube-ca-pem-filepath": "--admission-client-ca",
    }

    admission: AdmissionSettings = AdmissionSettings()

    load_balancer_class: str = Field(default="service.k8s.aws/nlb", min_length=1)
    """Class that new Services of type LoadBalancer get by the Service webhook."""

    quic_environment_variable_name: str = Field(default="AWS_LBC_QUIC_SERVER_ID", min_length=1)
    """Environment variable in which containers find their QUIC server id, by the webhook for those."""

    kubeconfig: str | None = Field(default=None, validation_alias="kubeconfig")
    """Kubeconfig, its current context. Unset: the service account inside a pod, else the default file."""

    namespace: str = Field(default="kube-system", min_length=1)
    """The namespace that Elbow runs in, where the planner has its records kept."""

    watch_namespace: str = ""
    """The only namespace whose objects are seen; empty: all. What is elsewhere is left to others."""

    list_page_size: int = Field(default=500, ge=1, le=5000)
    """Objects per page of a list: as much as the API server serves from one read, as kubectl and client-go ask for."""

    kind_retry_seconds: float = Field(default=2.0, gt=0, le=300)
    """Seconds between attempts to read a kind that is missing or refused: how soon it is taken up when it appears."""
