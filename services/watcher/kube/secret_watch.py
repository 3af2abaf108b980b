"""One Secret, kept up to date in a thread of its own: read by name and watched by name, so that a right on that one
Secret is enough.
"""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from kubernetes.client import ApiClient

from services.runtime import client_secrets
from services.watcher.core.secrets import SecretName, SecretState
from services.watcher.kube.api import KindApi, RefusalError, UnreachableError
from services.watcher.kube.backoff import Backoff
from services.watcher.kube.list_watch import Pause

_LOGGER = logging.getLogger(__name__)


class SecretWatch:
    """Tells every new state of one Secret. While the API server cannot be reached the last one stands."""

    def __init__(
        self,
        client: ApiClient,
        secret: SecretName,
        *,
        tell: Callable[[SecretState], None],
        stopped: Pause,
        retry_seconds: float,
    ) -> None:
        """`retry_seconds`: the wait between attempts to read a Secret that may not be read."""
        self._secret = secret
        self._tell = tell
        self._stopped = stopped
        self._retry_seconds = retry_seconds
        self._backoff = Backoff()
        path = f"/api/v1/namespaces/{secret.namespace}/secrets"
        self._api = KindApi(client, path, page_size=1, name=secret.name)

    def run(self) -> None:
        """Until it is time to end."""
        while not self._stopped.is_set():
            seconds = self._attempt()
            if seconds > 0 and self._stopped.wait(seconds):
                return

    def interrupt(self) -> None:
        """Ends what is being read, from any thread."""
        self._api.interrupt()

    def _attempt(self) -> float:
        """Reads and watches; the seconds to wait before the next attempt."""
        try:
            page = self._api.page("")
            self._see(page.items[0] if page.items else None)
            with self._api.watch(page.revision) as events:
                for event in events:
                    if event.type in ("ADDED", "MODIFIED"):
                        self._see(event.object)
                    elif event.type == "DELETED":
                        self._see(None)
                    self._backoff.reset()
        except RefusalError as refusal:
            if refusal.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                self._tell(SecretState(secret=self._secret, refusal=refusal.message))
                return self._retry_seconds
            return 0.0 if refusal.status == HTTPStatus.GONE else self._backoff.next_seconds()
        except UnreachableError as error:
            if not self._stopped.is_set():
                _LOGGER.info("a Secret cannot be watched", extra={"secret": str(self._secret), "detail": str(error)})
            return self._backoff.next_seconds()
        return 0.0

    def _see(self, raw: Mapping[str, Any] | None) -> None:
        self._tell(SecretState(secret=self._secret) if raw is None else _state(self._secret, raw))


def _state(secret: SecretName, raw: Mapping[str, Any]) -> SecretState:
    has_secret = bool(client_secrets.client_secret(raw))
    return SecretState(
        secret=secret,
        present=True,
        labels=dict((raw.get("metadata") or {}).get("labels") or {}),
        client_id=client_secrets.client_id(raw),
        digests={client_secrets.CLIENT_SECRET_KEY: client_secrets.digest(raw)} if has_secret else {},
    )
