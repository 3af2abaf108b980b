"""Which representation a client asks for, and which one a body is in."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.kubernetes.apiserver.errors import not_acceptable, unsupported_media_type

JSON = "application/json"
_BODY_TYPES = (JSON, "application/yaml")
_ACCEPTED = (JSON, "application/yaml", "application/vnd.kubernetes.protobuf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """How the answer is shaped: the object as it is, or as a Table or as metadata only."""

    form: str = ""
    """Empty, `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList` or `APIGroupDiscoveryList`."""
    version: str = ""


def accepted(header: str) -> Representation:
    """The first representation of an Accept header that this server can give; 406 when there is none."""
    if not header.strip():
        return Representation()
    for clause in header.split(","):
        media_type, *parameters = [part.strip() for part in clause.split(";")]
        given = dict(part.split("=", 1) for part in parameters if "=" in part)
        if media_type not in {JSON, "application/*", "*/*"}:
            continue
        form = given.get("as", "")
        if form in {"", "Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"}:
            return Representation(form=form, version=given.get("v", ""))
    raise not_acceptable(_ACCEPTED)


def body_type(header: str) -> str:
    """The media type of a request body that is a whole object; 415 for others, protobuf and CBOR among them."""
    media_type = header.partition(";")[0].strip() or JSON
    if media_type not in _BODY_TYPES:
        raise unsupported_media_type(_BODY_TYPES)
    return media_type
