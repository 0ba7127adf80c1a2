"""A load test's outcome for people: as text for a terminal, or as Markdown."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..baseline.comparison import ERRORS
from ..report.document import Block
from ..tabular import Rows, markdown_table, marked, shown, text_table
from ..top.figures import NONE, count, per_second, ratio, seconds, size
from .document import OPERATIONS_SHOWN, Plain

Line = str | Block
Table = Callable[[Sequence[str], Rows], Sequence[Line]]
_NARROW = 105
_KINDS = {"llm": "models", "db": "databases", "cache": "caches", "operation": "other operations", "own": "own code"}


def text(document: Plain, *, width: int | None) -> str:
    """Return the report as text; names are cut to a width, if there is one."""

    def table(heads: Sequence[str], rows: Rows) -> list[str]:
        return text_table(heads, rows, width=width)

    lines = [shown(title(document)), ""]
    narrow = width is not None and width < _NARROW
    for heading, body in sections(document, table, "  ", narrow=narrow):
        lines += [heading, *map(str, body), ""]
    return "\n".join(lines)


def markdown(document: Plain) -> str:
    """Return the report as Markdown."""
    lines = [f"# {marked(title(document))}", ""]
    for heading, body in sections(document, markdown_table, "* "):
        lines += [f"## {heading}", "", *map(str, body), ""]
    return "\n".join(lines)


def title(document: Plain) -> str:
    """Return what was tested, and how."""
    steps = document["steps"]
    lasted = seconds(sum(step["seconds"] for step in steps)) if steps else "no time"
    what = "Stress test" if document["mode"] == "stress" else "Load test"
    rate = f" at {document['rate']:g} requests/s" if document["rate"] else ""
    users = f"up to {document['users']}" if document["mode"] == "stress" else str(document["users"])
    host = f" ({document['host']})" if document["host"] and document["host"] not in document["target"] else ""
    return f"{what} of {document['target']}{host}: {users} users{rate}, {lasted}"


def sections(
    document: Plain, table: Table, point: str, *, narrow: bool = False
) -> Iterator[tuple[str, Sequence[Line]]]:
    """Yield the report's headings, and the lines and tables under each."""
    steps, knee = document["steps"], document["knee"]
    if knee and steps:
        yield "Where it breaks", [f"{point}{line}" for line in _knee(document)]
        yield "Steps", _spaced(table(*_steps(steps, narrow=narrow)))
    told = _told(document)
    if told is not None:
        which = f", at {told['users']} users" if knee else ""
        yield (
            f"What the clients saw{which}",
            [
                *_spaced(table(*_requests(told))),
                *(f"{point}{line}" for line in _errors(told)),
            ],
        )
        if told["service"]:
            yield f"What the service measured{which}", _service(told["service"], table, point)
    if document.get("baseline"):
        yield (
            f"Against the baseline {document['baseline']['baseline']['name']}",
            _against(document["baseline"], table, point),
        )
    if document["notes"]:
        yield "Notes", [f"{point}{shown(note)}" for note in document["notes"]]


def _against(compared: Plain, table: Table, point: str) -> Sequence[Line]:
    rows = [
        (f"{one.get('request') or one.get('operation')} {one['measure']}", one["verdict"], *_both(one))
        for one in compared["findings"]
        if one["verdict"] in ("worse", "better", "unclear")
    ]
    lines = [f"{point}{shown(compared['summary'])}"]
    return [*lines, "", *table(("measure", "verdict", "then", "now"), rows)] if rows else lines


def _both(one: Plain) -> Sequence[str]:
    write = ratio if one["measure"] == ERRORS else seconds
    return write(one["then"]), write(one["now"])


def _told(document: Plain) -> Plain | None:
    """Return the step that is told in full: the one at which it broke, else the last."""
    steps: list[Plain] = document["steps"]
    bad = document["knee"]["first_bad"] if document["knee"] else None
    return steps[bad if bad is not None else -1] if steps else None


