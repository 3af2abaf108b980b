"""botocore's descriptions of AWS's services, read once a process.

Every session reads the files again, and this process has many: moto's own, the kubelet's, those of the tests. EC2's
description alone takes a tenth of a second. Imported before moto, which reads it while it is imported.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader

_load_file = JSONFileLoader.load_file


@cache
def _read(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


def _read_once(_: JSONFileLoader, path: str) -> Any:
    return _read(path)


JSONFileLoader.load_file = _read_once
