"""What a call of a model used, and what that makes of its outcome: tokens, cost, how it ended."""

from collections.abc import Iterable
from typing import NamedTuple

from .. import names
from ..model import AttributeValue, Call, ChunkReader, Label, Labels, Outcome, Point
from . import prices
from .metrics import COST, TOKEN_USAGE, TOKENS, UNPRICED
from .tokens import Usage

# Ends that give the caller less than was asked for: cut off, filtered, refused or broken.
_CUT_SHORT = frozenset(
    (
        "length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "content_filter",
        "content_filtered", "guardrail_intervened", "refusal", "failed", "error", "incomplete", "cancelled", "safety",
        "recitation", "blocklist", "prohibited_content", "spii", "malformed_function_call", "language", "other",
    )
)  # fmt: skip

_INPUT: Labels = ((names.GEN_AI_TOKEN_TYPE, "input"),)
_OUTPUT: Labels = ((names.GEN_AI_TOKEN_TYPE, "output"),)
_NO_USAGE: Labels = ((names.GEN_AI_UNPRICED_REASON, "usage"),)
_NO_PRICE: Labels = ((names.GEN_AI_UNPRICED_REASON, "model"),)
_TYPES = ("input", "cache_read", "cache_write", "output", "reasoning")
_TOKEN_LABELS: dict[bool, tuple[Labels, ...]] = {
    useful: tuple(((names.GEN_AI_TOKEN_TYPE, kind), (names.GEN_AI_TOKEN_USEFUL, useful)) for kind in _TYPES)
    for useful in (False, True)
}


class Told(NamedTuple):
    """What a response told of itself; empty where it did not. What is not `billed` costs nothing by itself."""

    model: str | None = None
    response_id: str | None = None
    reasons: tuple[str, ...] = ()
    usage: Usage | None = None
    tier: str | None = None
    content: str | None = None
    billed: bool = True


def outcome(call: Call, told: Told, error: BaseException | None = None) -> Outcome:
    """Return the outcome of a call of a model, of one that an error ended early too."""
    failed = error is not None
    attributes: dict[str, AttributeValue] = {}
    if told.model:
        attributes[names.GEN_AI_RESPONSE_MODEL] = told.model
    if told.response_id:
        attributes[names.GEN_AI_RESPONSE_ID] = told.response_id
    if told.reasons:
        attributes[names.GEN_AI_RESPONSE_FINISH_REASONS] = told.reasons
    if told.content:
        attributes[names.GEN_AI_OUTPUT_MESSAGES] = told.content
    labels: tuple[Label, ...] = ((names.GEN_AI_RESPONSE_MODEL, told.model),) if told.model else ()
    if told.usage is None:
        unknown = told.billed and not failed
        return Outcome(attributes, labels, (Point(UNPRICED, 1, _NO_USAGE),) if unknown else ())
    useful = not failed and _CUT_SHORT.isdisjoint(told.reasons)
    return Outcome(attributes, labels, _points(call, told, told.usage, attributes, useful=useful))


def merged(call: Call, answers: Iterable[Told]) -> Outcome:
    """Return the outcome of a call that brought several answers, such as those of a batch, with their sums."""
    points: list[Point] = []
    for told in answers:
        if told.usage is not None:
            useful = _CUT_SHORT.isdisjoint(told.reasons)
            label: Labels = ((names.GEN_AI_RESPONSE_MODEL, told.model or ""),)
            found = _points(call, told, told.usage, {}, useful=useful)
            points += (Point(point.metric, point.value, (*label, *point.labels)) for point in found)
    return Outcome(points=tuple(points))


class Chunks(ChunkReader):
    """Reads a streamed answer; a library fills in `read` and, at the end, `told`."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Take note of the error that ended the stream."""
        self._error = error

    def told(self) -> Told:
        """Return what the chunks told."""
        raise NotImplementedError

    def code(self, error: BaseException) -> str | None:  # noqa: ARG002 - for libraries to fill in
        """Return the provider's word for an error, where that says more than its class."""
        return None

    def outcome(self) -> Outcome:
        """Tell what was seen."""
        found = outcome(self.call, self.told(), self._error)
        return found if self._error is None else found._replace(error_type=self.code(self._error))


def _points(
    call: Call, told: Told, usage: Usage, attributes: dict[str, AttributeValue], *, useful: bool
) -> tuple[Point, ...]:
    attributes[names.GEN_AI_USAGE_INPUT_TOKENS] = usage.input
    points = [Point(TOKEN_USAGE, usage.input, _INPUT)]
    if usage.output or call.shape.attributes[names.GEN_AI_OPERATION_NAME] != "embeddings":
        attributes[names.GEN_AI_USAGE_OUTPUT_TOKENS] = usage.output
        points.append(Point(TOKEN_USAGE, usage.output, _OUTPUT))
    if usage.cache_read:
        attributes[names.GEN_AI_USAGE_CACHE_READ] = usage.cache_read
    if usage.cache_write:
        attributes[names.GEN_AI_USAGE_CACHE_WRITE] = usage.cache_write
    if usage.reasoning:
        attributes[names.GEN_AI_USAGE_REASONING] = usage.reasoning
    for count, labels in zip(usage.by_type(), _TOKEN_LABELS[useful], strict=True):
        if count:
            points.append(Point(TOKENS, count, labels))
    cost = prices.cost(call.shape.attributes, told.model, told.tier, usage)
    if cost is None:
        points.append(Point(UNPRICED, 1, _NO_PRICE))
    else:
        attributes[names.GEN_AI_COST_USD] = cost
        points.append(Point(COST, cost))
    return tuple(points)
