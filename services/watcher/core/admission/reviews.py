"""AdmissionReview (admission.k8s.io/v1): the question that the API server puts, and the answer.

The shapes are those of the API reference of Kubernetes; a question that is none is the caller's mistake.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_API_VERSION: Final = "admission.k8s.io/v1"
_KIND: Final = "AdmissionReview"
_FORBIDDEN: Final = {"code": 403, "reason": "Forbidden"}
_MAX_WARNING: Final = 1_000
"""The API server cuts warnings that are longer, and drops those after the first few thousand characters."""

Json = Mapping[str, Any]


class NoReviewError(Exception):
    """What was posted is no AdmissionReview of the version that is spoken here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One write. `object` None: a deletion; `old` None: a new object. `namespace` is the request's."""

    uid: str
    operation: str
    namespace: str
    object: Json | None
    old: Json | None

    @property
    def is_new(self) -> bool:
        """Whether the object is about to be made."""
        return self.operation == "CREATE"

    @property
    def subject(self) -> Json:
        """The object, with the namespace that the request gives it."""
        return self._placed(self.object or {})

    @property
    def before(self) -> Json | None:
        """The object as it was, with its namespace."""
        return None if self.old is None else self._placed(self.old)

    def _placed(self, thing: Json) -> Json:
        metadata = thing.get("metadata") or {}
        return {**thing, "metadata": {**metadata, "namespace": metadata.get("namespace") or self.namespace}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said: `denial` empty means yes; `patch`: operations of a JSON patch (RFC 6902)."""

    denial: str = ""
    patch: Sequence[Json] = ()
    warnings: Sequence[str] = ()


ALLOWED: Final = Answer()


def read_review(body: bytes) -> Question:
    """The question of a review. Raises NoReviewError."""
    try:
        review = json.loads(body)
        if (review["apiVersion"], review["kind"]) != (_API_VERSION, _KIND):
            raise NoReviewError(f"{review['kind']} of {review['apiVersion']} is not {_KIND} of {_API_VERSION}")
        request = review["request"]
        return Question(
            uid=request["uid"],
            operation=request["operation"],
            namespace=request.get("namespace") or "",
            object=_object(request.get("object")),
            old=_object(request.get("oldObject")),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoReviewError(f"not an {_KIND}: {type(error).__name__}: {error}") from error


def _object(value: Any) -> Json | None:
    if value is not None and not isinstance(value, dict):
        raise TypeError("an object is no JSON object")
    return value


def write_review(question: Question, answer: Answer) -> Json:
    """The answer as it is sent."""
    response: dict[str, Any] = {"uid": question.uid, "allowed": not answer.denial}
    if answer.denial:
        response["status"] = {**_FORBIDDEN, "message": answer.denial}
    if answer.patch:
        patch = json.dumps(list(answer.patch), separators=(",", ":")).encode()
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
    if answer.warnings:
        response["warnings"] = [text[:_MAX_WARNING] for text in answer.warnings]
    return {"apiVersion": _API_VERSION, "kind": _KIND, "response": response}
