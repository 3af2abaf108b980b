"""Secrets that a plan names, read when a call needs them and forgotten with it."""

from collections.abc import Iterable

from services.executor.core.secrets import Named
from services.executor.core.steps import CallError, ErrorClass
from services.executor.kube.client import KubeClient, object_path
from services.runtime import client_secrets


class SecretReader:
    """Reads Secrets by name. Only the clients of identity providers are ever asked for."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def read(self, wanted: Iterable[Named]) -> dict[Named, str] | CallError:
        """What the Secrets hold, or why that cannot be sent: it cannot be read, or is another one than was meant."""
        found: dict[Named, str] = {}
        for secret in sorted(wanted, key=lambda s: (s.namespace, s.name, s.key)):
            text = await self._one(secret)
            if isinstance(text, CallError):
                return text
            found[secret] = text
        return found

    async def _one(self, secret: Named) -> str | CallError:
        shown = f"Secret {secret.namespace}/{secret.name}"
        if secret.key != client_secrets.CLIENT_SECRET_KEY:
            return CallError(
                error_class=ErrorClass.DENIED,
                code="SecretNotAllowed",
                message=f"{secret.key} of {shown} is no client's",
            )
        path = object_path("v1", "secrets", namespace=secret.namespace, name=secret.name)
        result = await self._client.get(path, "Secret")
        if result.error is not None:
            return result.error
        if client_secrets.digest(result.answer) != secret.digest:
            message = f"{shown} has changed since the plan was made"
            return CallError(error_class=ErrorClass.CONFLICT, code="SecretChanged", message=message)
        return client_secrets.client_secret(result.answer)
