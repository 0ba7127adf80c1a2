"""How LLM calls fail, are tried again and are stood in for, and what the providers still grant."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .llm_calls import ATTEMPTS, CALLS, CHOSEN, CHUNK, FALLBACKS, NO_STREAM
from .names import BY_MODEL, FAILED, MODEL_LEGEND, NO_LLM
from .panels import series
from .queries import over_time, per_second, quantile, share


def panels() -> list[Panel]:
    """Return errors and attempts, then what stood in and what is left."""
    return [*_faults(), *_reserves()]


def _faults() -> list[Panel]:
    return [
        series(
            31,
            "Failed share by model",
            "The share of each model's calls that ended with an error.",
            [over_time(share(CALLS, where=FAILED, of=CHOSEN, by=BY_MODEL), MODEL_LEGEND)],
            unit="percentunit",
            figure=figures.ERROR_RATIO,
            empty=NO_LLM,
            width=8,
        ),
        series(
            32,
            "Errors by type",
            "How many calls failed in each second, by the type of the error; 429 is the provider's rate limit.",
            [over_time(per_second(CALLS, f"{FAILED},{CHOSEN}", by="error_type"), "{{error_type}}")],
            unit="ops",
            empty="No LLM call failed in this time",
            width=8,
        ),
        series(
            34,
            "Attempts by outcome",
            "HTTP requests behind the calls in each second: rate_limited is a 429, each retry is one more.",
            [
                over_time(
                    per_second(ATTEMPTS, CHOSEN, by="tachograph_gen_ai_attempt_outcome"),
                    "{{tachograph_gen_ai_attempt_outcome}}",
                )
            ],
            unit="ops",
            stacked=True,
            empty=NO_LLM,
            width=8,
        ),
    ]


def _reserves() -> list[Panel]:
    quota = "gen_ai_request_model, tachograph_gen_ai_quota_type"
    return [
        series(
            35,
            "Fallbacks",
            "Calls of a model because the one before it in a chain failed, by the model that stood in.",
            [
                over_time(
                    per_second(FALLBACKS, CHOSEN, by=f"tachograph_gen_ai_fallback_from_model, {BY_MODEL}"),
                    "{{gen_ai_request_model}} for {{tachograph_gen_ai_fallback_from_model}}",
                )
            ],
            unit="ops",
            empty="No model had to stand in for another",
            width=8,
        ),
        series(
            36,
            "Quota left",
            "What the provider's rate limit still leaves, by its own last word.",
            [
                over_time(
                    f"min by ({quota}) (tachograph_gen_ai_client_quota_remaining{{{CHOSEN}}})",
                    "{{gen_ai_request_model}} {{tachograph_gen_ai_quota_type}}",
                )
            ],
            unit="short",
            logarithmic=True,
            empty="No provider tells its rate limit",
            width=8,
        ),
        series(
            33,
            "p95 per chunk by model",
            "How long 95 of 100 streamed calls took at most from one chunk to the next.",
            [over_time(quantile(0.95, CHUNK, CHOSEN, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            unit="s",
            empty=NO_STREAM,
            width=8,
        ),
    ]
