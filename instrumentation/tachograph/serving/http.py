"""HTTP requests as entry operations: their subject, their shapes, and how they begin and end."""

import functools
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import opentelemetry.context as otel
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, get_current_span

from .. import call as calls
from .. import names
from ..guarded import note
from ..model import Call, Metric, Outcome, Shape, Subject
from ..operation import DURATION
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
# What another instrumentation measures as a request is an operation all the same, whose time is split.
_OPERATION = Subject(
    "operation",
    DURATION,
    (names.OPERATION_NAME,),
    SpanKind.INTERNAL,
    target=(names.OPERATION_NAME,),
)
_FAILED = 500
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"))


class Request:
    """One request that is measured: begun before the application, ended with what it answered.

    Where another instrumentation measures it too (`elsewhere`), the span and the HTTP metrics are theirs.
    """

    def __init__(self, method: str, scheme: str, headers: Mapping[str, str], *, elsewhere: bool = False) -> None:
        self._method = method if method in _METHODS else "_OTHER"
        self._scheme = scheme
        self._headers = headers
        self._subject = _OPERATION if elsewhere else _REQUEST
        self._outside: Any = None
        self._apart: Any = None
        self._served: Any = None
        self.call: Call | None = None
        self.status = 0
        self.route: str | None = None
        # Whether it came by ASGI, and where the application itself is mounted.
        self.asgi = False
        self.root = ""
        # What the application raised, where its framework has made a response of it.
        self.error: BaseException | None = None

    def begin(self, path: str) -> None:
        """Begin, as the child of whoever sent the request; like all below, it never raises."""
        try:
            self._served = _SERVED.set(self)
            theirs = self._subject is _OPERATION
            if not theirs:
                self._outside = otel.attach(_extractor()(self._headers))
            self.call = calls.begin(_shape(self._subject, self._method, self._scheme, None), not theirs)
            if self.call is not None and not theirs:
                agent = self._headers.get("user-agent")
                calls.annotate(self.call, {names.URL_PATH: path, **({names.USER_AGENT: agent} if agent else {})})
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("the beginning of a request")

    def enter(self) -> None:
        """Become current, for the application."""
        try:
            if self.call is not None and not self.call.ended:
                calls.enter(self.call)
                if self._subject is _OPERATION:  # the other instrumentation begins the request's context anew
                    self._apart = calls.APART.set(self.call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering a request")

    def leave(self) -> None:
        """Be current no longer."""
        try:
            if self.call is not None:
                calls.leave(self.call)
            apart, self._apart = self._apart, None
            if apart is not None:
                calls.APART.reset(apart)
            outside, self._outside = self._outside, None
            if outside is not None:
                otel.detach(outside)
            served, self._served = self._served, None
            if served is not None:
                _SERVED.reset(served)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving a request")

    def end(self, error: BaseException | None = None) -> None:
        """End, once."""
        call = self.call
        try:
            if call is not None and not call.ended:
                self._end(call, error or (self.error if self.status >= _FAILED else None))
        except Exception:  # noqa: BLE001
            HUB.failed("the end of a request")

    def _end(self, call: Call, error: BaseException | None) -> None:
        if self.route is not None:
            call.shape = calls.bound(_shape(self._subject, self._method, self._scheme, self.route))
        told = self.status and self._subject is _REQUEST
        status = ((names.HTTP_RESPONSE_STATUS_CODE, self.status),) if told else ()
        failed = str(self.status) if self.status >= _FAILED else None
        outcome = Outcome(dict(status), status, error_type=None if error is not None else failed)
        if error is None:
            calls.finish(call, outcome)
        else:
            if self._subject is _REQUEST:
                note(call, error)
            calls.fail(call, error, outcome)


@functools.lru_cache(maxsize=2000)
def _shape(subject: Subject, method: str, scheme: str, route: str | None) -> Shape:
    name = f"{method} {route}" if route else method
    attributes = {names.HTTP_REQUEST_METHOD: method, names.URL_SCHEME: scheme, names.OPERATION_NAME: name}
    return Shape(subject, name, {**attributes, names.HTTP_ROUTE: route} if route else attributes)


@functools.cache
def _extractor() -> Callable[[Mapping[str, str]], Context]:
    from opentelemetry.propagate import extract  # noqa: PLC0415 - looks its propagators up, which takes 20 ms

    return extract


def measured_elsewhere(application: object) -> bool:
    """Tell whether another instrumentation measures this request: its span is there, or its mark on the application."""
    if getattr(application, "_is_instrumented_by_opentelemetry", False) or _has_their_middleware(application):
        return True
    span = get_current_span()
    context = span.get_span_context()
    if not context.is_valid or context.is_remote or calls.innermost() is not None:
        return False
    return getattr(span, "kind", None) is SpanKind.SERVER or not span.is_recording()


def _has_their_middleware(application: object) -> bool:
    """Tell whether OpenTelemetry's instrumentation of Django is among the middleware: it marks nothing."""
    if not type(application).__module__.startswith("django."):
        return False
    settings = sys.modules["django.conf"].settings
    return any("opentelemetry." in str(middleware) for middleware in settings.MIDDLEWARE)


def current() -> Request | None:
    """Return the request that this code serves, until it has been answered."""
    request = _SERVED.get()
    return None if request is None or request.call is None or request.call.ended else request


_SERVED: ContextVar[Request | None] = ContextVar("tachograph_request", default=None)
