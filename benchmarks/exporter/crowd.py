"""Two thousand processes that do nothing, to be counted."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def crowd(size: int) -> Iterator[None]:
    """Have so many processes in all; end ours afterwards."""
    pids = [_sleeper() for _ in range(max(0, size - processes()))]
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def processes() -> int:
    """Return how many processes there are."""
    return sum(entry.name.isdigit() for entry in Path("/proc").iterdir())


def _sleeper() -> int:
    return os.posix_spawn("/bin/sleep", ["sleep", "3600"], {})
