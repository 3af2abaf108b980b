"""The predefined security policies: protocols, ciphers, and the load balancers that take them.

Sources: guides of the Application and the Network Load Balancer, "Security policies"; ciphers come from moto's table
where it has the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moto.elbv2.ssl_policies import SSL_POLICIES as _CIPHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class SslPolicy:
    name: str
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]
    """The preferred one first."""
    load_balancer_types: tuple[str, ...]


_V1, _V11, _V12, _V13 = "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"
_BOTH = ("application", "network")
_MODERN: Mapping[str, tuple[str, ...]] = {
    "1-3": (_V13,),
    "1-2": (_V13, _V12),
    "1-2-Res": (_V13, _V12),
    "1-2-Ext0": (_V13, _V12),
    "1-2-Ext1": (_V13, _V12),
    "1-2-Ext2": (_V13, _V12),
    "1-1": (_V13, _V12, _V11),
    "1-0": (_V13, _V12, _V11, _V1),
}
"""Policies with TLS 1.3 by the middle of their names, `ELBSecurityPolicy-TLS13-<middle>-<ending>`."""
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "2021-06": ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0"),
    "PQ-2025-09": ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2", "1-0"),
    "FIPS-2023-04": ("1-3", "1-2", "1-2-Res", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0"),
    "PQ-FIPS-2025-09": ("1-3", "1-2", "1-2-Res", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-0"),
}
_OLDER: Mapping[str, tuple[str, ...]] = {
    "2016-08": (_V1, _V11, _V12),
    "TLS-1-0-2015-04": (_V1, _V11, _V12),
    "TLS-1-1-2017-01": (_V11, _V12),
    "TLS-1-2-2017-01": (_V12,),
    "TLS-1-2-Ext-2018-06": (_V12,),
    "FS-2018-06": (_V1, _V11, _V12),
    "FS-1-1-2019-08": (_V11, _V12),
    "FS-1-2-2019-08": (_V12,),
    "FS-1-2-Res-2019-08": (_V12,),
    "FS-1-2-Res-2020-10": (_V12,),
    "2015-05": (_V1, _V11, _V12),
}


def _policy(name: str, protocols: tuple[str, ...]) -> SslPolicy:
    full = f"ELBSecurityPolicy-{name}"
    ciphers = _CIPHERS.get(full, {}).get("ciphers", ())
    return SslPolicy(name=full, protocols=protocols, ciphers=tuple(ciphers), load_balancer_types=_BOTH)


_ALL = [
    *(
        _policy(f"TLS13-{middle}-{ending}", _MODERN[middle])
        for ending, middles in _ENDINGS.items()
        for middle in middles
    ),
    *(_policy(name, protocols) for name, protocols in _OLDER.items()),
]
POLICIES: Mapping[str, SslPolicy] = {policy.name: policy for policy in _ALL}
"""By name."""
