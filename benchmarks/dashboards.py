"""How long Prometheus takes for what the boards ask, at 200,000 series.

`python -m benchmarks.dashboards` writes benchmarks/results/dashboards.md; `--quick` asks once and writes nothing.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.dashboards.boards import Query
from tests.dashboards.company import Company, company, questions

from .exporter.machine import description

_RESULTS = Path(__file__).parent / "results" / "dashboards.md"
_ROUNDS = 5
_SHOWN = 10
_MOST_SECONDS = 1.0


def main() -> None:
    """Ask and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboards", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ask everything once; write nothing")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder, company(Path(folder)) as asked:
        text = _text(asked, 1 if quick else _ROUNDS)
    sys.stdout.write(text)
    if not quick:
        _RESULTS.write_text(text)


def _text(asked: Company, rounds: int) -> str:
    every = questions()
    answers = [[asked.answer(query) for query in every] for _ in range(rounds)]
    seconds = [median(answer.seconds for answer in tries) for tries in zip(*answers, strict=True)]
    samples = [answer.samples for answer in answers[0]]
    slowest = sorted(zip(seconds, samples, every, strict=True), key=lambda row: row[:2], reverse=True)
    verdict = "met" if slowest[0][0] <= _MOST_SECONDS else "not met"
    lines = "\n".join(_line(*row) for row in slowest[:_SHOWN])
    return f"""# How long the boards wait for Prometheus

`python -m benchmarks.dashboards` on {description()}; {asked.version()}.
A company's {asked.series():,} series over twenty minutes. Each of the {len(every)} different queries of the boards is
asked as Grafana asks it, one after the other, {rounds} times; a query's figure is the median. All of them once take
{sum(seconds):.1f} s; the slowest takes {slowest[0][0]:.2f} s (at most {_MOST_SECONDS:g} s: {verdict}).

| board | panel | samples read | seconds |
| --- | --- | --- | --- |
{lines}
"""


def _line(seconds: float, samples: int, query: Query) -> str:
    return f"| {query.board} | {query.panel} | {samples:,} | {seconds:.2f} |"


if __name__ == "__main__":
    main()
