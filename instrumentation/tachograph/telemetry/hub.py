"""The hub: the one place that knows which way finished calls go at the moment, and that changes it."""

import atexit
import logging
import os
import threading

from opentelemetry import metrics, trace
from opentelemetry.context import Context

from ..model import Call
from ..settings import Settings, read
from . import ending, sampling
from .enriching import Enriching, Enrichment
from .garbage import GARBAGE
from .meters import ApiMeters
from .pipeline import EXIT_SECONDS, Pipeline
from .registry import Registry
from .tracing import LeanTracing, NoTracing, Tracing, through

_log = logging.getLogger("tachograph")


class Hub:
    """Registry, tracing and pipeline of this process."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.tracing: Tracing = _Waiting(self)
        self.pipeline: Pipeline | None = None
        self.settings: Settings | None = None
        self.failures = 0
        self.before_stop = _nothing
        self._enrichments: list[Enrichment] = []
        self._meters: ApiMeters | None = None
        self._started = False
        self._watches_endings = True
        self._providers: tuple[object, ...] = (None, None)
        self._lock = threading.RLock()
        os.register_at_fork(after_in_child=self._after_fork)

    def start(
        self,
        settings: Settings | None = None,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        """Choose each signal's way out: the provider given, or that the application set, else the lean pipeline."""
        with self._lock:
            self.stop()
            if self._started:
                self.registry.reset()
            self._started = True
            # Of what is heard at the end the last comes first: what is open is to end before providers shut down.
            atexit.unregister(self.stop)
            atexit.register(self.stop)
            settings = self.settings = settings or read(os.environ)
            if settings.disabled:
                return
            GARBAGE.watch()
            self.watch_endings()
            meter_provider = meter_provider or application_meter_provider()
            if meter_provider is not None:
                self._meters = ApiMeters(meter_provider, self.registry)
                self._meters.connect()
            tracer_provider = tracer_provider or application_tracer_provider()
            if tracer_provider is None or meter_provider is None:
                for beyond in settings.beyond:
                    _log.warning("%s", beyond)
                signals = {"metrics": meter_provider is None, "traces": tracer_provider is None}
                self.pipeline = Pipeline(settings, self.registry, self._settle, **signals)
                self.pipeline.start()
            if tracer_provider is not None:
                self.tracing = through(tracer_provider)
            elif self.pipeline is not None and settings.traces.url:
                self.tracing = LeanTracing(self.pipeline, sampling.sampler(settings.sampler, settings.sampler_ratio))
            self._providers = (tracer_provider, meter_provider)
            self.enrich()

    def enrich(self, *more: Enrichment) -> None:
        """Have spans pass these functions too as they end; where there are none, they pass nothing."""
        self._enrichments += more
        if self._enrichments and not isinstance(self.tracing, Enriching | NoTracing):
            self.tracing = Enriching(self.tracing, self._enrichments, self.failed)

    def stop(self) -> None:
        """End what is open, send the rest and let go of every way out; what a meter provider reads stays readable."""
        with self._lock:
            if self.settings is not None:
                self.before_stop()
                GARBAGE.catch_up()
                GARBAGE.forget()
            self.tracing = NoTracing()
            self.settings = None
            if self.pipeline is not None:
                self.pipeline.shutdown()
                self.pipeline = None
            if self._meters is not None:
                self._meters.disconnect()
                self._meters = None

    def flush(self, timeout_seconds: float) -> bool:
        """Send all that was measured, whichever way it goes; True where it was taken."""
        if self.pipeline is not None:
            return self.pipeline.flush(timeout_seconds)
        GARBAGE.catch_up()
        milliseconds = int(timeout_seconds * 1000)
        flushes = [getattr(provider, "force_flush", None) for provider in self._providers]
        try:
            return False not in [flush(milliseconds) for flush in flushes if flush is not None]
        except Exception:  # noqa: BLE001 - a reader that cannot be reached raises; what is asked for is whether it went
            return False

    def ways(self) -> dict[str, str]:
        """Say for each signal which way it goes."""
        if self.settings is None or self.settings.disabled:
            return {"traces": "nowhere", "metrics": "nowhere"}
        targets = (self.settings.traces, self.settings.metrics)
        return {
            signal: f"through {type(provider).__module__}.{type(provider).__qualname__}"
            if provider is not None
            else f"Tachograph's pipeline to {target.url}"
            if target.url
            else "nowhere"
            for signal, provider, target in zip(("traces", "metrics"), self._providers, targets, strict=True)
        }

    def disabled_by(self, key: str) -> str | None:
        """Return the variable that says that the instrumentor of a library is to stay out, None where none does."""
        if self.settings is None:
            return None
        if self.settings.disabled:
            return "OTEL_SDK_DISABLED"
        named = {f"tachograph_{key}", "*"} & self.settings.disabled_libraries
        return "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS" if named else None

    def failed(self, where: str) -> None:
        """Take note of an error of ours: counted always, logged the first time. Call it from an except clause."""
        self.failures += 1
        if self.failures == 1:
            _log.warning("%s failed; the application goes on, this call is not measured in full", where, exc_info=True)

    def watch_endings(self) -> None:
        """Be told of the process's end also where atexit is not."""
        self._watches_endings = True
        self.look_for_servers()
        ending.watch_child(self, self.stop)

    def look_for_servers(self) -> None:
        """Be told of the end by a server that has been imported since, too."""
        if self._watches_endings and self.settings is not None and not self.settings.disabled:
            ending.watch(self._flush_at_end)

    def forget_endings(self) -> None:
        """Put back what was replaced to be told of it."""
        self._watches_endings = False
        ending.forget()

    def _flush_at_end(self) -> bool:
        return self.flush(EXIT_SECONDS)

    def _settle(self) -> None:
        """Go over to the application's own providers where it has set them since."""
        self.look_for_servers()
        late = (application_tracer_provider(), application_meter_provider())
        if all(new is None or old is not None for old, new in zip(self._providers, late, strict=True)):
            return
        if self._lock.acquire(blocking=False):
            try:
                if self.pipeline is not None and self.settings is not None:
                    self.start(self.settings)
            except Exception:  # noqa: BLE001 - the application's providers are its own matter
                self.failed("going over to the application's providers")
            finally:
                self._lock.release()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self.failures = 0  # the parent tells of its own
        ending.watch_child(self, self.stop)
        if self.pipeline is not None:
            self.tracing = _Reviving(self, self.tracing, self.pipeline)

    def revive(self) -> None:
        """In a forked child, start the pipeline's thread, which no child inherits; it has something to send now."""
        if isinstance(self.tracing, _Reviving):
            self.tracing.revive()


