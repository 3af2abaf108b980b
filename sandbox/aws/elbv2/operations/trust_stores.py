"""Trust stores of client certificates. What a bundle holds is never looked at: the sandbox has no S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.arns import trust_store_arn
from sandbox.aws.elbv2.model import Revocation, TrustStore
from sandbox.aws.elbv2.operations.paging import page
from sandbox.aws.elbv2.operations.tags import new_tags
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid
from sandbox.aws.elbv2.store import Store

_BUNDLE = {"Bucket": "CaCertificatesBundleS3Bucket", "Key": "CaCertificatesBundleS3Key"}


class TrustStores:
    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        name = params["Name"]
        if self._store.trust_store_named(name) is not None:
            raise RefusedError("DuplicateTrustStoreName", f"A trust store with the name '{name}' exists")
        self._quotas.check("trust-stores-per-account", len(self._store.trust_stores) + 1)
        made = TrustStore(
            arn=trust_store_arn(self._store.place, name), name=name, bundle=_bundle(params), tags=new_tags(params)
        )
        self._store.add_trust_store(made)
        return {"TrustStores": [describe.trust_store(made)]}

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every store that is named exists."""
        arns, names = params.get("TrustStoreArns"), params.get("Names")
        if arns and names:
            raise invalid("Trust store names and trust store ARNs cannot be specified at the same time")
        if arns or names:
            found = [self._store.trust_store(arn) for arn in arns or ()]
            found += [self._named(name) for name in names or ()]
        else:
            found = list(self._store.trust_stores.values())
        return page("TrustStores", found, params, identity=lambda one: one.arn, show=describe.trust_store)

    def _named(self, name: str) -> TrustStore:
        found = self._store.trust_store_named(name)
        if found is None:
            raise RefusedError("TrustStoreNotFound", f"Trust store '{name}' not found")
        return found

    def modify(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Another bundle."""
        found = self._store.trust_store(params["TrustStoreArn"])
        found.bundle = _bundle(params)
        return {"TrustStores": [describe.trust_store(found)]}

    def delete(self, params: Mapping[str, Any]) -> None:
        """A store that a listener names stays."""
        found = self._store.trust_store(params["TrustStoreArn"])
        users = self._users(found)
        if users:
            raise RefusedError("TrustStoreInUse", f"Trust store '{found.name}' is used by {users[0]}")
        self._store.remove_trust_store(found)

    def describe_associations(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The listeners that name it."""
        users = self._users(self._store.trust_store(params["TrustStoreArn"]))
        return page(
            "TrustStoreAssociations", users, params, identity=lambda arn: arn, show=lambda arn: {"ResourceArn": arn}
        )

    def _users(self, trust_store: TrustStore) -> list[str]:
        return [
            listener.arn
            for listener in self._store.listeners.values()
            if (listener.mutual_authentication or {}).get("TrustStoreArn") == trust_store.arn
        ]

    def add_revocations(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Each file counts as one entry."""
        found = self._store.trust_store(params["TrustStoreArn"])
        added = []
        for content in params.get("RevocationContents", ()):
            number = max(found.revocations, default=0) + 1
            found.revocations[number] = Revocation(id=number, type=content.get("RevocationType", "CRL"), entries=1)
            added.append(found.revocations[number])
        return {"TrustStoreRevocations": [_shown(found, one) for one in added]}

    def describe_revocations(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._store.trust_store(params["TrustStoreArn"])
        ids = params.get("RevocationIds") or list(found.revocations)
        revocations = [_revocation(found, one) for one in ids]
        return page(
            "TrustStoreRevocations",
            revocations,
            params,
            identity=lambda one: str(one.id),
            show=lambda one: _shown(found, one),
        )

    def remove_revocations(self, params: Mapping[str, Any]) -> None:
        found = self._store.trust_store(params["TrustStoreArn"])
        for revocation in [_revocation(found, one) for one in params["RevocationIds"]]:
            del found.revocations[revocation.id]


def _bundle(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: params[sent] for name, sent in _BUNDLE.items()}


def _revocation(trust_store: TrustStore, number: int) -> Revocation:
    found = trust_store.revocations.get(number)
    if found is None:
        raise RefusedError("RevocationIdNotFound", f"Revocation '{number}' not found")
    return found


def _shown(trust_store: TrustStore, one: Revocation) -> dict[str, Any]:
    return {
        "TrustStoreArn": trust_store.arn,
        "RevocationId": one.id,
        "RevocationType": one.type,
        "NumberOfRevokedEntries": one.entries,
    }
