"""What a load test is to do: the target, the users, how long, and the requests; refused where it is absurd."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

USERS_MAX = 5_000  # what one process of Locust still measures truly is less; more is surely a slip of the finger
RATE_MAX = 20_000.0
SPAWN_MAX = 1_000.0
DURATION_MAX_SECONDS = 24 * 3600.0
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class BadPlan(ValueError):  # noqa: N818 - what was asked for
    """What was asked for cannot be done; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request; `body` and `path` may name variables as $name."""

    name: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """What is loaded: requests to one host, or the users of a locustfile."""

    host: str
    requests: tuple[Request, ...] = ()
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    locustfile: str = ""

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that must answer before any load."""
        parts = urlsplit(self.host)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole of what the driver is told."""

    target: Target
    users: int
    spawn_rate: float
    timeout_seconds: float
    rate: float | None = None
    verify_tls: bool = True

    def text(self) -> str:
        """Return the plan as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, line: str) -> "Plan":
        """Read what `text` wrote."""
        values = json.loads(line)
        target = values.pop("target")
        requests = tuple(Request(**request) for request in target.pop("requests"))
        return cls(target=Target(requests=requests, **target), **values)


def host_of(url: str) -> str:
    """Return a URL that a load test can use; raise BadPlan."""
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadPlan(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_good:
        raise BadPlan(f"{url!r} is no URL such as http://127.0.0.1:8000/search")
    if parts.username or parts.password:
        raise BadPlan("no password belongs in a URL: --header 'authorization: @FILE' reads one from a file")
    return url


def request_of(url: str, *, method: str, headers: Mapping[str, str], body: str) -> Target:
    """Return the target of a test of one URL."""
    parts = urlsplit(host_of(url))
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    request = Request(f"{method} {path}", path + query, method, headers, body)
    return Target(f"{parts.scheme}://{parts.netloc}", (request,))


def headers_of(lines: tuple[str, ...]) -> dict[str, str]:
    """Return headers written as `Name: value`; a value of `@FILE` is read from the file, as secrets should be."""
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or not name.strip().isascii() or "\n" in line:
            raise BadPlan(f"--header: {line!r} is not written as 'Name: value'")
        value = value.strip()
        found[name.strip()] = _read(value[1:]) if value.startswith("@") else value
    return found


def body_of(text: str) -> str:
    """Return a body; `@FILE` is read from the file."""
    return _read(text[1:]) if text.startswith("@") else text


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text in UTF-8"
        raise BadPlan(f"{name}: {reason}") from None
