"""How a server is reached: its address, and what it wants to see of who asks."""

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .failure import PastError


@dataclass(frozen=True, slots=True)
class Access:
    """Credentials come from files; `headers` are such as Mimir's X-Scope-OrgID."""

    user: str = ""
    password_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())
    timeout_seconds: float = 60.0

    def credentials(self) -> str:
        """Return the Authorization header's value, empty for none; raise PastError for a file that cannot be read."""
        if self.token_file:
            return f"Bearer {_read(self.token_file)}"
        if self.user:
            password = _read(self.password_file) if self.password_file else ""
            return "Basic " + base64.b64encode(f"{self.user}:{password}".encode()).decode()
        return ""

    def trust(self) -> ssl.SSLContext:
        """Return what certificates are held to; raise PastError for a file that holds none."""
        try:
            return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise PastError(f"{self.ca_file}: cannot be read as certificates in PEM ({error})") from error


def base(url: str) -> str:
    """Return an address without its last slash; raise ValueError for what is none."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:9090")
    if parts.username or parts.password:
        raise ValueError("no password belongs in an address: --user and --password-file")
    if parts.query or parts.fragment:
        raise ValueError(f"{url!r}: give the address that /api/v1 follows, without ? and #")
    return url.rstrip("/").removesuffix("/api/v1").rstrip("/")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise PastError(f"{file}: cannot be read ({reason})") from error
