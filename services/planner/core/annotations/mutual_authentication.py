"""The value of `mutual-authentication`: how listeners ask clients for certificates (ingress behaviour, section 15).

Called by the catalogue of listeners. Trust stores stand here as they were written, by ARN or by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from services.planner.core.annotations.shapes import MAX_PORT
from services.planner.core.annotations.values import BadValueError, json_list

T = TypeVar("T")

OFF, PASSTHROUGH, VERIFY = "off", "passthrough", "verify"
_MODES = (OFF, PASSTHROUGH, VERIFY)
_SWITCHES = ("on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualAuthenticationWish:
    """What is asked for one port. `trust_store`: ARN or name, only with verify; the other two likewise."""

    mode: str
    trust_store: str = ""
    ignore_expiry: bool | None = None
    advertise_ca_names: str | None = None


def mutual_authentication(text: str) -> Mapping[int, MutualAuthenticationWish]:
    """What is asked by port, sorted; of two entries for a port the last one counts."""
    found = {}
    for number, entry in enumerate(json_list(text)):
        place = f"[{number}]"
        if not isinstance(entry, dict):
            raise BadValueError(f"{place}: accepted is an object with port and mode")
        fields = {name.lower(): value for name, value in entry.items() if value is not None}
        found[_port(fields, place)] = _wish(fields, place)
    return dict(sorted(found.items()))


def _port(fields: Mapping[str, object], place: str) -> int:
    port = fields.get("port")
    if type(port) is not int or not 1 <= port <= MAX_PORT:
        raise BadValueError(f"{place}.port: accepted are numbers from 1 to {MAX_PORT}")
    return port


def _wish(fields: Mapping[str, object], place: str) -> MutualAuthenticationWish:
    mode = fields.get("mode")
    if not isinstance(mode, str) or mode not in _MODES:
        raise BadValueError(f"{place}.mode: accepted are {', '.join(_MODES)}")
    store = _typed(fields, "trustStore", str, place)
    ignore = _typed(fields, "ignoreClientCertificateExpiry", bool, place)
    advertise = _typed(fields, "advertiseTrustStoreCaNames", str, place)
    if advertise is not None and advertise not in _SWITCHES:
        raise BadValueError(f"{place}.advertiseTrustStoreCaNames: accepted are {', '.join(_SWITCHES)}")
    if mode != VERIFY:
        given = {"trustStore": store, "ignoreClientCertificateExpiry": ignore, "advertiseTrustStoreCaNames": advertise}
        for name, value in given.items():
            if value:
                raise BadValueError(f"{place}.{name}: accepted only with the mode {VERIFY}")
        return MutualAuthenticationWish(mode=mode)
    if not store:
        raise BadValueError(f"{place}.trustStore: the mode {VERIFY} needs one, by ARN or name")
    return MutualAuthenticationWish(
        mode=mode, trust_store=store, ignore_expiry=bool(ignore), advertise_ca_names=advertise or None
    )


def _typed(fields: Mapping[str, object], name: str, type_: type[T], place: str) -> T | None:
    value = fields.get(name.lower())
    if value is not None and type(value) is not type_:
        raise BadValueError(f"{place}.{name}: accepted is {'true or false' if type_ is bool else 'a text'}")
    return value
