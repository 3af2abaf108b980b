"""The objects of manifest files. Used by `elbow plan`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.cli.errors import CliError

Raw = dict[str, Any]


def read_manifests(files: Sequence[str]) -> list[Raw]:
    """All objects of the files, `-` for standard input, in order; a List is its items.

    Raises CliError for a file that cannot be read or holds something that is no object, with the place.
    """
    found = [manifest for file in files for manifest in _of_file(file)]
    if not found:
        raise CliError(f"no objects in {', '.join(files)}")
    return found


def _of_file(file: str) -> Iterator[Raw]:
    name = "standard input" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CliError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CliError(f"{name} is not UTF-8 text") from error
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise CliError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    for number, document in enumerate(documents, start=1):
        if document is not None:
            yield from _objects(document, f"{name}, document {number}")


def _objects(document: object, place: str) -> Iterator[Raw]:
    if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
        for number, item in enumerate(document["items"], start=1):
            yield from _objects(item, f"{place}, item {number}")
        return
    metadata = document.get("metadata") if isinstance(document, dict) else None
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str)
    if not (isinstance(document, dict) and named and isinstance(document.get("kind"), str)):
        raise CliError(f"{place}: no Kubernetes object, which has apiVersion, kind and metadata.name")
    yield document
