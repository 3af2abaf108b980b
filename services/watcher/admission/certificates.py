"""The certificate of the admission server, from files that are exchanged while it runs.

A Secret that is mounted changes under the process that reads it: each handshake looks whether the files have changed,
and takes the new ones if they fit together.
"""

import logging
import os
import ssl
from pathlib import Path
from typing import Any

from services.runtime.errors import StartError

_LOGGER = logging.getLogger(__name__)
_CERTIFICATE, _KEY = "tls.crt", "tls.key"

Signature = tuple[tuple[int, int, int], ...]


class Certificates:
    """The files in one folder."""

    def __init__(self, folder: Path, client_authority: Path | None) -> None:
        """`client_authority`: PEM file; with it, callers have to show a certificate of that authority. Raises
        StartError when files lack or do not fit.
        """
        self._files = (folder / _CERTIFICATE, folder / _KEY)
        self._client_authority = client_authority
        try:
            self._seen = self._signature()
            self._current = self._load()
            self.context = self._load()
        except (OSError, ssl.SSLError) as error:
            files = " and ".join(map(str, (*self._files, *([client_authority] if client_authority else []))))
            raise StartError(f"admission: {files} are no certificate with its key: {error}") from error
        self.context.sni_callback = self._at_handshake

    def _at_handshake(self, connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
        """Called for every connection, also without a server name."""
        self._look()
        connection.context = self._current

    def _look(self) -> None:
        try:
            now = self._signature()
            if now == self._seen:
                return
            self._seen = now
            self._current = self._load()
        except (OSError, ssl.SSLError) as error:
            _LOGGER.warning("the new certificate cannot be used, the old one stays", extra={"error": str(error)})
            return
        _LOGGER.info("the certificate has been exchanged", extra={"file": str(self._files[0])})

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # An empty passphrase keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(*self._files, password="")
        if self._client_authority is not None:
            context.load_verify_locations(self._client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _signature(self) -> Signature:
        found = (os.stat(file) for file in self._files)  # noqa: PTH116 - one call for each file
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)
