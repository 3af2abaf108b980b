"""One call of one webhook: AdmissionReview v1 over HTTPS, and what may be wrong with the answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import ssl
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.kubernetes.apiserver.objects import JsonObject
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.store import Store
from sandbox.kubernetes.apiserver.webhooks.configurations import Match

_VERSION, _KIND = "admission.k8s.io/v1", "AdmissionReview"
_MAX_ANSWER = 3 * 1024 * 1024
# The sandbox's API server has no authentication, so it names everybody as a real one names who did not say.
_ANONYMOUS: JsonObject = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}


class CallFailedError(Exception):
    """The webhook gave no usable answer; the text is a real API server's, as far as it can be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A webhook's answer. `status`: why it denies; `patch`: operations of a JSON patch."""

    allowed: bool
    status: JsonObject
    patch: Any = None
    warnings: tuple[str, ...] = ()


class Caller:
    """Calls webhooks; keeps connections until `close`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, match: Match) -> Verdict:
        """The webhook's verdict; CallFailedError when there is none."""
        uid = str(uuid.uuid4())
        webhook = match.webhook
        seconds = webhook["timeoutSeconds"]
        url = f"{self._url(webhook['clientConfig'])}?timeout={seconds}s"
        session = self._session = self._session or aiohttp.ClientSession()
        try:
            async with asyncio.timeout(seconds):
                sent = session.post(url, json=_review(match, uid), ssl=self._tls(webhook["clientConfig"]))
                async with sent as response:
                    body = await response.content.read(_MAX_ANSWER)
        except TimeoutError as error:
            raise CallFailedError(f'failed to call webhook: Post "{url}": context deadline exceeded') from error
        except aiohttp.ClientError as error:
            raise CallFailedError(f'failed to call webhook: Post "{url}": {_words(error)}') from error
        if response.status != 200:
            raise CallFailedError(f"failed to call webhook: {_refusal(response.status, body)}")
        return _verdict(body, uid)

    def _url(self, config: JsonObject) -> str:
        if config.get("url"):
            return str(config["url"])
        service = config["service"]
        name, namespace = service["name"], service["namespace"]
        record = self._store.shelf("services").get((namespace, name))
        if record is None:
            raise CallFailedError(f'failed to call webhook: service "{name}" not found')
        # An address inside the cluster leads nowhere here: only the kubelet knows where a pod's server listens.
        url = f"https://{name}.{namespace}.svc:{service['port']}{service.get('path') or '/'}"
        raise CallFailedError(f'failed to call webhook: Post "{url}": no endpoints available for service "{name}"')

    def _tls(self, config: JsonObject) -> ssl.SSLContext:
        bundle = config.get("caBundle") or ""
        if bundle not in self._contexts:
            try:
                pem = base64.b64decode(bundle).decode() if bundle else None
                self._contexts[bundle] = ssl.create_default_context(cadata=pem)
            except (ssl.SSLError, ValueError, binascii.Error) as error:
                message = "failed to call webhook: unable to load root certificates: unable to parse bytes as PEM block"
                raise CallFailedError(message) from error
        return self._contexts[bundle]


def _review(match: Match, uid: str) -> JsonObject:
    asked, original = match.asked, match.original
    resource = asked.resource
    namespace = asked.name if resource.storage == "namespaces" else asked.namespace
    request: JsonObject = {
        "uid": uid,
        "kind": _kind(resource),
        "resource": _resource(resource),
        **({"subResource": asked.subresource} if asked.subresource else {}),
        "requestKind": _kind(original.resource),
        "requestResource": _resource(original.resource),
        **({"requestSubResource": asked.subresource} if asked.subresource else {}),
        **({"name": asked.name} if asked.name else {}),
        **({"namespace": namespace} if namespace else {}),
        "operation": str(asked.operation),
        "userInfo": _ANONYMOUS,
        "object": asked.object,
        "oldObject": asked.old_object,
        "dryRun": asked.dry_run,
        "options": asked.options,
    }
    return {"kind": _KIND, "apiVersion": _VERSION, "request": request}


def _kind(resource: Resource) -> JsonObject:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _resource(resource: Resource) -> JsonObject:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}


def _words(error: aiohttp.ClientError) -> str:
    """A failed connection in the words of Go's client."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"tls: failed to verify certificate: x509: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return f"dial tcp {error.host}:{error.port}: connect: connection refused"
    return "EOF" if isinstance(error, aiohttp.ServerDisconnectedError) else str(error)


def _refusal(status: int, body: bytes) -> str:
    if status == 404:
        return "the server could not find the requested resource"
    if status >= 500:
        text = json.dumps(body.decode(errors="replace").strip()[:2048])
        return f"an error on the server ({text}) has prevented the request from succeeding"
    return "the server rejected our request for an unknown reason"


def _verdict(body: bytes, uid: str) -> Verdict:
    try:
        review = json.loads(body)
        response = review["response"]
        said = (review.get("apiVersion"), review.get("kind"))
        status = response.get("status") or {}
        patch = base64.b64decode(response.get("patch") or "")
        operations = json.loads(patch) if patch else None
        allowed, warnings = response["allowed"], tuple(map(str, response.get("warnings") or ()))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise CallFailedError(f"received invalid webhook response: {error}") from error
    if response.get("uid") != uid:
        raise CallFailedError(
            f'received invalid webhook response: expected response.uid="{uid}", got "{_uid(response)}"'
        )
    if said != (_VERSION, _KIND):
        wanted, got = f"{_VERSION}, Kind={_KIND}", f"{said[0]}, Kind={said[1]}"
        raise CallFailedError(f"received invalid webhook response: expected webhook response of {wanted}, got {got}")
    if operations is not None and response.get("patchType") != "JSONPatch":
        problem = (
            "webhook returned response.patch but not response.patchType"
            if response.get("patchType") is None
            else f'webhook returned invalid response.patchType of "{response["patchType"]}"'
        )
        raise CallFailedError(f"received invalid webhook response: {problem}")
    return Verdict(allowed=allowed is True, status=status, patch=operations, warnings=warnings)


def _uid(response: JsonObject) -> str:
    return str(response.get("uid") or "")
