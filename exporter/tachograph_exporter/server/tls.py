"""TLS contexts made of a web configuration."""

import logging
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..web_tls import Pem, Tls

_logger = logging.getLogger(__name__)
_VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_OLD = ("TLS10", "TLS11")


def make_context(tls: Tls) -> ssl.SSLContext:
    """Return a server's context; certificates that were renewed in their files are taken up by the next handshake.

    Raise ValueError where a certificate or key is none, or they do not belong together.
    """
    context = _context(tls)
    renewal = _Renewal(tls, context)

    def renew(connection: Any, _server_name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = renewal.newest()

    context.sni_callback = renew
    return context


class _Renewal:
    """Makes a new context when one of the files changed; keeps the old one while the new files do not fit."""

    def __init__(self, tls: Tls, context: ssl.SSLContext) -> None:
        self._tls = tls
        self._context = context
        self._files = [pem.file for pem in (tls.cert, tls.key) if pem.file]
        self._seen = self._times()

    def newest(self) -> ssl.SSLContext:
        times = self._times()
        if times != self._seen:
            self._seen = times
            try:
                self._context = _context(self._tls)
            except (ValueError, OSError) as error:
                _logger.warning("the renewed certificate is not used: %s", error)
        return self._context

    def _times(self) -> list[int]:
        times = []
        for file in self._files:
            with suppress(OSError):
                times.append(file.stat().st_mtime_ns)
        return times


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    context.verify_mode = _VERIFY[tls.client_auth]
    if tls.ciphers:
        context.set_ciphers(":".join(tls.ciphers))
    elif tls.min_version in _OLD:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 has no cipher for these versions at its usual level
    if not tls.prefer_server_ciphers:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.curve:
        context.set_ecdh_curve(tls.curve)
    if tls.client_ca:
        try:
            context.load_verify_locations(cadata=tls.client_ca.read())
        except ssl.SSLError as error:
            raise ValueError(f"client_ca holds no certificate: {error.reason}") from error
    _load(context, tls)
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    with _path(tls.cert) as cert, _path(tls.key) as key:
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except ssl.SSLError as error:
            raise ValueError(f"cert and key: {error.reason or error}") from error


def _no_password() -> str:
    raise ValueError("key is encrypted: it must be readable without a password")


@contextmanager
def _path(pem: Pem) -> Iterator[str]:
    """Give OpenSSL a path to PEM text: it reads keys from files only."""
    if pem.file:
        yield str(pem.file)
        return
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
        file.write(pem.text)
        file.flush()
        yield file.name
