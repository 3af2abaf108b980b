"""Requests to the API server of a kubeconfig's current context. Used by `dry_run`."""

import json
from collections.abc import Mapping
from typing import Any

import urllib3
from kubernetes import client, config

from services.cli.errors import CliError

Raw = dict[str, Any]
JSON, MERGE_PATCH, APPLY_PATCH = "application/json", "application/merge-patch+json", "application/apply-patch+yaml"

_SECONDS = 30.0


class RefusedError(CliError):
    """The API server refused; `code` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class KubernetesAccess:
    """One API server. `namespace`: that of the context, for objects that name none."""

    def __init__(self, kubeconfig: str | None) -> None:
        configuration = client.Configuration()
        try:
            config.load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)
            _, context = config.list_kube_config_contexts(config_file=kubeconfig)
        except Exception as error:  # on a malformed file the library stumbles in more ways than it names
            words = " ".join(str(error).split())
            raise CliError(f"no access to Kubernetes: {words}; give another --kubeconfig or KUBECONFIG") from error
        configuration.retries = False
        self.namespace: str = context["context"].get("namespace") or "default"
        self._client = client.ApiClient(configuration)
        self._client.user_agent = "elbow"

    def get(self, path: str) -> Raw | None:
        """The object at the path, None when there is none. Raises RefusedError, and CliError when no answer comes."""
        try:
            return self.send("GET", path)
        except RefusedError as error:
            if error.code == 404:
                return None
            raise

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Raw | None = None,
        content_type: str = JSON,
    ) -> Raw:
        """The object that the API server answers. Raises as `get` does, for a missing object too."""
        request = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": JSON, "Content-Type": content_type},
            # YAML is sent as text, and JSON is YAML.
            body=json.dumps(body) if content_type == APPLY_PATCH else body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*request, _request_timeout=_SECONDS).response
            text = response.data if response.data is not None else response.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise CliError(f"the API server does not answer: {error}") from error
        return _answer(response.status, text)


def _answer(status: int, text: bytes) -> Raw:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not 200 <= status < 300:
        message = value.get("message") if isinstance(value, dict) else text.decode(errors="replace")[:300]
        raise RefusedError(status, str(message))
    if not isinstance(value, dict):
        raise CliError("the API server's answer is not a JSON object: is this an API server?")
    return value
