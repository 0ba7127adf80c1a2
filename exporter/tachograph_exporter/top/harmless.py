"""What others named, as text that a terminal only shows: no escape, no control, no turning of the line's direction."""

import unicodedata

from rich.cells import cell_len, set_cell_size

_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
_KEPT = 4000  # characters looked at: no screen shows more of a name
# Controls, format characters (those that turn the direction among them), halves of pairs, what is not assigned.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_RIGHT_TO_LEFT = frozenset(("R", "AL"))


def harmless(text: object) -> str:
    """Return a name in one line; each character that would do something else than be seen is a mark."""
    shown = "".join([_seen(character) for character in str(text)[:_KEPT]])
    # figures that follow letters of Hebrew or Arabic would change places with them
    turns = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in shown)
    return f"{shown}{_LEFT_TO_RIGHT}" if turns else shown


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Return text that is just so many columns wide: cut off with an ellipsis, or filled up."""
    taken = cell_len(text)
    if taken > width:
        mark = _LEFT_TO_RIGHT if text.endswith(_LEFT_TO_RIGHT) else ""
        return f"{set_cell_size(text, width - 1)}…{mark}" if width > 0 else ""
    return " " * (width - taken) + text if right else text + " " * (width - taken)


def _seen(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _UNSEEN else character
