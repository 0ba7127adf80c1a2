"""An option's value that is a share, such as 10%."""

from collections.abc import Callable

import click


def share_up_to(most: float) -> Callable[[str], float]:
    """Return what reads 5% or 0.05 as a ratio of at most so much."""

    def share(text: str) -> float:
        try:
            ratio = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            ratio = -1.0
        if not 0 <= ratio <= most:
            raise click.BadParameter(f"{text!r} is no share such as 5% or 0.05")
        return ratio

    return share
