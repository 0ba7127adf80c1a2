"""What a call of a model must come to: its whole span, and every point of every metric it feeds."""

from dataclasses import dataclass, field
from typing import Any

import genai_prices

from tests.fixtures.telemetry import Seeing, Seen

Point = tuple[str, tuple[tuple[str, str], ...], int | None, float | None]

_TIMES = (
    "gen_ai.client.operation.duration",
    "gen_ai.client.time_to_first_chunk",
    "gen_ai.client.time_per_output_chunk",
)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a call; each type counted once."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    def by_type(self) -> dict[str, int]:
        """Return them so that each is counted once."""
        parts = {
            "input": self.input - self.cache_read - self.cache_write,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "output": self.output - self.reasoning,
            "reasoning": self.reasoning,
        }
        return {kind: count for kind, count in parts.items() if count}


def listed(provider: str, model: str, tokens: Tokens, tier: str | None = None) -> float:
    """Return what the price list itself makes of these tokens: it is kept, and prices change."""
    counts = {"cache_read_tokens": tokens.cache_read, "cache_write_tokens": tokens.cache_write}
    usage = genai_prices.Usage(input_tokens=tokens.input, output_tokens=tokens.output, **counts)
    context = {"processing": tier} if tier else None
    return float(genai_prices.calc_price(usage, model, provider_id=provider, price_context=context).total_price)


@dataclass(frozen=True)
class Expected:
    """One call of a model and all that is to be seen of it."""

    operation: str
    provider: str
    model: str
    port: int
    response_model: str | None = None
    tokens: Tokens | None = None
    cost: float | None = None
    unpriced: str | None = None
    reasons: tuple[str, ...] = ()
    error: str | None = None
    useful: bool = True
    chunks: int = 0
    attempts: dict[str, int] = field(default_factory=lambda: {"success": 1})
    parameters: dict[str, Any] = field(default_factory=dict)
    response_id: str | None = None
    events: tuple[tuple[str, dict[str, Any]], ...] = ()

    @property
    def base(self) -> dict[str, Any]:
        """The attributes that are labels of everything."""
        told = {
            "gen_ai.operation.name": self.operation,
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.model or None,
            "server.address": "127.0.0.1",
            "server.port": self.port,
        }
        return {key: value for key, value in told.items() if value is not None}

    def span(self, parent: str = "") -> Seen:
        """Return the whole span."""
        tokens = self.tokens
        told: dict[str, Any] = {
            "gen_ai.response.model": self.response_model,
            "gen_ai.response.id": self.response_id,
            "gen_ai.response.finish_reasons": list(self.reasons) or None,
            "gen_ai.usage.input_tokens": tokens and tokens.input,
            "gen_ai.usage.output_tokens": tokens.output if tokens and self.operation != "embeddings" else None,
            "gen_ai.usage.cache_read.input_tokens": (tokens and tokens.cache_read) or None,
            "gen_ai.usage.cache_write.input_tokens": (tokens and tokens.cache_write) or None,
            "gen_ai.usage.reasoning.output_tokens": (tokens and tokens.reasoning) or None,
            "tachograph.gen_ai.cost.usd": self.cost,
            "error.type": self.error,
        }
        attributes = {
            **self.base,
            **self.parameters,
            **{key: value for key, value in told.items() if value is not None},
        }
        name = f"{self.operation} {self.model}".strip()
        return Seen(name, "CLIENT", attributes, parent, error=self.error, events=self.events)

    def points(self) -> list[Point]:
        """Return every point, with the sums of all but times."""
        base = self.base
        response = {"gen_ai.response.model": self.response_model} if self.response_model else {}
        error = {"error.type": self.error} if self.error else {}
        points = [point("gen_ai.client.operation.duration", {**base, **response, **error}, 1)]
        if self.chunks:
            points.append(point("gen_ai.client.time_to_first_chunk", {**base, **response}, 1))
        if self.chunks > 1:
            points.append(point("gen_ai.client.time_per_output_chunk", {**base, **response}, self.chunks - 1))
        if self.tokens is not None:
            points += self._token_points({**base, **response}, self.tokens)
        if self.cost is not None:
            points.append(point("tachograph.gen_ai.client.cost.usd", {**base, **response}, None, self.cost))
        if self.unpriced is not None:
            reason = {"tachograph.gen_ai.unpriced.reason": self.unpriced}
            points.append(point("tachograph.gen_ai.client.unpriced", {**base, **response, **reason}, None, 1))
        for outcome, count in self.attempts.items():
            label = {"tachograph.gen_ai.attempt.outcome": outcome}
            points.append(point("tachograph.gen_ai.client.attempts", {**base, **label}, None, count))
        return points

    def _token_points(self, labels: dict[str, Any], tokens: Tokens) -> list[Point]:
        points = [point("gen_ai.client.token.usage", {**labels, "gen_ai.token.type": "input"}, 1, tokens.input)]
        if self.operation != "embeddings":
            output = {**labels, "gen_ai.token.type": "output"}
            points.append(point("gen_ai.client.token.usage", output, 1, tokens.output))
        for kind, count in tokens.by_type().items():
            more = {"gen_ai.token.type": kind, "tachograph.gen_ai.token.useful": self.useful}
            points.append(point("tachograph.gen_ai.client.tokens", {**labels, **more}, None, count))
        return points


def point(metric: str, labels: dict[str, Any], count: int | None, total: float | None = None) -> Point:
    """Return a point as `seen_points` does."""
    rounded = None if metric in _TIMES or total is None else round(float(total), 12)
    return metric, tuple(sorted((key, str(value)) for key, value in labels.items())), count, rounded


def seen(telemetry: Seeing) -> tuple[list[Seen], list[Point]]:
    """Return all spans, and every point of the metrics of models but the gauges of failures."""
    points = [
        point(series.metric, series.labels, series.count, series.sum)
        for series in telemetry.series
        if "gen_ai" in series.metric
    ]
    return [_rounded(span) for span in telemetry.spans], sorted(points, key=str)


def expected(*calls: Expected, parent: str = "") -> tuple[list[Seen], list[Point]]:
    """Return what `seen` must be after these calls, each of its own kind."""
    points = [each for call in calls for each in call.points()]
    return [_rounded(call.span(parent)) for call in calls], sorted(points, key=str)


def _rounded(span: Seen) -> Seen:
    attributes = {
        key: round(value, 12) if isinstance(value, float) else value for key, value in span.attributes.items()
    }
    return Seen(span.name, span.kind, attributes, span.parent, span.error, span.events)
