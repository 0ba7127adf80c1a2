"""Where baselines are kept: a file each in a folder of the user's."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from .record import BadRecord, Record, parse

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDING = ".json"


class FolderError(Exception):
    """A baseline cannot be kept or found; the message says why and what to do."""


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for baselines of this user (XDG base directories)."""
    base = environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "tachograph" / "baselines"


class Folder:
    """The baselines in a folder, which is made when the first one is saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        """Return a baseline's file; raise FolderError for a name that is none."""
        if not _NAME.fullmatch(name):
            raise FolderError(f"{name!r} is no name: letters, digits, '.', '_' and '-', at most 100 of them")
        return self.path / f"{name}{_ENDING}"

    def refuse_taken(self, name: str) -> None:
        """Raise FolderError where there is a baseline of that name."""
        if self.file(name).exists():
            raise FolderError(f"there is a baseline {name!r} already: choose another name, or give --replace")

    def save(self, record: Record) -> Path:
        """Write a baseline, wholly or not at all."""
        file = self.file(record.name)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self.path, delete=False, encoding="utf-8") as written:
                written.write(record.text())
            Path(written.name).replace(file)
        except OSError as error:
            raise FolderError(f"{self.path}: {error.strerror}") from error
        return file

    def load(self, name: str) -> Record:
        """Return a baseline."""
        file = self.file(name)
        try:
            return parse(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise FolderError(f"there is no baseline {name!r} in {self.path}; there is {known}") from None
        except OSError as error:
            raise FolderError(f"{file}: {error.strerror}") from error
        except (BadRecord, UnicodeDecodeError) as error:
            raise FolderError(f"{file}: {error}") from None

    def delete(self, name: str) -> None:
        """Delete a baseline."""
        self.load(name)
        self.file(name).unlink()

    def names(self) -> Iterator[str]:
        """Yield the names of all baselines."""
        for file in sorted(self.path.glob(f"*{_ENDING}")):
            if _NAME.fullmatch(file.stem):
                yield file.stem
