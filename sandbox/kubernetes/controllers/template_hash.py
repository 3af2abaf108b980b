"""The hash that tells the pods of one revision of a Deployment from those of another (label `pod-template-hash`)."""

import json

from sandbox.kubernetes.client.objects import Object

LABEL = "pod-template-hash"

_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""Letters and digits that cannot form words, the alphabet of Kubernetes' generated names."""


def template_hash(template: Object, collisions: int) -> str:
    """A short name for a pod template: 32-bit FNV-1a of its canonical JSON, in Kubernetes' safe alphabet.

    The form is the real one, the value is not: that one hashes Go's memory layout. Nothing may depend on the value.
    """
    text = json.dumps(template, sort_keys=True, separators=(",", ":")) + (str(collisions) if collisions else "")
    digest = _FNV_OFFSET
    for byte in text.encode():
        digest = ((digest ^ byte) * _FNV_PRIME) & 0xFFFFFFFF
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in str(digest))


def same_template(one: Object, other: Object) -> bool:
    """Whether two pod templates are equal apart from the hash label."""
    return _without_hash(one) == _without_hash(other)


def _without_hash(template: Object) -> Object:
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {name: value for name, value in (meta.get("labels") or {}).items() if name != LABEL}
    meta.pop("creationTimestamp", None)
    return {**template, "metadata": meta}
