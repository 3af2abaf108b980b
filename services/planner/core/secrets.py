"""Secrets as the planner knows them: that they are there, the client's id, and digests in place of contents.

The id of an OIDC client is no secret: it stands in the address of every login page. What is secret is seen by its
digest only, so that a change of it can be told. Read by the build of authentication.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CLIENT_SECRET = "clientSecret"  # noqa: S105 - the name of a key


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """A Secret that was asked for. `refusal`: why it cannot be read, in words; `client_id` "": it has none; `digests`
    by key."""

    namespace: str
    name: str
    present: bool = False
    refusal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    client_id: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The client of an identity provider: its id, and the digest of its secret."""

    id: str
    digest: str


def client_of(state: SecretState | None, name: tuple[str, str], label: tuple[str, str] | None) -> Client | str:
    """The client in a Secret, or in words what is waited for. `label`: what the Secret must carry to be read."""
    shown = f"Secret {name[0]}/{name[1]}"
    if state is None:
        return f"{shown} to be read"
    if state.refusal:
        return f"leave to read {shown} ({state.refusal})"
    if not state.present:
        return f"{shown}, which does not exist"
    if label is not None and state.labels.get(label[0]) != label[1]:
        return f"{shown} to carry the label {label[0]}={label[1]}"
    if not state.client_id:
        return f"{shown} to have the key clientID"
    if CLIENT_SECRET not in state.digests:
        return f"{shown} to have the key {CLIENT_SECRET}"
    return Client(id=state.client_id, digest=state.digests[CLIENT_SECRET])


def secret_reference(name: tuple[str, str], key: str) -> str:
    """How a plan names one key of a Secret."""
    return f"{name[0]}/{name[1]}#{key}"
