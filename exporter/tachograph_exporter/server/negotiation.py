"""What a scraper accepts: text 0.0.4 or OpenMetrics 1.0, gzip or not."""

from functools import lru_cache

from ..exposition.text import OpenMetricsWriter, TextWriter

_SUPPORTED = {
    "application/openmetrics-text": (OpenMetricsWriter, ("", "1.0.0")),
    "text/plain": (TextWriter, ("", "0.0.4")),
    "text/*": (TextWriter, ("",)),
    "*/*": (TextWriter, ("",)),
}


@lru_cache(maxsize=64)
def choose_writer(accept: str) -> type[TextWriter]:
    """Return the writer of the format that an Accept header ranks highest; text 0.0.4 where it ranks none we know."""
    best: tuple[float, type[TextWriter]] = (0.0, TextWriter)
    for media, parameters in _ranked(accept):
        writer, versions = _SUPPORTED.get(media, (TextWriter, ()))
        quality = _quality(parameters.get("q", "1"))
        if parameters.get("version", "") in versions and quality > best[0]:
            best = (quality, writer)
    return best[1]


@lru_cache(maxsize=64)
def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an Accept-Encoding header takes gzip."""
    qualities = {coding: _quality(parameters.get("q", "1")) for coding, parameters in _ranked(accept_encoding)}
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _ranked(header: str) -> list[tuple[str, dict[str, str]]]:
    ranked = []
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        ranked.append((name.lower(), {key.strip().lower(): value.strip(' "') for key, _, value in pairs}))
    return ranked


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
