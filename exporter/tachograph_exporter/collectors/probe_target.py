"""What is probed, and what came of one attempt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from .options import option, pattern

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint: http://, https:// or tcp://host:port, and what a good answer is."""

    url: str = option("", "http://host/path, https://host/path or tcp://host:port.")
    name: str = option("", "Label of the target's metrics; the URL where none is given.")
    timeout: float = option(5.0, "Seconds after which an attempt has failed.")
    method: str = option("GET", "Method of the HTTP request.")
    headers: Mapping[str, str] = field(default_factory=dict, metadata={"documentation": "Headers of the HTTP request."})
    status: tuple[int, ...] = option((), "Statuses that are good; 200 to 399 where none is given.")
    body: re.Pattern[str] | None = pattern("Pattern that a good answer's body has.")
    ca_file: str = option("", "Certificates to trust instead of the system's.")
    verify: bool = option(default=True, documentation="Whether the server's certificate must be valid.")

    def __post_init__(self) -> None:
        """Refuse a URL that cannot be probed."""
        parts = self.address
        if parts.scheme not in ("http", "https", "tcp") or not parts.hostname:
            raise ValueError(f"url: {self.url!r} is not http://host/path, https://host/path or tcp://host:port")
        if parts.scheme == "tcp" and not parts.port:
            raise ValueError(f"url: {self.url!r} has no port")

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
        return self.address.port or _PORTS[self.address.scheme]


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
