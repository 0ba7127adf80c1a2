"""The table of names: OpenTelemetry's where its conventions have one, and nobody else writes a name."""

import re
from pathlib import Path

import opentelemetry.semconv

import tachograph
from tachograph import names

OWN = ("tachograph.", "cache.")


def conventions() -> set[str]:
    """Return every name that a module of the conventions' package quotes."""
    quoted = re.compile(r'"([a-z0-9_.]+)"')
    sources = (path.read_text() for root in opentelemetry.semconv.__path__ for path in Path(root).rglob("*.py"))
    return {name for source in sources for name in quoted.findall(source)}


def table() -> dict[str, str]:
    return {name: value for name, value in vars(names).items() if name.isupper()}


def test_what_is_not_ours_is_opentelemetrys() -> None:
    # The GenAI conventions have a repository of their own now, ahead of the package.
    known = conventions()
    missing = {value for value in table().values() if not value.startswith((*OWN, "gen_ai.")) and value not in known}
    assert missing == set()


def test_no_name_is_there_twice() -> None:
    values = list(table().values())
    assert [value for value in values if values.count(value) > 1] == []


def test_names_stand_in_the_table_alone() -> None:
    quoted = re.compile(r'"((?:tachograph|gen_ai|db|cache|http|server|error)\.[a-z_.]+)"')
    root = Path(tachograph.__file__).parent
    found = {
        (path.relative_to(root).as_posix(), name)
        for path in root.rglob("*.py")
        if path.name != "names.py"
        for name in quoted.findall(path.read_text())
        if name in table().values()
    }
    assert found == set()
