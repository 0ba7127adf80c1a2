"""The course of a load test: steps of so many users, the load's end, and what the service measured meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..baseline.record import SLICES
from ..past.failure import PastError
from ..top.figures import seconds as told_seconds
from .process import Driver, DriverError, Told
from .service import Observer
from .step import Limits, Step, judge
from .tally import Tally, merged, total

_LOOK_SECONDS = 3.0
_RAMP_SECONDS = 30.0
_SILENCE_SECONDS = 30.0
_GRACE_SECONDS = 10.0

Progress = Callable[[str], None]


@dataclass(slots=True)
class Course:
    """What came of a test: its steps, whether it was cut short, and what could not be measured."""

    steps: list[Step]
    interrupted: bool = False
    unfinished: int = 0
    raised: int = 0
    trouble: str = ""
    broken: str = ""


class Test:
    """Runs steps over one driver."""

    __test__ = False

    def __init__(self, driver: Driver, *, spawn_rate: float, observer: Observer | None, progress: Progress) -> None:
        self._driver = driver
        self._spawn_rate = spawn_rate
        self._observer = observer
        self._progress = progress
        self._told: list[Told] = []
        self._ramp: list[Told] = []
        self._looked = 0.0
        self.course = Course([])

    def run(self, users: Iterable[int], seconds: float, limits: Limits) -> Course:
        """Run a step for each number of users until one is bad, and end the load; Ctrl-C ends it early."""
        try:
            for count in users:
                self.course.steps.append(self._step(count, seconds))
                if judge(self.course.steps[-1], limits)[0] == "bad":
                    break
            self._end(_GRACE_SECONDS)
        except DriverError as error:
            if not self.course.steps:
                raise
            self.course.broken = str(error)
        except KeyboardInterrupt:
            self.course.interrupted = True
            if len(self._told) == 1:
                self._told = [*self._ramp, *self._told]  # better than nothing
            if len(self._told) > 1:
                self.course.steps.append(self._closed())
            self._end(0.0)
        self._measure()
        return self.course

    def _step(self, users: int, seconds: float) -> Step:
        self._driver.users(users)
        self._told = []
        ready = time.time() + users / self._spawn_rate + _RAMP_SECONDS
        for told in self._heard():
            self._progress(f"{told.users} of {users} users so far")
            if told.users >= users or told.at > ready:
                break
        *self._ramp, ready_now = self._told  # what was seen until now belongs to the ramp-up
        self._told = [ready_now]
        self._look()
        for told in self._heard():
            passed = told.at - self._told[0].at
            self._progress(f"{users} users, {passed:.0f} of {seconds:g} s: {_glance(self._told[-1], self._told[-2])}")
            if passed >= seconds:
                break
            if told.at - self._looked >= _LOOK_SECONDS:
                self._look()
        return self._closed()

    def _closed(self) -> Step:
        """Return the step that was told of; its first line is where it began."""
        first, *rest = self._told
        last = rest[-1]
        self._told = []
        return Step(
            users=last.users,
            start=first.at,
            end=last.at,
            slices=_slices([told.tally for told in rest]),
            driver_cores=(last.cpu_seconds - first.cpu_seconds) / max(last.at - first.at, 1e-9),
            late=last.late - first.late,
            under_way=last.under_way,
        )

    def _heard(self) -> Iterator[Told]:
        while True:
            told = self._driver.heard(_SILENCE_SECONDS)
            if told is None:
                raise DriverError(f"Locust's process has said nothing for {_SILENCE_SECONDS:g} s")
            self._told.append(told)
            yield told

    def _end(self, grace_seconds: float) -> None:
        for told in self._driver.stop(grace_seconds):
            self.course.unfinished, self.course.raised = told.under_way, told.raised

    def _look(self) -> None:
        """Let the observer look; where it cannot, the test goes on without it."""
        self._looked = time.time()
        if self._observer:
            try:
                self._observer.look()
            except PastError as error:
                self._lose(error)

    def _measure(self) -> None:
        """Add to each step what the service measured in it, as soon as the service has reported."""
        if self._observer is None or not self.course.steps:
            return
        try:
            self._settle(self._observer)
            for place, step in enumerate(self.course.steps):
                late = self._observer.settle_seconds  # so long after the fact is everything reported
                start = step.start + (late if place else 0.0)
                self.course.steps[place] = replace(step, service=self._observer.between(start, step.end + late))
        except PastError as error:
            self._lose(error)
        except KeyboardInterrupt:
            self.course.interrupted = True

    def _settle(self, observer: Observer) -> None:
        until = self.course.steps[-1].end + observer.settle_seconds
        while (left := until - time.time()) > 0:
            self._progress(f"the load has ended; waiting {left:.0f} s for the service's last report")
            time.sleep(min(left, 1.0))
        observer.look()

    def _lose(self, error: PastError) -> None:
        self.course.trouble = str(error)
        self._observer = None


def _slices(tallies: Sequence[Tally]) -> tuple[Tally, ...]:
    """Return at most SLICES stretches of about the same length."""
    each = -(-len(tallies) // SLICES)
    return tuple(merged(tallies[place : place + each]) for place in range(0, len(tallies), each))


def _glance(now: Told, before: Told) -> str:
    seen = total(now.tally)
    p95 = seen.quantile(0.95)
    rate = seen.requests / max(now.at - before.at, 1e-9)
    return f"{rate:.0f} requests/s, p95 {told_seconds(p95)}, {seen.failed} failed"
