"""LIST: consistent pages, selectors, and the meaning of resourceVersion (API concepts, "Resource versions")."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.kubernetes.apiserver.conversion import shown
from sandbox.kubernetes.apiserver.errors import ApiError, bad_request, expired, forbidden_field, invalid, unsupported
from sandbox.kubernetes.apiserver.resources import Resource
from sandbox.kubernetes.apiserver.selectors import Selection, parse_fields, parse_labels
from sandbox.kubernetes.apiserver.store import HistoryGone, Key, Record, Store

_GONE_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which part of which state of a collection is asked for."""

    selection: Selection
    limit: int = 0
    start: Key | None = None
    """The key after which a continued list goes on."""
    revision: int | None = None
    """The exact state that is asked for; None for the latest."""
    not_older_than: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    records: list[Record]
    revision: int
    next_token: str
    remaining: int | None


def selection_of(query: Mapping[str, str], resource: Resource) -> Selection:
    return Selection(
        labels=parse_labels(query.get("labelSelector", "")),
        fields=parse_fields(query.get("fieldSelector", ""), resource),
    )


def read_query(query: Mapping[str, str], resource: Resource) -> ListQuery:
    """Reads the list parameters; 400 and 422 for combinations that make no sense."""
    selection = selection_of(query, resource)
    limit = _limit(query.get("limit", ""))
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    token = query.get("continue", "")
    _check_match(version, match, token)
    if token:
        revision, key = _read_token(token)
        return ListQuery(selection=selection, limit=limit, start=key, revision=revision)
    asked = revision_of(version)
    exact = match == "Exact" or (limit > 0 and asked > 0 and match != "NotOlderThan")
    if exact:
        return ListQuery(selection=selection, limit=limit, revision=asked, not_older_than=asked)
    return ListQuery(selection=selection, limit=limit, not_older_than=asked)


def _check_match(version: str, match: str, token: str) -> None:
    field, errors = "resourceVersionMatch", []
    if match and match not in {"Exact", "NotOlderThan"}:
        errors.append(unsupported(field, match, ("Exact", "NotOlderThan", "")))
    if match and not version:
        errors.append(forbidden_field(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if match and token:
        errors.append(forbidden_field(field, "resourceVersionMatch is forbidden when continue is provided"))
    if match == "Exact" and version == "0":
        errors.append(forbidden_field(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if errors:
        raise invalid(kind="ListOptions", group="meta.k8s.io", name="", errors=errors)
    if token and version not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")


def _limit(text: str) -> int:
    try:
        return int(text or "0")
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def revision_of(text: str) -> int:
    """A resourceVersion from a query, 0 when it is left out; 400 when it is no number."""
    if text and not text.isdecimal():
        what = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise bad_request(f"invalid resource version: {what}")
    return int(text or "0")


def _write_token(revision: int, key: Key) -> str:
    payload = {"v": "meta.k8s.io/v1", "rv": revision, "start": "\x00".join(key)}
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[int | None, Key]:
    try:
        payload = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = payload["start"].partition("\x00")
        revision = int(payload["rv"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    return (None if revision < 0 else revision), (namespace, name)


def page(store: Store, resource: Resource, namespace: str, query: ListQuery) -> Page:
    """The asked page; 410 Expired when its state is no longer known."""
    shelf = store.shelf(resource.storage)
    revision = store.revision if query.revision is None else query.revision
    try:
        records = shelf.records(namespace) if query.revision is None else shelf.records_at(namespace, revision)
        matching = list(_matching(records, resource, query))
    except HistoryGone as error:
        raise _gone(query, error) from error
    if not query.limit or len(matching) <= query.limit:
        return Page(records=matching, revision=revision, next_token="", remaining=None)
    shown_records = matching[: query.limit]
    return Page(
        records=shown_records,
        revision=revision,
        next_token=_write_token(revision, shown_records[-1].key),
        remaining=len(matching) - query.limit if query.selection.everything else None,
    )


def _matching(records: Iterable[Record], resource: Resource, query: ListQuery) -> Iterable[Record]:
    for record in records:
        if query.start is not None and record.key <= query.start:
            continue
        if query.selection.everything or query.selection.matches(shown(resource, record.object)):
            yield record


def _gone(query: ListQuery, error: HistoryGone) -> ApiError:
    if query.start is None:
        return expired("The resourceVersion for the provided list is too old.")
    answer = expired(_GONE_CONTINUE)
    return _ContinueGoneError(answer, _write_token(-1, query.start))


class _ContinueGoneError(ApiError):
    """410 for a continued list, with a token that goes on in the state of now."""

    def __init__(self, answer: ApiError, token: str) -> None:
        super().__init__(code=answer.code, reason=answer.reason, message=answer.message)
        self._token = token

    def to_status(self) -> dict[str, object]:
        return {**super().to_status(), "metadata": {"continue": self._token}}
