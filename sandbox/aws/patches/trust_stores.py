"""Trust stores, which moto does not have, and the mutual authentication that names them. Installed by the package; the
listener patch uses the check."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.aws.patches.patching import Call, Patches, refusal

_STORES = "trust_stores"
_MODES = ("off", "passthrough", "verify")


def install(patches: Patches) -> None:
    """Section 6, row 27: made, found and deleted; which authorities a store holds is never looked at."""
    patches.answer("CreateTrustStore", _create)
    patches.answer("DescribeTrustStores", _describe)
    patches.answer("DeleteTrustStore", _delete)


def check_mutual_authentication(backend: Any, wanted: Mapping[str, Any] | None) -> None:
    """Row 16: a mode that exists; a trust store that exists, with the mode verify and with no other."""
    if wanted is None:
        return
    mode, store = wanted.get("Mode"), wanted.get("TrustStoreArn")
    if mode not in _MODES:
        raise refusal("ValidationError", f"Mutual authentication mode '{mode}' is not one of {', '.join(_MODES)}")
    if (mode == "verify") != bool(store):
        raise refusal("ValidationError", "A trust store is specified with the mode 'verify' and with no other")
    if store:
        _find(backend, store)


def _stores(backend: Any) -> dict[str, dict[str, Any]]:
    stores: dict[str, dict[str, Any]] = vars(backend).setdefault(_STORES, {})
    return stores


def _find(backend: Any, arn: str) -> dict[str, Any]:
    stores = _stores(backend)
    if arn not in stores:
        raise refusal("TrustStoreNotFound", f"Trust store '{arn}' not found")
    return stores[arn]


def _create(call: Call) -> dict[str, Any]:
    stores, name = _stores(call.backend), call.params["Name"]
    if any(store["Name"] == name for store in stores.values()):
        raise refusal("DuplicateTrustStoreName", f"A trust store with the name '{name}' exists")
    place = f"arn:aws:elasticloadbalancing:{call.backend.region_name}:{call.backend.account_id}"
    arn = f"{place}:truststore/{name}/{secrets.token_hex(8)}"
    stores[arn] = {
        "Name": name,
        "TrustStoreArn": arn,
        "Status": "ACTIVE",
        "NumberOfCaCertificates": 1,
        "TotalRevokedEntries": 0,
    }
    return {"TrustStores": [stores[arn]]}


def _describe(call: Call) -> dict[str, Any]:
    """Every store that is named exists."""
    stores = _stores(call.backend)
    found = [_find(call.backend, arn) for arn in call.params.get("TrustStoreArns") or ()]
    for name in call.params.get("Names") or ():
        named = [store for store in stores.values() if store["Name"] == name]
        if not named:
            raise refusal("TrustStoreNotFound", f"Trust store '{name}' not found")
        found += named
    if not (call.params.get("TrustStoreArns") or call.params.get("Names")):
        found = list(stores.values())
    return {"TrustStores": found}


def _delete(call: Call) -> None:
    """A store that a listener names stays."""
    store = _find(call.backend, call.params["TrustStoreArn"])
    for balancer in call.backend.load_balancers.values():
        for listener in balancer.listeners.values():
            if (listener.mutual_authentication or {}).get("TrustStoreArn") == store["TrustStoreArn"]:
                raise refusal("TrustStoreInUse", f"Trust store '{store['Name']}' is used by {listener.arn}")
    del _stores(call.backend)[store["TrustStoreArn"]]
