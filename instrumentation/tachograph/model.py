"""The values that all parts share: a metric, the subject and shape of a call, and what came out of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from opentelemetry.trace import SpanKind

MetricKind = Literal["histogram", "counter", "updown", "gauge"]
AttributeValue = str | bool | int | float | Sequence[str] | Sequence[bool] | Sequence[int] | Sequence[float]
Attributes = Mapping[str, AttributeValue]
Label = tuple[str, str | bool | int | float]
Labels = tuple[Label, ...]
Observation = tuple[Labels, float]

NOTHING: Attributes = MappingProxyType({})


class OwnAttributes(dict[str, AttributeValue]):
    """Attributes that this package made of plain values: nobody has to check them again."""

    __slots__ = ()


class SharedAttributes(OwnAttributes):
    """Attributes that many calls have alike: never changed, and encoded once."""

    __slots__ = ("wire",)

    def __init__(self, attributes: Attributes) -> None:
        super().__init__(attributes)
        self.wire: bytes | None = None


Event = tuple[int, str, Attributes]


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric; buckets are the upper bounds of a histogram, in its unit."""

    name: str
    kind: MetricKind
    unit: str
    description: str
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A kind of call: which histogram takes its duration and which of its attributes are that histogram's labels.

    `kind` is the share of an operation's time that the call belongs to; a call inside another of the same kind is
    counted by the outer one, except for operations, which nest. `leaf`: nothing below the call can start a span.
    The two histograms of chunks are for streams: the time until the first, and the time each further one took.
    `target` names the attributes that say whose consecutive failures are counted together; `active` counts the calls
    that are under way; `ended` is told of each call that has ended, while its outer calls can still be seen.
    """

    kind: Literal["llm", "db", "cache", "operation"]
    duration: Metric
    labels: tuple[str, ...]
    span_kind: SpanKind = SpanKind.CLIENT
    leaf: bool = False
    first_chunk: Metric | None = None
    per_chunk: Metric | None = None
    target: tuple[str, ...] = ()
    active: Metric | None = None
    active_labels: tuple[str, ...] = ()
    ended: "Callable[[Call, Outcome], None] | None" = None


class Shape:
    """What all calls that look alike have in common: made once, kept by the library module, never changed."""

    __slots__ = ("active", "attributes", "bound", "duration", "failures", "labels", "name", "subject", "times", "wire")

    def __init__(self, subject: Subject, name: str, attributes: Attributes = NOTHING) -> None:
        self.subject = subject
        self.name = name
        self.attributes = attributes
        self.labels = self.labels_of(subject.labels)
        # Made by the engine when the first call of this shape comes: cells by metric and further labels, and bytes.
        self.bound: dict[object, Any] = {}
        self.duration: Any = None
        self.failures: Any = None
        self.active: Any = None
        self.times: Any = None
        self.wire: Any = None

    def labels_of(self, keys: Iterable[str]) -> Labels:
        """Return those of the attributes that may be labels of a metric."""
        values = ((key, self.attributes.get(key)) for key in keys)
        return tuple((key, value) for key, value in values if isinstance(value, str | bool | int | float))


class Point(NamedTuple):
    """A further measurement of a call, with the call's labels and those given here."""

    metric: Metric
    value: float
    labels: Labels = ()


class Outcome(NamedTuple):
    """What the end of a call tells: attributes of the span, further labels of the duration, further measurements.

    An `error_type` marks a call that failed though nothing was raised.
    """

    attributes: Attributes = NOTHING
    labels: Labels = ()
    points: tuple[Point, ...] = ()
    error_type: str | None = None


NO_OUTCOME = Outcome()


class Call:
    """One call from its start to its end: the record that both ways out are fed from."""

    __slots__ = (
        "attributes",
        "clock",
        "duration_ns",
        "ended",
        "entry",
        "error_type",
        "events",
        "flags",
        "idle_ns",
        "outer",
        "parent_id",
        "paused_ns",
        "repeats",
        "sampled",
        "shape",
        "span",
        "span_id",
        "started_ns",
        "status",
        "token",
        "trace_id",
        "wall_ns",
    )

    def __init__(self, shape: Shape, outer: "Call | None", wall_ns: int, started_ns: int) -> None:
        self.shape = shape
        self.outer = outer
        self.wall_ns = wall_ns
        self.started_ns = started_ns
        self.duration_ns = 0
        # Between steps of a call that waits for the application: since when, and how long in all.
        self.paused_ns = 0
        self.idle_ns = 0
        self.ended = False
        self.sampled = False
        self.trace_id = 0
        self.span_id = 0
        self.parent_id = 0
        self.flags = 0
        self.error_type: str | None = None
        # What others say of the span, who see it as the current one: that it failed, and why.
        self.status: str | None = None
        self.attributes: Attributes | None = None
        self.events: list[Event] | None = None
        self.span: Any = None
        self.token: Any = None
        self.entry: Call | None = None
        self.clock: Any = None
        self.repeats: dict[str, int] | None = None


class ChunkReader:
    """Reads a stream as it passes: `read` sees each chunk once, `outcome` is asked once, also after an early end.

    Where an error ended the stream, `fail` is told before.
    """

    def read(self, chunk: Any) -> None:
        """Take note of one chunk; keep no reference to it."""
        raise NotImplementedError

    def fail(self, error: BaseException) -> None:
        """Take note of the error that ended the stream."""

    def outcome(self) -> Outcome:
        """Tell what was seen."""
        raise NotImplementedError


RequestReader = Callable[[Any, tuple[Any, ...], dict[str, Any]], Shape | None]
DetailsReader = Callable[[Any, tuple[Any, ...], dict[str, Any]], Attributes]
ResponseReader = Callable[[Any, Call], Outcome]
ErrorReader = Callable[[BaseException, Call], Outcome]
ChunkReaderMaker = Callable[[Call], ChunkReader]
StandIn = Callable[[Any, Call], Any]
Observer = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where a library makes a call.

    `target` is "module:Class.method" or "module:function". `request` reads the arguments `(instance, args, kwargs)`
    into the call's Shape, or None where this call is not to be measured. `response` reads the result; `chunks` makes a
    reader for each streamed result: fed every chunk, asked for the outcome at the end; `error` reads an exception
    (SQLSTATE and the like). All three are given the call too. `details` gives attributes for the span alone and runs
    for sampled calls only. `stand_in` is asked first what the application is to get instead of a result that the call
    outlives, such as a raw response that is yet to be parsed (it then ends the call); None where the result is the end.
    `after` is given the arguments and the result of leaves, also of those that an outer call counts.
    """

    target: str
    request: RequestReader
    response: ResponseReader | None = None
    chunks: ChunkReaderMaker | None = None
    details: DetailsReader | None = None
    error: ErrorReader | None = None
    stand_in: StandIn | None = None
    after: Observer | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """A library as Tachograph knows it.

    Its name is that of its module; `install` replaces things itself, through the Patches it is given, where plain
    endpoints are not enough.
    """

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    install: Callable[[Any], None] | None = None


OPERATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 100)
DB_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
LLM_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BUCKETS = tuple(4**power for power in range(14))

_TIMEOUTS = ("Timeout", "TimedOut", "TimeLimitExceeded", "DeadlineExceeded")


def error_type(error: BaseException) -> str:
    """Return the type of an error: "timeout" for all timeouts, else the class."""
    name = type(error).__qualname__
    return "timeout" if isinstance(error, TimeoutError) or any(word in name for word in _TIMEOUTS) else name
