"""Fingerprints: the same for statements that differ in literals, placeholders, lists, spacing and case alone."""

import re
from hashlib import blake2b

_PLACEHOLDER = re.compile(
    r"[$%:@?](?:(?<=\$)\d++|(?<=%)(?:\(\w++\))?S\b|(?<=:)(?<![:\w\])]:)\w++|(?<=@)\w++|(?<=\?)\d++)"
)
_LIST = re.compile(r"\(\s*+\?(?>(?:\s*+,\s*+\?)*)\s*+\)(?>(?:\s*+,\s*+\(\s*+\?(?>(?:\s*+,\s*+\?)*)\s*+\))*)")


def fingerprint(upper: str) -> str:
    """Return 16 hexadecimal digits for a statement without literals, given in capitals."""
    if "?" in upper or "$" in upper or ":" in upper or "%" in upper or "@" in upper:
        upper = _LIST.sub("(?)", _PLACEHOLDER.sub("?", upper))
    plain = upper if _is_evenly_spaced(upper) else " ".join(upper.split())
    return blake2b(plain.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _is_evenly_spaced(text: str) -> bool:
    """Tell whether single spaces between words are the only space; no other kind of it is printable."""
    return text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " "
