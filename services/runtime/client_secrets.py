"""The client of an identity provider in a Kubernetes Secret (ingress behaviour, section 14): its id, its secret, and
the digest by which planners tell that a secret has changed.

Used by the watcher, which passes id and digest on, and by the executor, which reads the secret when it is sent: both
must find the same.
"""

import base64
import binascii
import hashlib
import hmac
import string
import unicodedata
from collections.abc import Mapping
from typing import Any

CLIENT_ID_KEYS = ("clientID", "clientId")
CLIENT_SECRET_KEY = "clientSecret"  # noqa: S105 - the name of a key

_DIGITS = 32


def client_id(secret: Mapping[str, Any]) -> str:
    """The client's id, without blanks at its end; "" where the Secret has none."""
    texts = (_text(secret, key) for key in CLIENT_ID_KEYS)
    return next((text.rstrip(string.whitespace) for text in texts if text), "")


def client_secret(secret: Mapping[str, Any]) -> str:
    """The client's secret, without control characters at its end; "" where the Secret has none."""
    text = _text(secret, CLIENT_SECRET_KEY)
    while text and unicodedata.category(text[-1]) == "Cc":
        text = text[:-1]
    return text


def digest(secret: Mapping[str, Any]) -> str:
    """Hex digits that change with the client's secret and say nothing about it: the key is the Secret's UID, which only
    who may read the Secret knows."""
    uid = str((secret.get("metadata") or {}).get("uid") or "")
    return hmac.new(uid.encode(), client_secret(secret).encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def _text(secret: Mapping[str, Any], key: str) -> str:
    value = (secret.get("data") or {}).get(key)
    try:
        return base64.b64decode(value, validate=True).decode() if isinstance(value, str) else ""
    except (binascii.Error, ValueError):
        return ""
