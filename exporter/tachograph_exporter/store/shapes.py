"""How each kind of metric is kept: what its cell is, and what its processes' streams are."""

from struct import Struct

from .buckets import drawing
from .cells import Additive, Counter, Histogram, Latest
from .exponential import ExponentialDelta, ExponentialStream, read
from .source import Point, Shape
from .streams import CounterDelta, CounterStream, GaugeDelta, GaugeStream, HistogramDelta, HistogramStream
from .summary import Summary, SummaryStream


def _counter(_: Point) -> Counter:
    return Counter()


def _additive(_: Point) -> Additive:
    return Additive()


def _latest(_: Point) -> Latest:
    return Latest()


def _histogram(point: Point) -> Histogram:
    drawn = drawing(point.bounds)
    drawn.lanes(point, point.count)
    return Histogram(drawn)


def _summary(_: Point) -> Summary:
    return Summary()


def exponential(bounds: tuple[float, ...], *, delta: bool) -> Shape:
    """Return how an exponential histogram is kept: in classic buckets of these bounds."""
    drawn = drawing(Struct(f"<{len(bounds)}d").pack(*bounds))

    def cell(point: Point) -> Histogram:
        read(point)
        return Histogram(drawn)

    return Shape("histogram", delta=delta, cell=cell, stream=ExponentialDelta if delta else ExponentialStream)


GAUGE = Shape("gauge", delta=False, cell=_latest, stream=GaugeStream)
COUNTER = Shape("counter", delta=False, cell=_counter, stream=CounterStream)
COUNTER_DELTA = Shape("counter", delta=True, cell=_counter, stream=CounterDelta)
UP_DOWN = Shape("gauge", delta=False, cell=_additive, stream=GaugeStream)
UP_DOWN_DELTA = Shape("gauge", delta=True, cell=_additive, stream=GaugeDelta)
UNKNOWN = Shape("unknown", delta=False, cell=_latest, stream=GaugeStream)
INFO = Shape("info", delta=False, cell=_latest, stream=GaugeStream)
SUMMARY = Shape("summary", delta=False, cell=_summary, stream=SummaryStream)
HISTOGRAM = Shape("histogram", delta=False, cell=_histogram, stream=HistogramStream)
HISTOGRAM_DELTA = Shape("histogram", delta=True, cell=_histogram, stream=HistogramDelta)
