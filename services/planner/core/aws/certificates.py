"""Certificates and what their validation needs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRecord:
    """A CNAME record by which ACM sees that a domain is its requester's; both names end with a dot."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate in ACM; `failed`: it is not issued and never will be, or not any more. `names`: domain names that
    it is for; `authority`: ARN of the private authority that signed it, empty for none; `validation`: records that ACM
    waits for; None where they are not known. `recorded`: names of those that we have made."""

    arn: str
    issued: bool
    private: bool
    failed: bool = False
    names: tuple[str, ...] | None = None
    authority: str | None = None
    validation: tuple[ValidationRecord, ...] | None = None
    recorded: frozenset[str] = frozenset()
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedZone:
    """A zone of Route 53; `name` without the dot at its end."""

    id: str
    name: str
    private: bool
