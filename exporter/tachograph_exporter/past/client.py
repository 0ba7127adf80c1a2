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

_PREFIX = "does the address lack a path prefix, as in http://host/prometheus?"
_CURES = {
    401: "wants a user or a token: --user with --password-file, or --token-file",
    403: "does not let this user or token in",
    404: f"has no {{path}}: {_PREFIX}",
    405: f"does not answer GET at {{path}}: {_PREFIX}",
}
_BODY_SHOWN = 200


class Client:
    """One server's JSON API; `name` is what it is called in messages."""

    def __init__(self, url: str, name: str, access: Access) -> None:
        self.url = base(url)
        self.place = f"{name} at {self.url}"
        self._access = access
        self._credentials = access.credentials()
        self._opener: OpenerDirector = build_opener(*_handlers(self.url, access))

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Return the document at a path; raise Unreachable or Refused."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        request = Request(f"{self.url}{path}{query}", headers={"Accept": "application/json"})  # noqa: S310 - the user's URL
        for name, value in self._access.headers:
            request.add_header(name, value)
        if self._credentials:
            request.add_unredirected_header("Authorization", self._credentials)
        try:
            with self._opener.open(request, timeout=self._access.timeout_seconds) as response:
                return self._document(path, response.read())
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
            raise Unreachable(f"{self.place} answered {what} at {path}: is this the right address? {_PREFIX}") from None

    def _refusal(self, path: str, status: int, body: bytes) -> PastError:
        try:
            reason = json.loads(body)["error"]
        except (ValueError, KeyError, TypeError):
            reason = ""
        if isinstance(reason, str) and reason:
            return Refused(f"{self.place} refused: {' '.join(reason.split())[:_BODY_SHOWN]}")
        cure = _CURES.get(status, "look at its log").format(path=path)
        return Unreachable(f"{self.place} answered {status}: it {cure}" if status in _CURES else _other(self, status))


def _other(client: Client, status: int) -> str:
    return f"{client.place} answered {status}: its log says why"


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
