"""The TLS part of a web configuration file (exporter-toolkit's tls_server_config)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .convert import Mismatch

VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
_CLIENT_AUTH = ("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
_UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
CIPHERS: Mapping[str, str] = {  # Go's names, which the format uses, to OpenSSL's
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    # TLS 1.3 always has these, in Go as in OpenSSL
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
}
_SWITCHES = ("cert", "cert_file", "key", "key_file", "client_ca", "client_ca_file", "client_auth_type")
FIELDS = (
    *_SWITCHES,
    "client_allowed_sans",
    "min_version",
    "max_version",
    "cipher_suites",
    "prefer_server_cipher_suites",
    "curve_preferences",
)


@dataclass(frozen=True, slots=True)
class Pem:
    """Certificates or a key: in a file, or written in the configuration itself."""

    file: Path | None = None
    text: str = field(default="", repr=False)

    def read(self) -> str:
        """Return the PEM text as it is now; raise OSError."""
        return self.file.read_text("ascii") if self.file else self.text


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections are encrypted, and which clients are let in; ciphers and curve in OpenSSL's names."""

    cert: Pem
    key: Pem
    client_ca: Pem | None = None
    client_auth: str = "NoClientCert"
    client_allowed_sans: tuple[str, ...] = ()
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    ciphers: tuple[str, ...] = ()
    prefer_server_ciphers: bool = True
    curve: str = ""


def read_tls(table: Mapping[str, Any], folder: Path) -> Tls | None:
    """Return what tls_server_config says, None where it asks for no TLS; raise Mismatch."""
    if not any(table.get(key) for key in _SWITCHES):
        if table:
            raise Mismatch("one of cert and cert_file is missing")
        return None
    cert, key = _pem(table, "cert", folder), _pem(table, "key", folder)
    if cert is None or key is None:
        missing = "key" if cert else "cert"
        raise Mismatch(f"one of {missing} and {missing}_file is missing")
    client_ca = _pem(table, "client_ca", folder)
    for name, pem in (("cert", cert), ("key", key), ("client_ca", client_ca)):
        if pem:
            _require(name, pem)
    least = _one_of("min_version", table.get("min_version", "TLS12"), VERSIONS)
    most = _one_of("max_version", table.get("max_version", "TLS13"), VERSIONS)
    if VERSIONS.index(least) > VERSIONS.index(most):
        raise Mismatch(f"min_version {least} is above max_version {most}")
    return Tls(
        cert,
        key,
        client_ca,
        _client_auth(table.get("client_auth_type") or "NoClientCert", client_ca),
        tuple(_texts("client_allowed_sans", table.get("client_allowed_sans"))),
        least,
        most,
        tuple(_ciphers(table.get("cipher_suites"))),
        _boolean("prefer_server_cipher_suites", table.get("prefer_server_cipher_suites", True)),
        _curve(table.get("curve_preferences")),
    )


def _pem(table: Mapping[str, Any], name: str, folder: Path) -> Pem | None:
    text, file = (_text(key, table.get(key) or "") for key in (name, f"{name}_file"))
    if text and file:
        raise Mismatch(f"{name} and {name}_file do not go together: write one of them")
    if file:
        return Pem(file=folder / file)
    return Pem(text=text) if text else None


def _require(name: str, pem: Pem) -> None:
    try:
        pem.read()
    except OSError as error:
        raise Mismatch(f"{name}_file: {pem.file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Mismatch(f"{name}_file: {pem.file} is not in PEM format; convert it with openssl") from error


def _client_auth(policy: Any, client_ca: Pem | None) -> str:
    if policy in _UNVERIFIED:
        raise Mismatch(
            f"client_auth_type {policy} is not supported: it trusts any certificate; write RequireAndVerifyClientCert"
        )
    chosen = _one_of("client_auth_type", policy, _CLIENT_AUTH)
    if client_ca and chosen == "NoClientCert":
        raise Mismatch("client_ca is given and client_auth_type is not: write RequireAndVerifyClientCert")
    if chosen == "RequireAndVerifyClientCert" and not client_ca:
        raise Mismatch("client_auth_type RequireAndVerifyClientCert needs client_ca_file, or no client could come in")
    return chosen


def _ciphers(suites: Any) -> list[str]:
    names = [_one_of("cipher_suites", suite, CIPHERS) for suite in _texts("cipher_suites", suites)]
    return [CIPHERS[name] for name in names if CIPHERS[name]]


def _curve(curves: Any) -> str:
    names = [_one_of("curve_preferences", curve, CURVES) for curve in _texts("curve_preferences", curves)]
    if set(names) == set(CURVES):  # all there are: OpenSSL's own choice
        return ""
    if len(names) > 1:
        raise Mismatch("curve_preferences is supported for one curve, or for all there are")
    return CURVES[names[0]] if names else ""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Mismatch(f"{name} must be a string, not {value!r}")
    return value


def _texts(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Mismatch(f"{name} must be a list, not {value!r}")
    return [_text(name, one) for one in value]


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Mismatch(f"{name} must be true or false, not {value!r}")
    return value


def _one_of(name: str, value: Any, known: Mapping[str, str] | tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise Mismatch(f"{name}: {value!r} is none of {', '.join(known)}")
    return value
