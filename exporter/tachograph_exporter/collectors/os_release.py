"""The distribution, from /etc/os-release."""

import datetime as dt
import re
import shlex
from collections.abc import Iterator, Sequence

from ..exposition.metric import Metric, gauge
from ..host import Host
from .collector import Collector, NoData
from .files import read, text
from .options import Options

_LABELS = (
    "build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name",
    "variant", "variant_id", "version", "version_codename", "version_id",
)  # fmt: skip
_FILES = ("etc/os-release", "usr/lib/os-release")
_NUMBER = re.compile(r"\d+\.?\d*")


class OsRelease(Collector):
    """Reads what distribution this is (os-release(5))."""

    name = "os"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._read: tuple[bytes, Sequence[Metric]] = b"", ()

    def collect(self) -> Iterator[Metric]:
        """Yield the distribution, its version and when its support ends, where it says so."""
        contents = self._contents()
        if contents != self._read[0]:
            self._read = contents, tuple(_metrics(_parsed(text(contents))))
        yield from self._read[1]

    def _contents(self) -> bytes:
        for file in _FILES:
            try:
                return read(f"{self.host.root}/{file}")
            except FileNotFoundError:
                continue
        raise NoData("the host has no os-release file")


def _metrics(release: dict[str, str]) -> Iterator[Metric]:
    labels = tuple(release.get(label.upper(), "") for label in _LABELS)
    yield Metric("node_os_info", "gauge", "What the distribution says of itself.", _LABELS, [(labels, 1.0)])
    if ends := release.get("SUPPORT_END"):
        moment = dt.datetime.fromisoformat(ends).replace(tzinfo=dt.UTC).timestamp()
        yield gauge("node_os_support_end_timestamp_seconds", "When support ends, as a Unix time.", moment)
    if version := _NUMBER.match(release.get("VERSION_ID", "")):
        identity = tuple(release.get(key, "") for key in ("ID", "ID_LIKE", "NAME"))
        names = ("id", "id_like", "name")
        yield Metric("node_os_version", "gauge", "Major and minor version.", names, [(identity, float(version[0]))])


def _parsed(contents: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in contents.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): " ".join(shlex.split(value)) for key, _, value in pairs}
