"""Metrics that other programs leave in *.prom files, as node_exporter's textfile collector serves them."""

import logging
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

from ..exposition.metric import Kind, Labels, Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options, option
from .textformat import Family, Malformed, Pairs, metric, parse

_logger = logging.getLogger(__name__)
_NANOSECONDS = 10**9
_MTIME, _ANY_ERROR, _ERROR = "node_textfile_mtime_seconds", "node_textfile_scrape_error", "tachograph_textfile_error"


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
        self._folders: dict[str, str] = {}
        self._logged: dict[str, str] = {}

    @property
    def brought(self) -> Collection[str]:
        """The names of the families that the files had when they were last read."""
        return self._merged.names

    def collect(self) -> Iterator[Metric]:
        """Yield the files' metrics, when each was written, and what is wrong with which."""
        self._folders = {}
        read = {path: self._current(path) for path in list(self._paths(self._folders))}
        if read != self._read:
            unchanged = {path for path, file in read.items() if self._read.get(path) == file}
            self._logged = {path: fault for path, fault in self._logged.items() if path in unchanged}
            self._read, self._merged = read, Merged(read)
        return self._metrics(self._merged)

    def beside(self, others: Iterable[Metric]) -> Iterator[Metric]:
        """Yield the same again without what repeats a series of others; Prometheus would refuse the scrape for it."""
        return self._metrics(Merged(self._read, _taken(others)))

    def _metrics(self, merged: "Merged") -> Iterator[Metric]:
        faults = self._folders | merged.faults
        self._log(faults)
        yield from merged.metrics
        written: list[tuple[Labels, float]] = [
            ((path,), float(file.version[1] // _NANOSECONDS)) for path, file in self._read.items() if path not in faults
        ]
        if written:
            yield Metric(_MTIME, "gauge", "When the file was written.", ("file",), written)
        yield gauge(_ANY_ERROR, "1 where a file could not be read, else 0.", float(bool(faults)))
        rows = [((path,), float(path in faults)) for path in dict.fromkeys((*self._read, *faults))]
        yield Metric(_ERROR, "gauge", "1 where this file or folder could not be read, else 0.", ("file",), rows)

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
        if not stat.S_ISREG(status.st_mode):  # a pipe would not be read until somebody writes into it
            return Read((0, 0, 0), (), "not a regular file")
        version = (status.st_ino, status.st_mtime_ns, status.st_size)
        if before is not None and before.version == version:
            return before
        try:
            return Read(version, tuple(parse(Path(path).read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, Malformed) as error:
            return Read(version, (), str(error))

    def _log(self, faults: Mapping[str, str]) -> None:
        for path, fault in faults.items():
            if self._logged.get(path) != fault:
                _logger.warning("textfile %s: %s", path, fault)
        self._logged.update(faults)
        for folder in self._logged.keys() - faults.keys() - self._read.keys():
            del self._logged[folder]


@dataclass(frozen=True, slots=True)
class Taken:
    """A family that the exporter has itself."""

    kind: Kind
    series: frozenset[Pairs]


def _taken(metrics: Iterable[Metric]) -> dict[str, Taken]:
    taken: dict[str, Taken] = {}
    for name, kind, _, label_names, rows, _ in metrics:
        series = {
            tuple(sorted(pair for pair in zip(label_names, labels, strict=True) if pair[1])) for labels, _ in rows
        }
        before = taken[name].series if name in taken else frozenset()
        taken[name] = Taken(kind, before | series)
    return taken


class Merged:
    """The files' families, those of one name made one, and what is wrong with which file.

    A family that another file or the exporter itself has too must be of the same type, and have other series.
    """

    def __init__(self, files: Mapping[str, Read], taken: Mapping[str, Taken] | None = None) -> None:
        self.faults = {path: file.error for path, file in files.items() if file.error}
        self._taken = taken or {}
        self._families: dict[str, Family] = {}
        self._origins: dict[str, str] = {}
        for path, file in files.items():
            for family in file.families:
                fault = self._repeats(family) or self._disagrees(family)
                if fault:
                    self.faults[path] = f"{family.name} {fault}"
                else:
                    self._add(path, family)
        self.names = self._families.keys()
        self.metrics = tuple(
            metric(family, family.documentation or f"Metric read from {self._origins[family.name]}")
            for family in self._families.values()
        )

    def _repeats(self, family: Family) -> str:
        """Say what is wrong with a family beside the exporter's own metrics."""
        if family.name in (_MTIME, _ANY_ERROR, _ERROR):
            return "is the exporter's own"
        taken = self._taken.get(family.name)
        if taken is None:
            return ""
        if taken.kind != family.kind:
            return f"is the exporter's own, as {taken.kind} and not {family.kind}"
        return "" if taken.series.isdisjoint(family.series) else "has a series that the exporter has too"

    def _disagrees(self, family: Family) -> str:
        """Say what is wrong with a family beside those of other files."""
        known = self._families.get(family.name)
        if known is None:
            return ""
        origin = self._origins[family.name]
        if family.documentation not in (None, known.documentation) or family.kind != known.kind:
            return f"has another HELP or TYPE than in {origin}"
        return "" if known.series.isdisjoint(family.series) else f"has a series that {origin} has too"

    def _add(self, path: str, family: Family) -> None:
        known = self._families.get(family.name)
        if known is None:
            self._families[family.name] = replace(family)
            self._origins[family.name] = path
            return
        known.values = known.values | family.values
        known.compounds = known.compounds | family.compounds
        self._origins[family.name] += f", {path}"
