"""What LLM libraries share: their subject, their metrics, and the outcome of a finished call."""

from .. import names
from ..model import LLM_BUCKETS, TOKEN_BUCKETS, AttributeValue, Metric, Outcome, Point, Shape, Subject

DURATION = Metric(names.GEN_AI_OPERATION_DURATION, "histogram", "s", "GenAI operation duration.", LLM_BUCKETS)
TOKENS = Metric(
    names.GEN_AI_TOKEN_USAGE, "histogram", "{token}", "Number of input and output tokens used.", TOKEN_BUCKETS
)
FIRST_CHUNK = Metric(
    names.GEN_AI_TIME_TO_FIRST_CHUNK, "histogram", "s", "Time to receive the first chunk of a stream.", LLM_BUCKETS
)
PER_CHUNK = Metric(
    names.GEN_AI_TIME_PER_OUTPUT_CHUNK, "histogram", "s", "Time that each chunk after the first took.", LLM_BUCKETS
)
LLM = Subject(
    "llm",
    DURATION,
    (
        names.GEN_AI_OPERATION_NAME,
        names.GEN_AI_PROVIDER_NAME,
        names.GEN_AI_REQUEST_MODEL,
        names.SERVER_ADDRESS,
        names.SERVER_PORT,
    ),
    first_chunk=FIRST_CHUNK,
    per_chunk=PER_CHUNK,
)
_SHAPES_LIMIT = 1000
_shapes: dict[tuple[object, ...], Shape] = {}


def llm_shape(operation: str, provider: str, model: str, address: str | None, port: int | None) -> Shape:
    """Return the shape of all calls of this operation to this model."""
    key = (operation, provider, model, address, port)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _SHAPES_LIMIT:
            _shapes.clear()
        attributes: dict[str, AttributeValue] = {
            names.GEN_AI_OPERATION_NAME: operation,
            names.GEN_AI_PROVIDER_NAME: provider,
            names.GEN_AI_REQUEST_MODEL: model,
        }
        if address is not None:
            attributes[names.SERVER_ADDRESS] = address
        if port is not None:
            attributes[names.SERVER_PORT] = port
        shape = _shapes[key] = Shape(LLM, f"{operation} {model}", attributes)
    return shape


def llm_outcome(
    *,
    model: str | None = None,
    response_id: str | None = None,
    finish_reasons: tuple[str, ...] = (),
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cached_tokens: int | None = None,
    reasoning_tokens: int | None = None,
) -> Outcome:
    """Return the outcome of a finished call; None is what the provider did not tell."""
    told = {
        names.GEN_AI_RESPONSE_MODEL: model,
        names.GEN_AI_RESPONSE_ID: response_id,
        names.GEN_AI_RESPONSE_FINISH_REASONS: finish_reasons or None,
        names.GEN_AI_USAGE_INPUT_TOKENS: input_tokens,
        names.GEN_AI_USAGE_OUTPUT_TOKENS: output_tokens,
        names.GEN_AI_USAGE_CACHE_READ: cached_tokens,
        names.GEN_AI_USAGE_REASONING: reasoning_tokens,
    }
    tokens = (("input", input_tokens), ("output", output_tokens))
    return Outcome(
        {key: value for key, value in told.items() if value is not None},
        ((names.GEN_AI_RESPONSE_MODEL, model),) if model else (),
        tuple(Point(TOKENS, count, ((names.GEN_AI_TOKEN_TYPE, kind),)) for kind, count in tokens if count is not None),
    )
