"""Secrets that receivers ask for: what is passed on of them, and what is pending for one receiver.

Made by `kube.secret_watch`, kept by `secrets`, turned into messages by `convert`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SecretName:
    """A Secret."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """A Secret as it is now, without its contents: the meanings are the wire contract's."""

    secret: SecretName
    present: bool = False
    refusal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    client_id: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    traceparent: str = ""