def _knee(document: Plain) -> Iterator[str]:
    steps, knee = document["steps"], document["knee"]
    good = steps[knee["last_good"]] if knee["last_good"] is not None else None
    bad = steps[knee["first_bad"]] if knee["first_bad"] is not None else None
    if good:
        yield f"last good   {good['users']} users: {_brief(good)}"
    if bad:
        yield f"first bad   {bad['users']} users: {_brief(bad)}"
        yield f"because     {knee['why']}"
    elif steps[-1]["users"] == document["users"]:
        yield f"it did not break with {document['users']} users: more --users find where it does"
    most = steps[knee["most_throughput"]]
    enough = steps[knee["enough_users"]]
    grew = enough["users"] == steps[-1]["users"]
    whether = ", and still growing" if grew else f"; from {enough['users']} users on more only wait"
    yield f"throughput  {per_second(most['served_per_second'])} served at most{whether}"


def _brief(step: Plain) -> str:
    served, p95 = per_second(step["served_per_second"]), seconds(step["p95_seconds"])
    return f"{served} served, p95 {p95}, {ratio(step['error_ratio'])} failed"


def _steps(steps: Sequence[Plain], *, narrow: bool) -> tuple[Sequence[str], Rows]:
    heads = ("users", "requests", "served/s", "p50", "p95", "p99", "failed", "host CPU", "most time in", "verdict")
    rows = [
        (
            str(step["users"]),
            count(step["requests"]),
            per_second(step["served_per_second"]).removesuffix("/s"),
            *_quantiles(step),
            ratio(step["error_ratio"]),
            ratio(step["service"]["cpu_ratio"]) if step["service"] else NONE,
            _most(step["service"]),
            step["verdict"],
        )
        for step in steps
    ]
    kept = [place for place, head in enumerate(heads) if not narrow or head not in ("requests", "p50", "p99")]
    return [heads[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _most(service: Plain | None) -> str:
    kinds = service["time_ratio_by_kind"] if service else {}
    return next((f"{_KINDS[kind]} {ratio(share)}" for kind, share in kinds.items()), NONE)


def _requests(step: Plain) -> tuple[Sequence[str], Rows]:
    heads = ("request", "requests", "a second", "p50", "p95", "p99", "failed")
    rows = [_request(name, seen) for name, seen in step["by_request"].items()]
    return heads, rows if len(rows) == 1 else [*rows, _request("all", step)]


def _request(name: str, seen: Plain) -> Sequence[str]:
    rate = per_second(seen["per_second"]).removesuffix("/s")
    return (name, count(seen["requests"]), rate, *_quantiles(seen), ratio(seen["error_ratio"]))


def _quantiles(seen: Plain) -> Sequence[str]:
    return tuple(seconds(seen[f"p{share}_seconds"]) for share in (50, 95, 99))


def _errors(step: Plain) -> Iterator[str]:
    kinds: dict[str, int] = step["errors"]
    if kinds:
        yield f"failed: {', '.join(f'{number} {shown(kind)}' for kind, number in kinds.items())}"


def _service(service: Plain, table: Table, point: str) -> Sequence[Line]:
    lines = [f"{point}host: CPU {ratio(service['cpu_ratio'])}, memory {ratio(service['memory_ratio'])}"]
    lines += [
        f"{point}{shown(one['service'])}: {one['cpu_cores']:.2f} cores, {size(one['memory_bytes'])}"
        for one in service["processes"]
    ]
    kinds = service["time_ratio_by_kind"]
    if kinds:
        lines.append(f"{point}time: {', '.join(f'{_KINDS[kind]} {ratio(share)}' for kind, share in kinds.items())}")
    heads = ("operation", "calls", "p50", "p95", "p99", "failed", "time")
    rows = [_operation(one) for one in service["operations"][:OPERATIONS_SHOWN]]
    return [*lines, "", *table(heads, rows)] if rows else [*lines, f"{point}no operation was reported in that time"]


def _operation(one: Plain) -> Sequence[Any]:
    failed = ratio(one["errors"] / one["calls"])
    return (one["operation"], count(one["calls"]), *_quantiles(one), failed, seconds(one["seconds"]))


def _spaced(lines: Sequence[Line]) -> Sequence[Line]:
    """Return a table of Markdown with the empty line that must follow it."""
    return [*lines, ""] if lines and str(lines[0]).startswith("|") else lines
