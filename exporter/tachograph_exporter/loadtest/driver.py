"""The process that makes the load: `python -m tachograph_exporter.loadtest.driver`, told by lines on standard input.

Its first line is the plan; after it come `{"users": 20}` and `{"stop": 10}`, the seconds that requests under way may
take to end. It tells on standard output, twice a second, what was seen since the last line. It ends when its input
does, so no load outlives who asked for it. Locust patches the process that imports it: nothing else runs in here.
"""

import locust  # noqa: F401 # isort: skip - first of all, for its effect: it patches what is imported after it

import json
import logging
import os
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

import gevent
import gevent.os
from locust.env import Environment

from .pace import Pace
from .plan import Plan
from .tally import Tally, note, plain
from .users import NoUsers, user_classes

_TELL_SECONDS = 0.5
_READ_BYTES = 65536


class Driver:
    """One load test: Locust's runner, and what was seen since it was last told."""

    def __init__(self, plan: Plan, output: IO[str]) -> None:
        self._plan = plan
        self._output = output
        self._tally: Tally = {}
        self._raised = 0
        self._pace = Pace(plan.rate)
        classes = user_classes(plan, self._pace)
        host = plan.target.host or None
        self._environment = Environment(user_classes=classes, host=host, reset_stats=False, catch_exceptions=True)
        self._environment.events.request.add_listener(self._note)  # type: ignore[no-untyped-call]
        self._environment.events.user_error.add_listener(self._raise)  # type: ignore[no-untyped-call]
        logging.getLogger("locust.user.task").addFilter(lambda _: self._raised <= 1)  # the first one tells it all
        self._runner = self._environment.create_local_runner()

    def run(self, commands: Iterator[dict[str, Any]]) -> None:
        """Obey commands until there are no more of them."""
        self._tell(ready=True)
        telling = gevent.spawn(self._tell_often)
        stop_seconds = 0.0
        for command in commands:
            if "users" in command:
                self._runner.start(command["users"], spawn_rate=self._plan.spawn_rate, wait=False)
            else:
                stop_seconds = command["stop"]
                break
        self._pace.end()
        self._environment.stop_timeout = stop_seconds
        self._runner.stop()
        telling.kill()
        self._tell(ended=True)

    def _note(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,  # noqa: ARG002 - Locust gives it
        exception: BaseException | None = None,
        response: Any = None,
        **_: Any,
    ) -> None:
        if not isinstance(exception, gevent.GreenletExit):
            shown = name if not request_type or name.startswith(request_type) else f"{request_type} {name}"
            shown = name if self._plan.target.requests else shown
            note(self._tally, shown, (response_time or 0.0) / 1000, _kind(exception, response))

    def _raise(self, **_: Any) -> None:
        self._raised += 1

    def _tell_often(self) -> None:
        while True:
            gevent.sleep(_TELL_SECONDS)
            self._tell()

    def _tell(self, **more: bool) -> None:
        tally, self._tally = self._tally, {}
        pace = {"late": self._pace.late, "under_way": self._pace.under_way, "raised": self._raised}
        told = {"at": time.time(), "users": self._runner.user_count, "cpu": time.process_time(), "seen": plain(tally)}
        self._output.write(json.dumps({**told, **pace, **more}) + "\n")
        self._output.flush()


def _kind(exception: BaseException | None, response: Any) -> str | None:
    """Return what kind of failure a request was, None for a success."""
    if exception is None:
        return None
    status = getattr(response, "status_code", 0)
    if status >= 400:
        return f"HTTP {status}"
    cause = exception.__cause__ or exception.__context__ or exception
    return type(cause if isinstance(cause, OSError) else exception).__name__


def _raise_the_limit_of_files() -> None:
    """Let there be a connection for each user, as far as the system allows it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _lines() -> Iterator[str]:
    """Yield the lines of standard input as they come, while other greenlets run."""
    gevent.os.make_nonblocking(0)
    kept = b""
    while read := gevent.os.nb_read(0, _READ_BYTES):
        *lines, kept = (kept + read).split(b"\n")
        for line in lines:
            yield line.decode()


def main() -> None:
    """Read the plan, tell what is wrong with it, or carry it out."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        _raise_the_limit_of_files()
        os.dup2(2, 1)  # what a locustfile prints is not for who reads our lines
        lines = _lines()
        try:
            driver = Driver(Plan.parse(next(lines)), output)
        except NoUsers as problem:
            output.write(json.dumps({"problem": str(problem)}) + "\n")
            return
        driver.run(json.loads(line) for line in lines)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
    os._exit(0)  # greenlets of a locustfile may never end
