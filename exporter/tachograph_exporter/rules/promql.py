"""The shapes of expression that the subjects share: rates, ratios and quantiles by some labels."""

import json

IDENTITY = ("service_name", "deployment_environment_name")


def text(value: str) -> str:
    """Return a string as PromQL writes it, which is as JSON does."""
    return json.dumps(value, ensure_ascii=False)


def total(metric: str, by: tuple[str, ...], *matchers: str, window: str = "5m") -> str:
    """Return the rate of a counter, summed by labels."""
    return f"sum by ({', '.join(by)}) (rate({metric}{{{','.join(filter(None, matchers))}}}[{window}]))"


def ratio(part: str, whole: str) -> str:
    """Return part / whole; where there is a whole and no part, that is 0 and not nothing."""
    return f"({part}\n  or {whole} * 0)\n/ ({whole} > 0)"


def quantile(share: float, metric: str, by: tuple[str, ...], *matchers: str, window: str = "5m") -> str:
    """Return a quantile of a histogram by labels."""
    return f"histogram_quantile({share:g},\n  {total(f'{metric}_bucket', (*by, 'le'), *matchers, window=window)})"


def average(metric: str, by: tuple[str, ...], *matchers: str, window: str = "5m") -> str:
    """Return the average of a histogram's observations by labels."""
    whole = total(f"{metric}_count", by, *matchers, window=window)
    return f"{total(f'{metric}_sum', by, *matchers, window=window)}\n/ ({whole} > 0)"


def at_least(metric: str, by: tuple[str, ...], calls: int) -> str:
    """Return a guard: the recorded rate of the last five minutes amounts to so many calls."""
    return f"and on ({', '.join(by)}) {metric} * 300 >= {calls}"
