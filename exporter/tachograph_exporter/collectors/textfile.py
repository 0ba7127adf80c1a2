"""Metrics that other programs leave in *.prom files, as node_exporter's textfile collector serves them."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

from ..exposition.metric import Labels, Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options, option
from .textformat import Family, Malformed, metric, parse

_logger = logging.getLogger(__name__)
_NANOSECONDS = 10**9


@dataclass(frozen=True, slots=True)
class TextfileOptions(Options):
    """Where the files are."""

    directory: tuple[str, ...] = option((), "Folder with *.prom files; a pattern such as /srv/*/metrics names several.")


@dataclass(frozen=True, slots=True)
class Read:
    """A file as it was read when it last changed."""

    version: tuple[int, int, int]
    families: tuple[Family, ...]
    error: str = ""


class Textfile(Collector):
    """Reads the files that changed since the scrape before; one that is malformed costs only itself."""

    name = "textfile"
    options_type = TextfileOptions
    options: TextfileOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._read: dict[str, Read] = {}
        self._merged = Merged({})
        self._faults: dict[str, str] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield the files' metrics, when each was written, and what is wrong with which."""
        faults: dict[str, str] = {}
        paths = list(self._paths(faults))
        read = {path: self._current(path) for path in paths}
        if read != self._read:
            self._read, self._merged = read, Merged(read)
        faults |= self._merged.faults
        self._log(faults)
        yield from self._merged.metrics
        written: list[tuple[Labels, float]] = [
            ((path,), float(file.version[1] // _NANOSECONDS)) for path, file in read.items() if path not in faults
        ]
        if written:
            yield Metric("node_textfile_mtime_seconds", "gauge", "When the file was written.", ("file",), written)
        yield gauge("node_textfile_scrape_error", "1 where a file could not be read, else 0.", float(bool(faults)))
        rows = [((path,), float(path in faults)) for path in dict.fromkeys((*paths, *faults))]
        documentation = "1 where this file or folder could not be read, else 0."
        yield Metric("tachograph_textfile_error", "gauge", documentation, ("file",), rows)

    def _paths(self, faults: dict[str, str]) -> Iterator[str]:
        for directory in self.options.directory:
            for folder in sorted(glob(directory)) or [directory]:  # noqa: PTH207 - an absolute pattern
                try:
                    names = sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
                except OSError as error:
                    faults[folder] = str(error)
                    continue
                yield from (f"{folder}/{name}" for name in names if name.endswith(".prom"))

    def _current(self, path: str) -> Read:
        before = self._read.get(path)
        try:
            status = os.stat(path)  # noqa: PTH116 - each scrape, each file
        except OSError as error:
            return Read((0, 0, 0), (), str(error))
        version = (status.st_ino, status.st_mtime_ns, status.st_size)
        if before is not None and before.version == version:
            return before
        try:
            return Read(version, tuple(parse(Path(path).read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, Malformed) as error:
            return Read(version, (), str(error))

    def _log(self, faults: dict[str, str]) -> None:
        for path, fault in faults.items():
            if self._faults.get(path) != fault:
                _logger.warning("textfile %s: %s", path, fault)
        self._faults = faults


class Merged:
    """The files' families, those of one name made one, and what is wrong with which file."""

    def __init__(self, files: dict[str, Read]) -> None:
        self.faults = {path: file.error for path, file in files.items() if file.error}
        self._families: dict[str, Family] = {}
        self._origins: dict[str, str] = {}
        for path, file in files.items():
            for family in file.families:
                self._add(path, family)
        self.metrics = tuple(
            metric(family, family.documentation or f"Metric read from {self._origins[family.name]}")
            for family in self._families.values()
        )

    def _add(self, path: str, family: Family) -> None:
        known = self._families.get(family.name)
        if known is None:
            self._families[family.name] = replace(family)
            self._origins[family.name] = path
            return
        origin = self._origins[family.name]
        if family.documentation not in (None, known.documentation) or family.kind != known.kind:
            self.faults[path] = f"{family.name} has another HELP or TYPE than in {origin}"
        elif not (
            known.values.keys().isdisjoint(family.values) and known.compounds.keys().isdisjoint(family.compounds)
        ):
            self.faults[path] = f"{family.name} has a series that {origin} has too"
        else:
            known.values = known.values | family.values
            known.compounds = known.compounds | family.compounds
            self._origins[family.name] = f"{origin}, {path}"
