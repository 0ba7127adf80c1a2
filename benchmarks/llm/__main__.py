"""Runs the comparison and writes benchmarks/results/llm.md; `--quick` for a look with few rounds."""

import argparse
from pathlib import Path

from benchmarks.exporter.machine import description
from benchmarks.rounds import on_one_core

from .peers import OTEL, OTHERS, OURS
from .rounds import Variant, added_microseconds

_RESULTS = Path(__file__).parents[1] / "results" / "llm.md"
_SCENARIOS = {
    "openai": ("openai, a chat completion", 200),
    "openai-stream": ("openai, a stream of 51 chunks", 100),
    "anthropic": ("anthropic, a message", 200),
    "anthropic-stream": ("anthropic, a stream of 55 events", 100),
}
_BY_HAND = "(OpenTelemetry's SDK by hand: one span, three values)"
_PROVIDERS, _LEAN = "Tachograph, the application's providers", "Tachograph, its own pipeline"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.llm", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    parser.add_argument("--only", choices=_SCENARIOS, help="one scenario alone")
    given = parser.parse_args()
    on_one_core()
    lines = _head()
    for scenario in [given.only] if given.only else _SCENARIOS:
        lines += _table(scenario, rounds=7 if given.quick else 31)
    text = "\n".join((*lines, ""))
    print(text)
    if not (given.quick or given.only):
        _RESULTS.write_text(text)


def _head() -> list[str]:
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in OTHERS)
    newest = OURS.libraries
    older = [f"{peer.name} with {' and '.join(peer.libraries)}" for peer in OTHERS if peer.libraries != newest]
    sdks = f"openai {newest[0]} and anthropic {newest[1]}" + "".join(f" ({each})" for each in older)
    return [
        "# What measuring a call of a model costs the application",
        "",
        description(),
        "",
        f"{versions}; each as it is when nothing is set, in an environment of its own with the newest SDKs it",
        f"goes with: {sdks}.",
        "",
        "Added CPU time of the whole process, background threads included, over the same call bare; medians of paired",
        "rounds in which all take turns. The SDK's transport answers from memory. `kept`: telemetry stays in the",
        "process; `sent`: it is sent by OTLP/HTTP (ddtrace: to its agent) after every 200 calls, 100 of streams, and",
        "the sending is included.",
        "",
        "`By hand` is no instrumentation: a span of twelve attributes and three values of histograms for each call,",
        "all of them constants, as users of the SDK write them. It shows what the SDK itself takes: of what is sent,",
        "its encoder alone takes some 40 us a span, whoever made the span, and collecting, encoding and posting the",
        "metrics some 13 us more for each of 200 calls.",
        "",
        "`python -m benchmarks.llm` makes the environments and writes this page.",
    ]


def _table(scenario: str, *, rounds: int) -> list[str]:
    title, calls = _SCENARIOS[scenario]
    columns = {mode: _measured(scenario, mode, rounds=rounds, calls=calls) for mode in ("keep", "export")}
    kept, sent = columns["keep"], columns["export"]
    rows = [
        f"| {name} | {kept[name]:.0f} | {kept[name] / kept[OTEL.name]:.2f} "
        f"| {sent[name]:.0f} | {sent[name] / sent[OTEL.name]:.2f} |"
        for name in sent
        if name != "bare"
    ]
    head = "| | kept, us | of OpenTelemetry's | sent, us | of OpenTelemetry's |"
    bare = f"Bare: {kept['bare']:.0f} us."
    return ["", f"## {title}", "", bare, "", head, "| --- | ---: | ---: | ---: | ---: |", *rows]


def _measured(scenario: str, mode: str, *, rounds: int, calls: int) -> dict[str, float]:
    variants = [Variant(peer.name, peer, peer.make, mode) for peer in OTHERS]
    ours = [
        Variant(_BY_HAND, OURS, "by_hand", mode),
        Variant(_PROVIDERS, OURS, "tachograph_providers", mode),
        Variant(_LEAN, OURS, "tachograph_lean", mode),
    ]
    return added_microseconds(scenario, [*variants, *ours], rounds=rounds, calls=calls)


if __name__ == "__main__":
    main()
