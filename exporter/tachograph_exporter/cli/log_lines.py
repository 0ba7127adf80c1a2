"""The exporter's log, in the formats that node_exporter's users know."""

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_BARE = re.compile(r"[^\s=\"\\]+")


def set_up(level: str, log_format: str) -> None:
    """Write records of this level and above to standard error."""
    handler = logging.StreamHandler()
    write = _FORMATS.get(log_format)
    handler.setFormatter(_Lines(write) if write else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler], level=level.upper())


class _Lines(logging.Formatter):
    """One line a record, a traceback inside it."""

    def __init__(self, write: Callable[[dict[str, str]], str]) -> None:
        super().__init__()
        self._write = write

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": record.name,
            "msg": record.getMessage(),
        }
        if record.exc_info:
            told["err"] = self.formatException(record.exc_info)
        return self._write(told)


def _logfmt(told: dict[str, str]) -> str:
    return " ".join(f"{key}={text if _BARE.fullmatch(text) else json.dumps(text)}" for key, text in told.items())


_FORMATS: dict[str, Callable[[dict[str, str]], str]] = {"json": json.dumps, "logfmt": _logfmt}
LOG_FORMATS = ("text", *_FORMATS)