def _nothing() -> None:
    """Do nothing."""


class _Waiting(NoTracing):
    """Before any start: an operation alone starts nothing of ours, but uses providers that the application set up."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def open(self, call: Call, context: Context) -> None:
        """Start, where there is a provider to go to."""
        if application_tracer_provider() is not None or application_meter_provider() is not None:
            self._hub.start()
            self._hub.tracing.open(call, context)


class _Reviving(NoTracing):
    """In a forked child, until its first call: then the pipeline's thread is started, which no child inherits."""

    def __init__(self, hub: Hub, tracing: Tracing, pipeline: Pipeline) -> None:
        self._hub = hub
        self._tracing = tracing
        self._pipeline = pipeline

    def open(self, call: Call, context: Context) -> None:
        """Start the thread, and stand aside."""
        self.revive()
        self._tracing.open(call, context)

    def revive(self) -> None:
        """Start the thread, and stand aside."""
        self._hub.tracing = self._tracing
        self._hub.enrich()
        self._pipeline.start()

    def span(self, call: Call) -> trace.Span:
        """Return the span of a call that began before the fork."""
        return self._tracing.span(call)


def application_tracer_provider() -> trace.TracerProvider | None:
    """Return the tracer provider that the application set, None where it set none."""
    provider = trace.get_tracer_provider()
    return None if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider) else provider


def application_meter_provider() -> metrics.MeterProvider | None:
    """Return the meter provider that the application set, None where it set none."""
    provider = metrics.get_meter_provider()
    return None if type(provider).__module__.startswith("opentelemetry.metrics") else provider


HUB = Hub()
atexit.register(HUB.stop)
