"""One reading of the exporter's page, and what was counted between two of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..collectors.textformat import Family, metric, parse
from ..exposition.metric import Metric
from ..live.gathering import Sum, gather
from ..live.tables import OPERATIONS
from ..past.series import Calls

_IDLE = ("idle", "iowait", "steal")
_WANTED = frozenset(
    (
        *OPERATIONS.metrics,
        "node_cpu_seconds_total",
        "process_cpu_time_seconds_total",
        "process_memory_usage_bytes",
        "tachograph_memory_utilization_ratio",
    )
)


@dataclass(frozen=True, slots=True)
class State:
    """What had been counted at a moment."""

    at: float
    rows: Mapping[tuple[str, ...], Sum]
    cpu_seconds: float
    cpu_busy_seconds: float
    memory_ratio: float | None
    process_cpu_seconds: Mapping[str, float]
    process_memory_bytes: Mapping[str, float]


def state(page: str, at: float) -> State:
    """Return the state that a page tells."""
    families = {family.name: family for family in parse(_wanted(page))}
    cpu = [(dict(pairs), value) for pairs, value in _values(families, "node_cpu_seconds_total")]
    memory = [value for _, value in _values(families, "tachograph_memory_utilization_ratio")]
    return State(
        at,
        gather(OPERATIONS, (each for family in families.values() for each in _metrics(family))),
        sum(value for _, value in cpu),
        sum(value for labels, value in cpu if labels.get("mode") not in _IDLE),
        memory[0] if memory else None,
        _by_service(families, "process_cpu_time_seconds_total"),
        _by_service(families, "process_memory_usage_bytes"),
    )


def calls(before: State, after: State) -> list[Calls]:
    """Return what each operation counted between two states, those with most time spent first."""
    found = []
    for key, now in after.rows.items():
        then = before.rows.get(key)
        totals, earlier = now.totals(OPERATIONS), then.totals(OPERATIONS) if then else None
        spent = totals if earlier is None or totals.fell_behind(earlier) else totals.since(earlier)
        if spent.calls > 0:
            found.append(
                Calls(
                    dict(zip(OPERATIONS.fields, key, strict=True)),
                    now.bounds,
                    tuple(map(float, spent.counts)),
                    spent.calls,
                    spent.errors,
                    spent.seconds,
                    dict(zip((measure.name for measure in OPERATIONS.measures), spent.extras, strict=True)),
                )
            )
    return sorted(found, key=lambda one: -one.seconds)


def cpu_ratio(before: State, after: State) -> float | None:
    """Return how busy the host's cores were between two states."""
    passed = after.cpu_seconds - before.cpu_seconds
    return (after.cpu_busy_seconds - before.cpu_busy_seconds) / passed if passed > 0 else None


def _wanted(page: str) -> str:
    """Return the lines that are read, so that the thousands of others cost nothing."""
    return "".join(line for line in page.splitlines(keepends=True) if _name(line) in _WANTED)


def _name(line: str) -> str:
    if line.startswith("#"):
        return line.split(None, 3)[2] if line.count(" ") > 1 else ""
    name = line.partition("{")[0].partition(" ")[0]
    for suffix in ("_bucket", "_count", "_sum"):
        if name.endswith(suffix) and name.removesuffix(suffix) in _WANTED:
            return name.removesuffix(suffix)
    return name


def _metrics(family: Family) -> Iterator[Metric]:
    """Yield a family as the exporter has it: what failed is a metric of its own, with one more label."""
    for failed in (False, True):
        compounds = {k: v for k, v in family.compounds.items() if any(n == "error_type" for n, _ in k) is failed}
        values = {} if failed else family.values
        if compounds or values:
            yield metric(Family(family.name, family.kind, family.documentation, values, compounds), "")


def _values(families: Mapping[str, Family], name: str) -> Iterable[tuple[tuple[tuple[str, str], ...], float]]:
    return families[name].values.items() if name in families else ()


def _by_service(families: Mapping[str, Family], name: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for pairs, value in _values(families, name):
        service = dict(pairs).get("service_name", "")
        sums[service] = sums.get(service, 0.0) + value
    return sums
