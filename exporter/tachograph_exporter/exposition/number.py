"""Numbers as the text formats write them."""

MILLION = 1e6  # Go writes an exponent from here on, and the formats follow Go


def number(value: float) -> str:
    """Return a sample's value in the formats' spelling: 5 as 5.0, 21000000 as 2.1e+07, infinity as +Inf."""
    text = repr(value if value.__class__ is float else float(value))
    if -MILLION < value < MILLION:
        return text
    if text in _SPECIAL:
        return _SPECIAL[text]
    whole, dot, fraction = text.partition(".")
    if value < 0 or not dot or "e" in fraction:
        return text
    return f"{whole[0]}.{whole[1:]}{fraction}".rstrip("0.") + f"e+{len(whole) - 1:02d}"


_SPECIAL = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
