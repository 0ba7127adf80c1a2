"""Runs the measurements and writes benchmarks/results/engine.md; `--quick` for a look with few rounds."""

import argparse
from pathlib import Path

from benchmarks.exporter.machine import description
from benchmarks.rounds import on_one_core

from . import once
from .rounds import Variant, added_microseconds

_RESULTS = Path(__file__).parents[1] / "results" / "engine.md"
_LEAN = {"lean": True}
_SENT = {"sends": True, "export": True}
_COLLECTIONS, _TICKS, _SECONDS_BETWEEN_READINGS = 100, 10, 5


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    quick = parser.parse_args().quick
    on_one_core()
    text = "\n".join(
        (*_head(), *_operations(quick=quick), *_endpoints(quick=quick), *_process(quick=quick), *_once(quick=quick), "")
    )
    print(text)
    if not quick:
        _RESULTS.write_text(text)


def _head() -> list[str]:
    return [
        "# What tracing costs the application",
        "",
        description(),
        "",
        "Added CPU time of the whole process, background threads included, over the same call bare; medians of paired",
        "rounds in which all variants take turns. `python -m benchmarks.engine` writes this page.",
        "",
    ]


def _operations(*, quick: bool) -> list[str]:
    theirs = "`start_as_current_span` + `Histogram.record`"
    variants = [
        Variant(theirs, "opentelemetry"),
        Variant(f"{theirs}, not sampled", "opentelemetry", {"sampled": False}),
        Variant("`@operation`, the application's providers", "decorated"),
        Variant("`@operation`, the application's providers, not sampled", "decorated", {"sampled": False}),
        Variant("`with operation`, the application's providers", "within"),
        Variant("`@operation`, Tachograph's pipeline", "decorated", _LEAN),
        Variant("`@operation`, Tachograph's pipeline, not sampled", "decorated", {**_LEAN, "sampled": False}),
        Variant("`with operation`, Tachograph's pipeline", "within", _LEAN),
    ]
    sent = [
        Variant(theirs, "opentelemetry", _SENT),
        Variant("`@operation`, the application's providers", "decorated", _SENT),
        Variant("`@operation`, Tachograph's pipeline", "decorated", {**_LEAN, **_SENT}),
    ]
    return [
        *_table("An operation", "bare", variants, theirs, quick=quick),
        *_table("An operation, OTLP export included", "bare", sent, theirs, quick=quick),
    ]


def _endpoints(*, quick: bool) -> list[str]:
    def both(make: str) -> list[Variant]:
        return [
            Variant("the application's providers", make),
            Variant("the application's providers, OTLP export included", make, _SENT),
            Variant("Tachograph's pipeline", make, _LEAN),
            Variant("Tachograph's pipeline, OTLP export included", make, {**_LEAN, **_SENT}),
        ]

    return [
        *_table("A library's call (a leaf with four labels)", "bare", both("endpoint"), None, quick=quick),
        *_table("A stream of 51 chunks", "bare_stream", both("stream"), None, quick=quick, calls=100),
    ]


def _process(*, quick: bool) -> list[str]:
    off = {"on": False}
    rounds = 7 if quick else 31
    collected = added_microseconds(
        Variant("off", "collected", off), [Variant("on", "collected")], rounds=rounds, calls=500
    )["on"]
    turned = added_microseconds(Variant("off", "ticked", off), [Variant("on", "ticked")], rounds=rounds, calls=20)["on"]
    read = added_microseconds(Variant("off", "read", off), [Variant("on", "read")], rounds=rounds, calls=500)["on"]
    tick = turned / 100
    second = _COLLECTIONS * collected + _TICKS * tick + read / _SECONDS_BETWEEN_READINGS
    return [
        "",
        "## The process itself",
        "",
        "Pauses of the garbage collector, lag of event loops, CPU time, memory, threads and open files: on unless",
        "TACHOGRAPH_RUNTIME_METRICS is false. Added CPU time, over the same with it off.",
        "",
        "| | added us | in a second of a busy process |",
        "| --- | ---: | ---: |",
        f"| a collection of garbage | {collected:.2f} | {_COLLECTIONS} of them |",
        f"| a tick of an event loop | {tick:.2f} | {_TICKS} |",
        f"| a reading of the process | {read:.0f} | 1 in {_SECONDS_BETWEEN_READINGS} seconds |",
        "",
        f"Together {second:.0f} us in a second: {second / 1e4:.3f} % of a core.",
    ]


def _table(
    title: str, baseline: str, variants: list[Variant], reference: str | None, *, quick: bool, calls: int = 1000
) -> list[str]:
    added = added_microseconds(Variant("bare", baseline), variants, rounds=7 if quick else 61, calls=calls)
    compared = added[reference] if reference else None
    head = ["", f"## {title}", "", "| | added us |" + (" share of the first |" if compared else "")]
    rule = "| --- | ---: |" + (" ---: |" if compared else "")
    rows = [
        f"| {name} | {value:.2f} |" + (f" {value / compared:.2f} |" if compared else "")
        for name, value in added.items()
    ]
    return [*head, rule, *rows]


def _once(*, quick: bool) -> list[str]:
    rounds = 5 if quick else 31
    cpu, memory = once.imports("tachograph", rounds=rounds)
    sdk_cpu, sdk_memory = once.imports("opentelemetry.sdk.trace, opentelemetry.sdk.metrics", rounds=rounds)
    kinds = ("refusing", "silent", "slow")
    exits = {who: [once.exits(who, kind) for kind in kinds] for who in ("Tachograph", "OpenTelemetry SDK")}
    children = 100 if quick else 1000
    return [
        "",
        "## Once in a process",
        "",
        "| import, over the API's | ms of CPU | MB |",
        "| --- | ---: | ---: |",
        f"| tachograph | {cpu:.0f} | {memory:.1f} |",
        f"| opentelemetry.sdk | {sdk_cpu:.0f} | {sdk_memory:.1f} |",
        "",
        f"| exit with 1,000 spans, seconds; the receiver is | {' | '.join(kinds)} |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {who} | {' | '.join(f'{seconds:.2f}' for seconds in took)} |" for who, took in exits.items()),
        "",
        f"Children that hang, of {children:,} forked while three threads record: {once.deadlocks(children)}.",
    ]


if __name__ == "__main__":
    main()
