"""The lean pipeline: a bounded ring of finished calls, and one background thread that encodes and posts."""

import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from ..model import Call
from ..settings import Settings
from . import native, points, spans
from .garbage import GARBAGE
from .receiver import Outage, Receiver
from .registry import Registry
from .resource import envelope, resource

_log = logging.getLogger("tachograph")
EXIT_SECONDS = 2.0
_SPARE_SECONDS = 0.2
_FOREVER = float("inf")
_NOT_SENT = "telemetry could not be sent"


class Wake:
    """Wakes one thread. Unlike threading.Event it can be set by a finaliser that interrupts its own setting."""

    def __init__(self) -> None:
        self._lock = native.lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake the thread, now or when it next waits."""
        with suppress(RuntimeError):  # it is awake already
            self._lock.release()

    def wait(self, timeout_seconds: float) -> None:
        """Wait until woken, at most so long."""
        self._lock.acquire(timeout=timeout_seconds)


class Pipeline:
    """Tachograph's own way out, for processes without OpenTelemetry providers."""

    def __init__(
        self, settings: Settings, registry: Registry, settle: Callable[[], None], *, metrics: bool, traces: bool
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._settle = settle
        self._room, self._batch = settings.span_queue, settings.span_batch
        self._limits = spans.Limits(settings.attribute_count, settings.attribute_length)
        self._sends_metrics = metrics and bool(settings.metrics.url)
        self._sends_traces = traces and bool(settings.traces.url)
        self._begin()
        reference = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (begin := reference()) and begin())

    def _begin(self) -> None:
        """Begin with nothing: at the start, and in each forked child, whose parent sends what it queued itself."""
        self._ring: deque[Call] = deque()
        self.dropped_spans = 0
        self._sending = 0
        self._stopping = False
        self._deadline = _FOREVER
        self._started = self._finished = False
        self._thread = 0
        self._start_lock = native.lock()
        self._send_lock = native.lock()
        self._wake = Wake()
        self._done = Wake()
        outage = Outage()
        self._metrics = Receiver(self._settings.metrics, "metrics", outage)
        self._traces = Receiver(self._settings.traces, "traces", outage)
        self.resource = resource(self._settings.service_name, self._settings.resource)
        self._resource, self._scope = envelope(self.resource)

    def put(self, call: Call) -> None:
        """Queue a finished, sampled call; a full queue counts it as dropped."""
        ring = self._ring
        waiting = len(ring)
        if waiting >= self._room:
            self.dropped_spans += 1
            return
        ring.append(call)
        if waiting == self._batch:
            self._wake.set()

    def start(self) -> None:
        """Start the thread, once a process."""
        with self._start_lock:
            if not self._started and not self._stopping:
                self._started = True
                native.start(self._run, "tachograph")

    def flush(self, timeout_seconds: float) -> bool:
        """Send what there is now; True where all of it was taken."""
        deadline = time.monotonic() + timeout_seconds
        if not self._send_lock.acquire(timeout=timeout_seconds):
            return False
        try:
            taken = self._send_spans(deadline)
            return self._send_metrics(deadline) and taken
        except Exception:  # noqa: BLE001 - the application asked for telemetry, not for its errors
            _log.warning(_NOT_SENT, exc_info=True)
            return False
        finally:
            self._send_lock.release()

    def shutdown(self, timeout_seconds: float = EXIT_SECONDS) -> None:
        """Send the rest and stop, within the timeout whatever the receiver does; say once what was lost."""
        with self._start_lock:
            if self._stopping:
                return
            self._stopping = True
        self._deadline = time.monotonic() + timeout_seconds - _SPARE_SECONDS
        self._wake.set()
        # No thread can be started while the interpreter exits (Python 3.12): the one there is does it, or this one.
        if not self._started or self._thread == native.ident():
            self._finish()
        self._done.wait(timeout_seconds - _SPARE_SECONDS / 2)
        lost = len(self._ring) + self._sending + self.dropped_spans
        if lost:
            _log.warning("%d spans were not delivered to %s", lost, self._settings.traces.url)

    def ask(self, timeout_seconds: float) -> None:
        """Send each receiver a request without content, to know whether it answers."""
        with self._send_lock:  # the connections are the background thread's too
            for receiver in self.receivers():
                receiver.post(b"", timeout_seconds)

    def receivers(self) -> tuple[Receiver, ...]:
        """Return the receivers of what is sent, with what they last answered."""
        sent = ((self._metrics, self._sends_metrics), (self._traces, self._sends_traces))
        return tuple(receiver for receiver, is_sent in sent if is_sent)

    def _run(self) -> None:
        self._thread = native.ident()
        next_metrics = time.monotonic() + min(1.0, self._settings.metric_interval_seconds)
        while not self._stopping:
            self._wake.wait(max(0.0, min(self._settings.span_interval_seconds, next_metrics - time.monotonic())))
            self._settle()
            due = time.monotonic() >= next_metrics
            if due:
                next_metrics = time.monotonic() + self._settings.metric_interval_seconds
            if not self._stopping:
                self._round(with_metrics=due)
        if not self._finished:
            self._finish()

    def _round(self, *, with_metrics: bool) -> None:
        with self._send_lock:
            try:
                if with_metrics:
                    self._send_metrics(_FOREVER)
                self._send_spans(_FOREVER)
            except Exception:  # noqa: BLE001 - the thread outlives whatever one round meets
                _log.warning(_NOT_SENT, exc_info=True)

    def _finish(self) -> None:
        if self._send_lock.acquire(timeout=max(0.0, self._deadline - time.monotonic())):
            try:
                self._send_metrics(self._deadline)
                self._send_spans(self._deadline)
            except Exception:  # noqa: BLE001 - the process ends as it would without us
                _log.warning(_NOT_SENT, exc_info=True)
            finally:
                for receiver in self.receivers():
                    receiver.close()
                self._send_lock.release()
                self._finished = True
                self._done.set()

    def _send_spans(self, deadline: float) -> bool:
        ring, batch_size = self._ring, self._settings.span_batch
        while ring and (left := self._left(self._traces, deadline)) > 0:
            batch = [ring.popleft() for _ in range(min(len(ring), batch_size))]
            self._sending = len(batch)
            body = spans.traces_request(batch, self._resource, self._scope, self._limits)
            answer = self._traces.post(body, left)
            self._sending = 0
            if answer == "again":
                self._put_back(batch)
                return False
            if answer == "refused":
                self.dropped_spans += len(batch)
                return False
        return not ring

    def _put_back(self, batch: list[Call]) -> None:
        room = max(0, self._settings.span_queue - len(self._ring))
        self.dropped_spans += max(0, len(batch) - room)
        self._ring.extendleft(islice(reversed(batch), room))

    def _send_metrics(self, deadline: float) -> bool:
        if not self._sends_metrics:
            return True
        GARBAGE.catch_up()
        body = points.metrics_request(self._registry, self._resource, self._scope, time.time_ns())
        left = self._left(self._metrics, deadline)
        return not body or (left > 0 and self._metrics.post(body, left) == "taken")

    @staticmethod
    def _left(receiver: Receiver, deadline: float) -> float:
        return min(receiver.target.timeout_seconds, deadline - time.monotonic())
