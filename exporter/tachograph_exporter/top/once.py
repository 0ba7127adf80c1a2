"""Everything as it is now, below each other: for pipes, files and terminals that only take lines."""

from rich.console import Console

from .connection import Target
from .screen import head, sections
from .state import State
from .stream import first

_ROWS = 10


def once(target: Target, console: Console) -> None:
    """Print everything as it is now; raise Unreachable."""
    state = State()
    target.get("/api/v1/summary")  # so that the processes were looked at twice, and their CPU is known
    state.take(first(target).parts, whole=True)
    for line in (head(state, "", console.width), *sections(state, console.width, _ROWS)):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="crop", crop=True, highlight=False)
