"""Asks a server for JSON; whatever goes wrong becomes one line that names the place and the cure."""

import json
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from .access import Access, base
from .failure import PastError, Refused, Unreachable

_CURES = {
    401: "wants a user or a token: --user with --password-file, or --token-file",
    403: "does not let this user or token in",
    404: "has no {path}: {hint}",
    405: "does not answer GET at {path}: {hint}",
}
_BODY_SHOWN = 200


class Client:
    """One server's JSON API; `name` is what it is called in messages, `hint` what to ask oneself where it has none."""

    def __init__(self, url: str, name: str, access: Access, hint: str) -> None:
        self._hint = hint
        self.url = base(url)
        self.place = f"{name} at {self.url}"
        self._access = access
        self._credentials = access.credentials()
        self._opener: OpenerDirector = build_opener(*_handlers(self.url, access))

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Return the document at a path; raise Unreachable or Refused."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._document(path, self._read(path, query, "application/json"))

    def text(self, path: str) -> str:
        """Return the text at a path; raise Unreachable or Refused."""
        return self._read(path, "", "text/plain").decode("utf-8", "replace")

    def _read(self, path: str, query: str, kind: str) -> bytes:
        request = Request(f"{self.url}{path}{query}", headers={"Accept": kind})  # noqa: S310 - the user's URL
        for name, value in self._access.headers:
            request.add_header(name, value)
        if self._credentials:
            request.add_unredirected_header("Authorization", self._credentials)
        try:
            with self._opener.open(request, timeout=self._access.timeout_seconds) as response:
                body: bytes = response.read()
                return body
        except HTTPError as error:
            with error:
                raise self._refusal(path, error.code, error.read()) from None
        except (URLError, HTTPException, OSError) as error:
            raise Unreachable(f"{self.place} does not answer ({_reason(error)}): {_cure(error)}") from error

    def _document(self, path: str, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            what = "a web page" if body.lstrip()[:1] == b"<" else "no JSON"
            raise Unreachable(
                f"{self.place} answered {what} at {path}: is this the right address? {self._hint}"
            ) from None

    def _refusal(self, path: str, status: int, body: bytes) -> PastError:
        try:
            reason = json.loads(body)["error"]
        except (ValueError, KeyError, TypeError):
            reason = ""
        if isinstance(reason, str) and reason:
            return Refused(f"{self.place} refused: {' '.join(reason.split())[:_BODY_SHOWN]}")
        if status not in _CURES:
            return Unreachable(f"{self.place} answered {status}: its log says why")
        return Unreachable(f"{self.place} answered {status}: it {_CURES[status].format(path=path, hint=self._hint)}")


def _handlers(url: str, access: Access) -> list[HTTPSHandler | ProxyHandler]:
    handlers: list[HTTPSHandler | ProxyHandler] = []
    if url.startswith("https:"):
        handlers.append(HTTPSHandler(context=access.trust()))
    if _is_loopback(urlsplit(url).hostname or ""):
        handlers.append(ProxyHandler({}))  # no proxy reaches this machine's own servers
    return handlers


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return reason.verify_message
    if isinstance(reason, TimeoutError):
        return "timed out"
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__)


def _cure(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "--ca-file names the authority to trust"
    if isinstance(reason, ssl.SSLError | HTTPException):
        return "is it http or https?"
    return "is it running, and is the address right?"
