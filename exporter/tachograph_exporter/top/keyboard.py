"""Keys as they are pressed, read from the terminal."""

import os
import re
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from select import select

# What terminals send (ECMA-48, and xterm's control sequences).
_SEQUENCES = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift-tab",
    "1~": "home", "7~": "home", "4~": "end", "8~": "end", "5~": "page-up", "6~": "page-down",
}  # fmt: skip
_NAMES = {"\t": "tab", "\r": "enter", "\n": "enter", "\x7f": "backspace", "\b": "backspace", "\x03": "ctrl-c"}
_SEQUENCE = re.compile(r"\x1b(?:\[|O)([0-9;]*[A-Za-z~])|\x1b|.", re.DOTALL)
_REST_SECONDS = 0.02  # the rest of a sequence comes at once; Escape comes alone


@contextmanager
def keys() -> Iterator[int]:
    """Let keys come one by one and unseen; yield the descriptor they come from, and leave the terminal as it was."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def pressed(descriptor: int) -> list[str]:
    """Return the keys that were pressed; an end of the input is a ctrl-c."""
    try:
        data = os.read(descriptor, 1024)
    except OSError:  # the terminal is gone
        data = b""
    if data.endswith(b"\x1b") and select([descriptor], [], [], _REST_SECONDS)[0]:
        data += os.read(descriptor, 1024)
    return decoded(data.decode("utf-8", "replace")) if data else ["ctrl-c"]


def decoded(text: str) -> list[str]:
    """Return the names of keys; what is none of ours is left out."""
    found = []
    for match in _SEQUENCE.finditer(text):
        sequence = match[1]
        if sequence:
            found.append(_SEQUENCES.get(sequence, ""))
        elif match[0] == "\x1b":
            found.append("escape")
        else:
            found.append(_NAMES.get(match[0], match[0] if match[0].isprintable() else ""))
    return [key for key in found if key]
