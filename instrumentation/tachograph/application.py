"""The application's switches: set up, instrument, take back, flush, shut down, and say how things stand."""

import os
import sys
from dataclasses import asdict, dataclass
from typing import Any

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from .imports import on_import
from .instrumentor import INSTRUMENTORS, forget_others, tell_unknown, watch_others
from .llm.metrics import BUDGET
from .runtime import RUNTIME
from .settings import read
from .telemetry.hub import HUB


@dataclass(frozen=True, slots=True)
class Status:
    """What is instrumented, what is not and why, where telemetry goes, and whether the receivers answer."""

    libraries: dict[str, str]
    ways: dict[str, str]
    receivers: dict[str, str]
    dropped_spans: int
    failures: int

    def as_dict(self) -> dict[str, Any]:
        """Return the status as plain values."""
        return asdict(self)


def setup(service_name: str | None = None, endpoint: str | None = None) -> None:
    """Send telemetry with Tachograph's own pipeline, to `endpoint` or where OTEL_EXPORTER_OTLP_ENDPOINT says.

    Providers that the application has already given OpenTelemetry are used instead, and none is added.
    """
    HUB.start(read(os.environ, endpoint=endpoint, service_name=service_name))
    tell_unknown()


def instrument(*, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None) -> None:
    """Instrument every supported library that is installed, now or when it is imported.

    Telemetry goes to the providers given here, else to those that the application gave OpenTelemetry, else through
    Tachograph's own pipeline.
    """
    start(tracer_provider, meter_provider)
    if HUB.settings is not None and HUB.settings.runtime and not HUB.settings.disabled:
        RUNTIME.start()
    if HUB.settings is not None and HUB.settings.llm.budget_usd is not None:
        HUB.registry.gauge(BUDGET, ()).set(HUB.settings.llm.budget_usd)
    HUB.watch_endings()
    on_import("uvicorn.server", lambda _: HUB.look_for_servers())
    watch_others()
    for instrumentor in INSTRUMENTORS.values():
        instrumentor.instrument()


def start(tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None) -> None:
    """Find the way out for telemetry, unless `setup` or an earlier call did."""
    if HUB.settings is None or tracer_provider or meter_provider:
        try:
            HUB.start(tracer_provider=tracer_provider, meter_provider=meter_provider)
            tell_unknown()
        except Exception:  # noqa: BLE001 - the application starts whatever its providers do
            HUB.failed("finding the way out for telemetry")


def uninstrument() -> None:
    """Put back exactly what was there before `instrument`, or `tachograph run`."""
    RUNTIME.stop()
    HUB.forget_endings()
    forget_others()
    if (frameworks := _frameworks()) is not None:
        frameworks.uninstrument()
    for instrumentor in INSTRUMENTORS.values():
        instrumentor.uninstrument()


def status() -> Status:
    """Say what is instrumented, what is not and why, and whether the receivers answer."""
    pipeline = HUB.pipeline
    receivers = {
        receiver.signal: _answer(receiver.answers, receiver.reason, receiver.target.url)
        for receiver in (pipeline.receivers() if pipeline else ())
    }
    libraries = {name: instrumentor.report() for name, instrumentor in INSTRUMENTORS.items()}
    if (frameworks := _frameworks()) is not None:
        libraries |= frameworks.report()
    return Status(libraries, HUB.ways(), receivers, pipeline.dropped_spans if pipeline else 0, HUB.failures)


def flush(timeout_seconds: float = 10.0) -> bool:
    """Send all that was measured; True where the receiver took it."""
    return HUB.flush(timeout_seconds)


def shutdown() -> None:
    """Send the rest, within two seconds, and measure no more."""
    HUB.stop()


def _frameworks() -> Any:
    """Return the module that measures requests, where `tachograph run` or the application has loaded it."""
    return sys.modules.get(f"{__package__}.serving.frameworks")


def _answer(answers: bool | None, reason: str, url: str) -> str:  # noqa: FBT001 - a private function
    if answers is None:
        return f"{url}: nothing was sent yet"
    return f"{url}: answers" if answers else f"{url}: {reason}"
