"""Rules for names, labels and annotations (apimachinery, util/validation)."""

from __future__ import annotations

import re

from sandbox.kubernetes.apiserver.errors import FieldError, invalid_value
from sandbox.kubernetes.apiserver.objects import JsonObject

_LABEL_FORM = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_FORM = _LABEL_FORM + r"(\." + _LABEL_FORM + ")*"
_DNS1035_FORM = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_PORT_FORM = "[-a-z0-9]+"

_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_FORM}')"
)
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_FORM}')"
)
_DNS1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character "
    f"(e.g. 'my-name',  or 'abc-123', regex used for validation is '{_DNS1035_FORM}')"
)
_WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
    rf"(e.g. '*.example.com', regex used for validation is '\*\.{_SUBDOMAIN_FORM}')"
)
_NAME_PART_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
    f"regex used for validation is '{_QUALIFIED_FORM}')"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '({_QUALIFIED_FORM})?')"
)
ANNOTATIONS_LIMIT = 256 * 1024


def _checked(value: str, form: str, text: str, limit: int) -> list[str]:
    problems = [] if len(value) <= limit else [f"must be no more than {limit} bytes"]
    return problems if re.fullmatch(form, value) else [*problems, text]


def subdomain(value: str) -> list[str]:
    return _checked(value, _SUBDOMAIN_FORM, _SUBDOMAIN_TEXT, 253)


def dns_label(value: str) -> list[str]:
    return _checked(value, _LABEL_FORM, _LABEL_TEXT, 63)


def dns1035_label(value: str) -> list[str]:
    return _checked(value, _DNS1035_FORM, _DNS1035_TEXT, 63)


def wildcard_subdomain(value: str) -> list[str]:
    return _checked(value, r"\*\." + _SUBDOMAIN_FORM, _WILDCARD_TEXT, 253)


def path_segment(value: str) -> list[str]:
    """The loosest rule, of kinds whose name is only a part of a URL."""
    if value in {".", ".."}:
        return [f"may not be '{value}'"]
    return [f"may not contain '{sign}'" for sign in "/%" if sign in value]


def port_name(value: str) -> list[str]:
    """An IANA service name (RFC 6335)."""
    problems: list[str] = []
    if len(value) > 15:
        problems.append("must be no more than 15 characters")
    if not re.fullmatch(_PORT_FORM, value):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        problems.append("must contain at least one letter (a-z)")
    if "--" in value:
        problems.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def qualified_name(value: str) -> list[str]:
    """A label or annotation key: an optional DNS prefix, a slash, and a name of at most 63 characters."""
    prefix, slash, name = value.rpartition("/")
    problems: list[str] = []
    if slash:
        if not prefix:
            problems.append("prefix part must be non-empty")
        problems.extend(f"prefix part {text}" for text in (subdomain(prefix) if prefix else []))
    if not name:
        return [*problems, "name part must be non-empty", _NAME_PART_TEXT]
    if len(name) > 63:
        problems.append("name part must be no more than 63 bytes")
    return problems if re.fullmatch(_QUALIFIED_FORM, name) else [*problems, _NAME_PART_TEXT]


def label_value(value: str) -> list[str]:
    problems = [] if len(value) <= 63 else ["must be no more than 63 bytes"]
    return problems if re.fullmatch(f"({_QUALIFIED_FORM})?", value) else [*problems, _VALUE_TEXT]


def label_errors(labels: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for key, value in labels.items():
        errors.extend(invalid_value(field, key, text) for text in qualified_name(key))
        errors.extend(invalid_value(field, value, text) for text in label_value(value))
    return errors


def annotation_errors(annotations: JsonObject, field: str) -> list[FieldError]:
    return [invalid_value(field, key, text) for key in annotations for text in qualified_name(key.lower())]
