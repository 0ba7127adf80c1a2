"""What is probed, and what came of one attempt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from .options import checked, option, pattern, positive

_PORTS = {"http": 80, "https": 443}
_PRINTED = re.compile(r"[^\s\x00-\x1f\x7f]+")
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_LINE = re.compile(r"[^\r\n\x00]*")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint: http://, https:// or tcp://host:port, and what a good answer is."""

    url: str = option("", "http://host/path, https://host/path or tcp://host:port.")
    name: str = option("", "Label of the target's metrics; the URL where none is given.")
    timeout: float = checked(5.0, "Seconds after which an attempt has failed.", positive)
    method: str = option("GET", "Method of the HTTP request.")
    headers: Mapping[str, str] = field(default_factory=dict, metadata={"documentation": "Headers of the HTTP request."})
    status: tuple[int, ...] = option((), "Statuses that are good; 200 to 399 where none is given.")
    body: re.Pattern[str] | None = pattern("Pattern that a good answer's body has.")
    ca_file: str = option("", "Certificates to trust instead of the system's.")
    verify: bool = option(default=True, documentation="Whether the server's certificate must be valid.")

    def __post_init__(self) -> None:
        """Refuse what cannot be sent."""
        parts = self.address
        if parts.username or parts.password:
            raise ValueError("url: a user and password would show in the metrics; put them into headers, Authorization")
        if parts.scheme not in ("http", "https", "tcp") or not parts.hostname:
            raise ValueError(f"url: {self.url!r} is not http://host/path, https://host/path or tcp://host:port")
        if not _PRINTED.fullmatch(self.url):
            raise ValueError(f"url: {self.url!r} has blanks or control characters; write %20")
        if not self.port:
            raise ValueError(f"url: {self.url!r} has no port")
        self._check_request()

    def _check_request(self) -> None:
        if not _TOKEN.fullmatch(self.method):
            raise ValueError(f"method: {self.method!r} is none; write GET, HEAD or POST")
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name) or not _LINE.fullmatch(value):
                raise ValueError(f"headers: {name!r} is no header of one line")
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ValueError(f"ca_file: there is no file {self.ca_file}")

    @property
    def label(self) -> str:
        """The value of the label `target`."""
        return self.name or self.url

    @property
    def address(self) -> SplitResult:
        """The URL's parts."""
        return urlsplit(self.url)

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.address.port or _PORTS.get(self.address.scheme, 0)


@dataclass(slots=True)
class Attempt:
    """One attempt: how long each phase took, what was answered, and why it failed, if it did."""

    at: float
    phases: dict[str, float] = field(default_factory=dict)
    status: int | None = None
    expiry: float | None = None
    failure: str = ""

    @property
    def seconds(self) -> float:
        """The whole attempt's time."""
        return sum(self.phases.values())
