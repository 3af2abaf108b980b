"""Settings of the watcher process."""

from pydantic import Field

from services.runtime.settings import ServerSettings


class WatcherSettings(ServerSettings):
    """What the watcher takes beside what every service takes."""

    kubeconfig: str | None = Field(default=None, validation_alias="kubeconfig")
    """Kubeconfig, its current context. Unset: the service account inside a pod, else the default file."""

    watch_namespace: str = ""
    """The only namespace whose objects are seen; empty: all. What is elsewhere is left to others."""

    list_page_size: int = Field(default=500, ge=1, le=5000)
    """Objects per page of a list: as much as the API server serves from one read, as kubectl and client-go ask for."""

    kind_retry_seconds: float = Field(default=2.0, gt=0, le=300)
    """Seconds between attempts to read a kind that is missing or refused: how soon it is taken up when it appears."""
