"""Attributes of the application's own on spans of every kind, added as they end."""

from collections.abc import Callable, Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..model import NOTHING, Attributes, AttributeValue, Call
from .tracing import Tracing

Enrichment = Callable[[str, Attributes], Mapping[str, AttributeValue] | None]


class Enriching:
    """A way for spans to go, with what functions of the application's add to each of them."""

    def __init__(self, tracing: Tracing, enrichments: Sequence[Enrichment], failed: Callable[[str], None]) -> None:
        self._tracing = tracing
        self._enrichments = enrichments
        self._failed = failed

    def open(self, call: Call, context: Context) -> None:
        """Decide on sampling and give the call its ids."""
        self._tracing.open(call, context)

    def span(self, call: Call) -> Span:
        """Return the call's span as the code below it is to see it."""
        return self._tracing.span(call)

    def close(self, call: Call) -> None:
        """Ask for more attributes, and end the span of a call."""
        if call.sampled:
            for enrich in self._enrichments:
                try:
                    more = enrich(call.shape.name, {**call.shape.attributes, **(call.attributes or NOTHING)})
                    if more:
                        call.attributes = {**(call.attributes or NOTHING), **more}
                except Exception:  # noqa: BLE001 - the span goes on without it, and so does the application
                    self._failed("a function that enriches spans")
        self._tracing.close(call)
