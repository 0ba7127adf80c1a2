"""The expressions that read SQL, on every Python that is supported."""

import re
from pathlib import Path

import tachograph.sql

FOLDER = Path(tachograph.sql.__file__).parent


def test_no_group_is_possessive_because_python_3_11_2_matches_those_wrongly() -> None:
    found = {
        path.name: re.findall(r"(?<!\\)(?:\)[*+?]|\)\{[^}]*\}+)\+", path.read_text()) for path in FOLDER.glob("*.py")
    }
    assert {name: groups for name, groups in found.items() if groups} == {}
