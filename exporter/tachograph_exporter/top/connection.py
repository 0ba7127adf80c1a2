"""How the exporter is reached: its address, TLS, user; and in one line why it is not."""

import base64
import http.client
import json
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_PORT = 9100
_ANSWER_SECONDS = 10.0


class Unreachable(Exception):  # noqa: N818 - the message is for the user
    """The exporter does not answer as one; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An exporter's address, and what it asks of those who come."""

    host: str
    port: int
    tls: bool = False
    path: str = ""
    authorization: str = field(default="", repr=False)
    authority: Path | None = None

    @property
    def address(self) -> str:
        """The address as a user writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{self.path}"

    def get(self, path: str) -> Any:
        """Return a document of the API; raise Unreachable."""
        response = self.open(path, silence_seconds=_ANSWER_SECONDS)
        try:
            return json.load(response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.address} broke off its answer: {error}") from error
        finally:
            response.close()

    def open(self, path: str, *, silence_seconds: float) -> http.client.HTTPResponse:
        """Ask for a path; raise Unreachable where the answer is no success."""
        try:
            connection = self._connection(silence_seconds)
            connection.request("GET", f"{self.path}{path}", headers=self._headers())
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(self._cure(error)) from error
        if response.status != HTTPStatus.OK:
            response.close()
            raise Unreachable(self._refusal(response.status))
        return response

    def _connection(self, silence_seconds: float) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection(self.host, self.port, timeout=silence_seconds)
        context = ssl.create_default_context(cafile=self.authority)
        return http.client.HTTPSConnection(self.host, self.port, timeout=silence_seconds, context=context)

    def _headers(self) -> dict[str, str]:
        return {"authorization": self.authorization} if self.authorization else {}

    def _cure(self, error: Exception) -> str:
        where = self.address
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"{where} shows a certificate that is not trusted ({error.verify_message}): name its CA with --ca-file"
            )
        if isinstance(error, ssl.SSLError):
            return f"{where} does not speak TLS ({error.reason}); try http://"
        if isinstance(error, http.client.HTTPException | ConnectionResetError):
            return f"{where} gives no answer in HTTP; where it serves TLS, write https://"
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"no exporter answers at {where} ({reason}): start one with `tachograph serve`, or name it: --exporter"

    def _refusal(self, status: int) -> str:
        if status == HTTPStatus.UNAUTHORIZED:
            if self.authorization:
                return f"{self.address} refuses this user and password"
            return f"{self.address} asks for a user: --user NAME --password-file FILE"
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            return f"{self.address} has as many viewers as it takes; try later"
        return f"{self.address} answers {status}: it is no Tachograph exporter, or an older one"


def target(address: str, *, authority: Path | None, username: str, password_file: Path | None) -> Target:
    """Return the exporter that an address names, http where it names no scheme; raise ValueError."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{address!r} is no address like http://127.0.0.1:{_PORT}")
    tls = parts.scheme == "https"
    if authority and not tls:
        raise ValueError("--ca-file is for an address that begins with https://")
    user, password = username or unquote(parts.username or ""), unquote(parts.password or "")
    if password_file:
        password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    authorization = f"Basic {token}" if user else ""
    return Target(parts.hostname, parts.port or _PORT, tls, parts.path.rstrip("/"), authorization, authority)
