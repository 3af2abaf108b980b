"""The API server without its sockets: all parts put together, and each request handed to the part that answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.faults import is_part
from sandbox.kubernetes.apiserver import listing
from sandbox.kubernetes.apiserver.admission import Admission
from sandbox.kubernetes.apiserver.bootstrap import bootstrap
from sandbox.kubernetes.apiserver.conversion import shown
from sandbox.kubernetes.apiserver.custom_resources import CustomResources
from sandbox.kubernetes.apiserver.decoding import parse_body
from sandbox.kubernetes.apiserver.deletion import Deletion, read_options
from sandbox.kubernetes.apiserver.errors import too_large_resource_version
from sandbox.kubernetes.apiserver.kinds.registry import Kinds
from sandbox.kubernetes.apiserver.negotiation import Representation, body_type
from sandbox.kubernetes.apiserver.objects import Clock, JsonObject
from sandbox.kubernetes.apiserver.operations import Operations
from sandbox.kubernetes.apiserver.patching import Patching, parse_patch, patch_type
from sandbox.kubernetes.apiserver.refusals import Refusals
from sandbox.kubernetes.apiserver.requests import Target, Warnings, WriteOptions, write_options
from sandbox.kubernetes.apiserver.resources import Catalog, Resource
from sandbox.kubernetes.apiserver.store import Record, Store, encode
from sandbox.kubernetes.apiserver.subresources import Subresources
from sandbox.kubernetes.apiserver.switches import Switches
from sandbox.kubernetes.apiserver.tables import table
from sandbox.kubernetes.apiserver.watching import Render, Watcher, WatchGate, read_watch
from sandbox.kubernetes.apiserver.webhooks.review import WebhookReview, Webhooks

_FRESHNESS_SECONDS = 3.0
"""How long a read waits for a resourceVersion that has not come yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request, read."""

    target: Target
    verb: str
    query: Mapping[str, str]
    content_type: str
    user_agent: str
    body: bytes
    shape: Representation


@dataclass(slots=True, kw_only=True)
class Answer:
    """What goes back: a status, encoded JSON and Warning headers."""

    status: int = 200
    body: bytes
    warnings: list[str] = field(default_factory=list)


class Api:
    """One cluster's API."""

    def __init__(self, *, clock: Clock, history_window: int) -> None:
        self.store = Store(window=history_window)
        self.catalog = Catalog()
        self.kinds = Kinds()
        self.gate = WatchGate()
        self.refusals = Refusals()
        self._clock = clock
        admission = Admission(self.store)
        self._operations = Operations(store=self.store, kinds=self.kinds, admission=admission, clock=clock)
        self._patching = Patching(self._operations)
        self._deletion = Deletion(operations=self._operations, admission=admission, clock=clock)
        self._subresources = Subresources(self._operations)
        self._custom = CustomResources(
            catalog=self.catalog, kinds=self.kinds, operations=self._operations, on_removed=self.gate.end
        )
        self.switches = Switches(store=self.store, catalog=self.catalog, gate=self.gate, refusals=self.refusals)
        self.webhooks = Webhooks(store=self.store, catalog=self.catalog, kinds=self.kinds)
        bootstrap(self.catalog, self._operations)

    async def answer(self, request: Request) -> Answer:
        """Answers everything but a watch; ApiError for what is refused."""
        target, verb = request.target, request.verb
        self.refusals.check(target, verb, request.user_agent)
        if verb == "list":
            return await self._list(request)
        if target.resource.plural == "selfsubjectaccessreviews":
            return self._review(request)
        if verb == "get":
            obj = (
                self._subresources.get_scale(target) if target.subresource == "scale" else self._operations.get(target)
            )
            return Answer(body=self._shaped(request, obj))
        review = self.webhooks.review()
        if verb in {"delete", "deletecollection"}:
            return await review.settled(lambda: self._delete(request, review))
        return await review.settled(lambda: self._write(request, review))

    def watch(self, request: Request) -> Watcher:
        """The stream of a watch; ApiError when it may not be opened."""
        target = request.target
        self.refusals.check(target, "watch", request.user_agent)
        selection = listing.selection_of(request.query, target.resource)
        query = read_watch(request.query, target.resource, target.namespace, selection)
        part = is_part(request.user_agent)
        return Watcher(store=self.store, gate=self.gate, query=query, render=self._render(request), of_part=part)

    async def _list(self, request: Request) -> Answer:
        target = request.target
        query = listing.read_query(request.query, target.resource)
        await self._wait_for(query.not_older_than, target.resource)
        page = listing.page(self.store, target.resource, target.namespace, query)
        metadata: JsonObject = {"resourceVersion": str(page.revision)}
        if page.next_token:
            metadata["continue"] = page.next_token
            if page.remaining is not None:
                metadata["remainingItemCount"] = page.remaining
        return Answer(body=self._list_body(request, page.records, metadata))

    async def _wait_for(self, revision: int, resource: Resource) -> None:
        """A read that is not to be older than a revision waits for it a while (504 after that)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _FRESHNESS_SECONDS
        while self.store.revision < revision:
            if loop.time() >= deadline:
                raise too_large_resource_version(asked=revision, current=self.store.revision)
            wake = asyncio.Event()
            stop = self.store.shelf(resource.storage).listen(wake.set)
            try:
                await asyncio.wait_for(wake.wait(), timeout=deadline - loop.time())
            except TimeoutError:
                continue
            finally:
                stop()

    def _list_body(self, request: Request, records: list[Record], metadata: JsonObject) -> bytes:
        resource, form = request.target.resource, request.shape.form
        if form == "Table":
            objects = [shown(resource, record.object) for record in records]
            return encode(self._table(request, objects, metadata))
        if form.startswith("PartialObjectMetadata"):
            items = [_metadata_only(shown(resource, record.object)) for record in records]
            kind = "PartialObjectMetadataList"
            return encode({"kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items})
        head = {"kind": resource.list_kind, "apiVersion": resource.group_version, "metadata": metadata}
        joined = b",".join(_list_item(resource, record) for record in records)
        return encode(head)[:-1] + b',"items":[' + joined + b"]}"

    def _table(self, request: Request, objects: list[JsonObject], metadata: JsonObject) -> JsonObject:
        include = request.query.get("includeObject", "Metadata")
        return table(request.target.resource, objects, list_metadata=metadata, include=include, now=self._clock())

    def _render(self, request: Request) -> Render | None:
        """How a watch or a single read shows an object, if not as it is."""
        form = request.shape.form
        if form == "Table":
            return lambda obj: self._table(
                request,
                [obj] if "uid" in obj["metadata"] else [],
                {"resourceVersion": obj["metadata"]["resourceVersion"]},
            )
        return _metadata_only if form.startswith("PartialObjectMetadata") else None

    def _shaped(self, request: Request, obj: JsonObject) -> bytes:
        render = self._render(request)
        return encode(render(obj) if render and obj.get("kind") == request.target.resource.kind else obj)

    def _write(self, request: Request, review: WebhookReview) -> Answer:
        target, verb = request.target, request.verb
        said = write_options(request.query, request.user_agent, f"{verb.capitalize()}Options")
        options = replace(said, review=review, birth=review.birth)
        warnings = Warnings()
        status = 201 if verb == "create" else 200
        if verb == "patch":
            obj, created = self._patch(request, options, warnings)
            status = 201 if created else 200
        else:
            body = parse_body(request.body, body_type(request.content_type), target.resource.kind)
            missing = self.store.shelf(target.resource.storage).get(target.key) is None
            obj = self._replace(target, verb, body, options, warnings)
            status = 201 if missing else status
        texts = [*review.warnings, *warnings.texts]
        return Answer(status=status, body=self._shaped(request, obj), warnings=texts)

    def _replace(
        self, target: Target, verb: str, body: JsonObject, options: WriteOptions, warnings: Warnings
    ) -> JsonObject:
        match target.subresource:
            case "scale":
                return self._subresources.put_scale(target, body, options)
            case "binding":
                return self._subresources.bind(target, body, options)
            case "finalize":
                return self._subresources.finalize(target, body, options)
        if verb == "create":
            return self._operations.create(target, body, options, warnings)
        return self._operations.update(target, body, options, warnings)

    def _patch(self, request: Request, options: WriteOptions, warnings: Warnings) -> tuple[JsonObject, bool]:
        target = request.target
        kind = patch_type(request.content_type.partition(";")[0].strip(), target.resource)
        body: Any = parse_patch(request.body, kind)
        if target.subresource == "scale":
            return self._subresources.patch_scale(target, kind, body, options), False
        return self._patching.patch(target, kind, body, options, warnings)

    def _delete(self, request: Request, review: WebhookReview) -> Answer:
        target = request.target
        body = parse_body(request.body, body_type(request.content_type), "DeleteOptions") if request.body else {}
        options = read_options(body, dict(request.query), review)
        if request.verb == "delete":
            return Answer(body=encode(self._deletion.delete(target, options)), warnings=review.warnings)
        selection = listing.selection_of(request.query, target.resource)
        gone = self._deletion.delete_collection(target.resource, target.namespace, selection, options)
        head = {"kind": target.resource.list_kind, "apiVersion": target.resource.group_version}
        return Answer(
            body=encode({**head, "metadata": {"resourceVersion": str(self.store.revision)}, "items": gone}),
            warnings=review.warnings,
        )

    def _review(self, request: Request) -> Answer:
        """SelfSubjectAccessReview, answered from the refusals in force."""
        body = parse_body(request.body, body_type(request.content_type), "SelfSubjectAccessReview")
        asked = (body.get("spec") or {}).get("resourceAttributes") or {}
        name = f"{asked.get('resource', '')}.{asked['group']}" if asked.get("group") else asked.get("resource", "")
        allowed = not self.refusals.is_refused(name, asked.get("verb", ""))
        review = {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "metadata": {},
            "spec": body.get("spec") or {},
            "status": {"allowed": allowed},
        }
        return Answer(status=201, body=encode(review))


def _metadata_only(obj: JsonObject) -> JsonObject:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _list_item(resource: Resource, record: Record) -> bytes:
    """An item of a list: built-in kinds leave kind and apiVersion to the list."""
    if resource.custom:
        same = record.object["apiVersion"] == resource.group_version
        return record.encoded() if same else encode(shown(resource, record.object))
    prefix = b'{"kind":"' + resource.kind.encode() + b'","apiVersion":"' + resource.group_version.encode() + b'",'
    encoded = record.encoded()
    if encoded.startswith(prefix):
        return b"{" + encoded[len(prefix) :]
    obj = shown(resource, record.object)
    return encode({key: value for key, value in obj.items() if key not in {"kind", "apiVersion"}})
