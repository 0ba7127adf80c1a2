"""A host and port to listen on, as it is written on a command line."""

import re
from dataclasses import dataclass

_PORT_MAX = 65535
_HOST = re.compile(r"[\w.:%-]*")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; an empty host is every interface."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read HOST:PORT, [IPV6]:PORT or :PORT; raise ValueError with what is wrong."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
            raise ValueError(f"{text!r} is no listen address: write HOST:PORT, [IPV6]:PORT or :PORT")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ValueError(f"{text!r} is no listen address: write an IPv6 host in brackets, [::1]:9100")
        if not _HOST.fullmatch(host):
            raise ValueError(f"{text!r} is no listen address: {host!r} is no host")
        return cls(host, int(port))
