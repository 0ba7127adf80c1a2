"""Gzip at the speed a scrape can afford."""

from zlib import MAX_WBITS

try:
    from isal.isal_zlib import compress as _compress  # a fifth of zlib's time for the same size; not on every system
except ImportError:
    from zlib import compress as _compress

_LEVEL = 1  # a tenth of the time of the usual 9, for a body a sixth larger
_WINDOW = 16 + MAX_WBITS  # a gzip header and trailer around the data


def compress(data: bytes) -> bytes:
    """Return the data, gzipped."""
    return _compress(data, _LEVEL, _WINDOW)
