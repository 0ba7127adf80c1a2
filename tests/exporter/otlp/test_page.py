"""docs/receiving.md says what there is."""

import re
from dataclasses import fields

from tachograph_exporter.settings import Otlp
from tests.fixtures.process import CHECKOUT

from .exports import Exporter

PAGE = (CHECKOUT / "docs" / "receiving.md").read_text()


def shown(value: object) -> str:
    """Return a default as the page writes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return "" if value is None else str(value)


def test_the_page_lists_every_option_with_its_default() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| ?(.*?) ?\|$", PAGE.partition("| option |")[2].partition("\n\n")[0], re.M
    )
    assert [tuple(row) for row in rows] == [
        (field.name, field.metadata["documentation"], shown(field.default)) for field in fields(Otlp)
    ]


def test_the_page_lists_every_metric_on_the_receiver() -> None:
    listed = set(re.findall(r"^\| `(tachograph_(?:otlp|store)_\w+)`", PAGE, re.M))
    published = {line.split()[2] for line in Exporter().text().splitlines() if line.startswith("# TYPE tachograph_")}
    assert listed == published
