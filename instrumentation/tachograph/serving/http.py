"""HTTP requests as entry operations: their subject, their shapes, and how they begin and end."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import opentelemetry.context as otel
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, get_current_span

from .. import call as calls
from .. import names
from ..model import Call, Metric, Outcome, Shape, Subject
from ..telemetry.hub import HUB

# The conventions' buckets (opentelemetry.io/docs/specs/semconv/http/http-metrics).
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_DURATION = Metric(names.HTTP_SERVER_DURATION, "histogram", "s", "Duration of HTTP server requests.", _BUCKETS)
_ACTIVE = Metric(names.HTTP_SERVER_ACTIVE, "updown", "{request}", "Number of active HTTP server requests.")
_REQUEST = Subject(
    "operation",
    _DURATION,
    (names.HTTP_REQUEST_METHOD, names.HTTP_ROUTE, names.URL_SCHEME),
    SpanKind.SERVER,
    target=(names.OPERATION_NAME,),
    active=_ACTIVE,
    active_labels=(names.HTTP_REQUEST_METHOD, names.URL_SCHEME),
)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"))


class Request:
    """One request that is measured: begun before the application, ended with what it answered."""

    def __init__(self, method: str, scheme: str, headers: Mapping[str, str]) -> None:
        self._method = method if method in _METHODS else "_OTHER"
        self._scheme = scheme
        self._headers = headers
        self._outside: Any = None
        self.call: Call | None = None
        self.status = 0
        self.route: str | None = None

    def begin(self, path: str) -> None:
        """Begin, as the child of whoever sent the request; like all below, it never raises."""
        try:
            self._outside = otel.attach(otel.set_value(_KEY, self, _extractor()(self._headers)))
            self.call = calls.begin(_shape(self._method, self._scheme, None))
            if self.call is not None:
                agent = self._headers.get("user-agent")
                calls.annotate(self.call, {names.URL_PATH: path, **({names.USER_AGENT: agent} if agent else {})})
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("the beginning of a request")

    def enter(self) -> None:
        """Become current, for the application."""
        try:
            if self.call is not None and not self.call.ended:
                calls.enter(self.call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering a request")

    def leave(self) -> None:
        """Be current no longer."""
        try:
            if self.call is not None:
                calls.leave(self.call)
            outside, self._outside = self._outside, None
            if outside is not None:
                otel.detach(outside)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving a request")

    def end(self, error: BaseException | None = None) -> None:
        """End, once."""
        call = self.call
        try:
            if call is not None and not call.ended:
                self._end(call, error)
        except Exception:  # noqa: BLE001
            HUB.failed("the end of a request")

    def _end(self, call: Call, error: BaseException | None) -> None:
        if self.route is not None:
            call.shape = calls.bound(_shape(self._method, self._scheme, self.route))
        status = ((names.HTTP_RESPONSE_STATUS_CODE, self.status),) if self.status else ()
        failed = str(self.status) if self.status >= 500 else None
        outcome = Outcome(dict(status), status, error_type=None if error is not None else failed)
        if error is None:
            calls.finish(call, outcome)
        else:
            calls.fail(call, error, outcome)


@functools.lru_cache(maxsize=2000)
def _shape(method: str, scheme: str, route: str | None) -> Shape:
    name = f"{method} {route}" if route else method
    attributes = {names.HTTP_REQUEST_METHOD: method, names.URL_SCHEME: scheme, names.OPERATION_NAME: name}
    return Shape(_REQUEST, name, {**attributes, names.HTTP_ROUTE: route} if route else attributes)


@functools.cache
def _extractor() -> Callable[[Mapping[str, str]], Context]:
    from opentelemetry.propagate import extract  # noqa: PLC0415 - looks its propagators up, which takes 20 ms

    return extract


def measured_elsewhere(application: object) -> bool:
    """Tell whether another instrumentation measures this request: its span is there, or its mark on the application."""
    if getattr(application, "_is_instrumented_by_opentelemetry", False):
        return True
    span = get_current_span()
    return getattr(span, "kind", None) is SpanKind.SERVER and span.is_recording()


def current() -> Request | None:
    """Return the request that this code serves."""
    request = otel.get_value(_KEY)
    return request if isinstance(request, Request) else None


_KEY = otel.create_key("tachograph-request")
