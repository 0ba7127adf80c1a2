"""A program in a pseudo-terminal, and the screen it draws there."""

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pexpect
import pyte

TACHOGRAPH = ("-c", "from tachograph_exporter.cli import main; main(prog_name='tachograph')")
_DEADLINE_SECONDS = 30.0
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


class Terminal:
    """Keys go in, a screen comes out; `said` is every byte that the program wrote."""

    def __init__(self, arguments: tuple[str, ...], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        width, height = size
        self.said = ""
        self._screen = pyte.Screen(width, height)
        self._feed = pyte.Stream(self._screen)
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = pexpect.spawn(
            sys.executable,
            [*TACHOGRAPH, *arguments],
            env={**variables, "TERM": "xterm-256color", **environment},
            dimensions=(height, width),
            encoding="utf-8",
            codec_errors="replace",
        )

    @property
    def lines(self) -> list[str]:
        """The lines on the screen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    def press(self, keys: str) -> None:
        """Press keys."""
        self.process.send(keys)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(height, width)
        self.process.setwinsize(height, width)

    def shows(self, pattern: str) -> re.Match[str]:
        """Wait until the screen has what matches."""
        end = time.monotonic() + _DEADLINE_SECONDS
        while not (found := re.search(pattern, self.text)):
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{pattern!r} is not on the screen:\n{self.text}\n{self.said[-500:]!r}")
        return found

    def ends(self) -> int:
        """Wait until the program ends, and return its exit code."""
        while self._read():
            pass
        self.process.close()
        return int(self.process.exitstatus or 0)

    def _read(self) -> bool:
        """Take over what the program wrote; return whether it may write more."""
        try:
            came = self.process.read_nonblocking(65536, timeout=1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.said += came
        self._feed.feed(came.replace(_LEFT_TO_RIGHT, ""))  # pyte 0.8.2 leaves out what follows one
        return True


@contextmanager
def terminal(*arguments: str, size: tuple[int, int] = (80, 24), **environment: str) -> Iterator[Terminal]:
    """Run `tachograph` with arguments in a terminal."""
    shown = Terminal(arguments, size, environment)
    try:
        yield shown
    finally:
        shown.process.close(force=True)
