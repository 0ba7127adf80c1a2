"""What a call of a model used, and what that makes of its outcome: tokens, cost, how it ended."""

from collections.abc import Iterable
from typing import NamedTuple

from .. import loads
from ..model import NO_OUTCOME, Call, ChunkReader, Labels, Outcome, OwnAttributes
from ..names import (
    GEN_AI_COST_USD,
    GEN_AI_OPERATION_NAME,
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_RESPONSE_FINISH_REASONS,
    GEN_AI_RESPONSE_ID,
    GEN_AI_RESPONSE_MODEL,
    GEN_AI_USAGE_CACHE_READ,
    GEN_AI_USAGE_CACHE_WRITE,
    GEN_AI_USAGE_INPUT_TOKENS,
    GEN_AI_USAGE_OUTPUT_TOKENS,
    GEN_AI_USAGE_REASONING,
)
from . import spending
from .account import account_of
from .chain import note
from .tokens import Usage

# Ends that give the caller less than was asked for: cut off, filtered, refused or broken.
_CUT_SHORT = frozenset(
    (
        "length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "content_filter",
        "content_filtered", "guardrail_intervened", "refusal", "failed", "error", "incomplete", "cancelled", "safety",
        "recitation", "blocklist", "prohibited_content", "spii", "malformed_function_call", "language", "other",
    )
)  # fmt: skip


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
    model, response_id, reasons, usage, tier, content, billed = told
    attributes = OwnAttributes()
    if model:
        attributes[GEN_AI_RESPONSE_MODEL] = model = _plain(model)
    if response_id:
        attributes[GEN_AI_RESPONSE_ID] = _plain(response_id)
    if reasons:
        attributes[GEN_AI_RESPONSE_FINISH_REASONS] = tuple([_plain(reason) for reason in reasons])
    if content:
        attributes[GEN_AI_OUTPUT_MESSAGES] = content
    if usage is not None and usage.is_sound():
        useful = error is None and _CUT_SHORT.isdisjoint(reasons)
        return Outcome(attributes, _count(call, model, usage, attributes, tier, useful=useful))
    if billed and error is None:
        account_of(call.shape, model).unpriced("usage")
    return Outcome(attributes, ((GEN_AI_RESPONSE_MODEL, model),) if model else ())


def merged(call: Call, answers: Iterable[Told]) -> Outcome:
    """Return the outcome of a call that brought several answers, such as those of a batch; each is counted."""
    for told in answers:
        if told.usage is not None and told.usage.is_sound():
            useful = _CUT_SHORT.isdisjoint(told.reasons)
            _count(call, told.model, told.usage, OwnAttributes(), told.tier, useful=useful)
    return NO_OUTCOME


class Chunks(ChunkReader):
    """Reads a streamed answer; a library fills in `read` and, at the end, `told`."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._error: BaseException | None = None
        note(call)

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


def _plain(text: object) -> str:
    """Return a text as the plain string that it should be: compatible servers may say anything."""
    if type(text) is str:
        return text
    return str.__str__(text) if isinstance(text, str) else str(text)


def _count(
    call: Call, model: str | None, usage: Usage, attributes: OwnAttributes, tier: str | None, *, useful: bool
) -> Labels:
    """Count the tokens of a call, write them down as attributes, and return the labels of the model that answered."""
    sent, spoken, read, written, _, thought = usage
    attributes[GEN_AI_USAGE_INPUT_TOKENS] = sent
    if spoken or call.shape.attributes[GEN_AI_OPERATION_NAME] != "embeddings":
        attributes[GEN_AI_USAGE_OUTPUT_TOKENS] = spoken
    if read:
        attributes[GEN_AI_USAGE_CACHE_READ] = read
    if written:
        attributes[GEN_AI_USAGE_CACHE_WRITE] = written
    if thought:
        attributes[GEN_AI_USAGE_REASONING] = thought
    account = account_of(call.shape, model)
    cost = account.take(usage, call, tier, useful=useful)
    if cost is not None:
        attributes[GEN_AI_COST_USD] = cost
        loads.spent(cost)
        if call.outer is not None:
            spending.spent(call, cost)
    return account.labels
