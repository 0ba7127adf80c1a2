"""Tables in plain text."""

import unicodedata
from collections.abc import Sequence


def plain(text: str) -> str:
    """Return a text in one line that cannot steer a terminal: what is no letter, mark or sign is shown as a code."""
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in "\n\r\t":
        return " "
    steers = unicodedata.category(letter)[0] == "C" or unicodedata.category(letter) in ("Zl", "Zp")
    return f"\\u{ord(letter):04x}" if steers else letter


def cut(text: str, most: int) -> str:
    """Return a text of at most so many letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int, most: int = 64) -> list[str]:
    """Return lines; the first `left` columns are set flush left, the others right."""
    cells = [[cut(plain(cell), most) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    return ["  ".join(_set(row, widths, left)).rstrip() for row in cells]


def _set(row: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    return [
        cell.ljust(width) if place < left else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
