"""The tables of metrics in exporter/README.md, made from the expected files; run as a program, writes them anew.

python -m tests.exporter.collectors.metrics_table
"""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector

from .captured import expected_file

README = Path(__file__).parents[3] / "exporter" / "README.md"
BEGIN, END = "<!-- metrics: begin -->\n", "<!-- metrics: end -->"

_LABEL = re.compile(r'(\w+)="')
# Series of the sample text files, which are no metrics of ours.
_FOREIGN = re.compile(r"(?!node_|tachograph_)")


def tables() -> str:
    """Return a section a collector: what it reads, its options, its metrics."""
    return "\n".join(line for kind in sorted(COLLECTORS, key=lambda kind: kind.name) for line in _section(kind)) + "\n"


def _section(kind: type[Collector]) -> Iterator[str]:
    yield f"### {kind.name}{'' if kind.default else ' (off by default)'}\n"
    yield f"{(kind.__doc__ or '').strip()}\n"
    options = list(_options(kind.options_type))
    if options:
        yield "| option | what it does | default |\n| --- | --- | --- |"
        yield from options
        yield ""
    yield "| metric | type | labels | what it says |\n| --- | --- | --- | --- |"
    yield from _rows(expected_file(kind).read_text())
    yield ""


def _options(options_type: Any, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(options_type)
    for option in fields(options_type):
        default = option.metadata.get("default", option.default)
        written = str(default).lower() if isinstance(default, bool) else str(default)
        shown = "" if default in (None, "", (), MISSING) else f"`{_cell(written)}`"
        yield f"| `{prefix}{option.name}` | {option.metadata['documentation']} | {shown} |"
        for nested in get_args(hints[option.name]):
            if isinstance(nested, type) and is_dataclass(nested):
                yield from _options(nested, f"{prefix}{option.name}.")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _rows(expected: str) -> Iterator[str]:
    for family in re.split(r"^# HELP ", expected, flags=re.MULTILINE)[1:]:
        described, typed, *samples = family.splitlines()
        name, _, documentation = described.partition(" ")
        if _FOREIGN.match(name):
            continue
        labels = sorted({label for sample in samples for label in _LABEL.findall(sample)})
        shown = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{name}` | {typed.rpartition(' ')[2]} | {shown} | {_cell(documentation)} |"


def embedded(text: str) -> str:
    """Return the README's text with the tables between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tables()}{END}{after}"


if __name__ == "__main__":
    README.write_text(embedded(README.read_text()))
