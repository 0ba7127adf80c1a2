"""Reads when a certificate ends, which the ssl module tells only of certificates that it verified."""

import datetime as dt

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_VERSION = 0xA0
_FIELDS_BEFORE_VALIDITY = 3  # serial number, signature algorithm, issuer (RFC 5280, section 4.1)


def not_after(certificate: bytes) -> float | None:
    """Return the end of a DER certificate's validity as a Unix time, None where it is no certificate."""
    try:
        _, inside, _ = _element(certificate)
        _, fields, _ = _element(inside)
        tag, _, rest = _element(fields)
        rest = rest if tag == _VERSION else fields
        for _ in range(_FIELDS_BEFORE_VALIDITY):
            rest = _element(rest)[2]
        _, validity, _ = _element(rest)
        tag, moment, _ = _element(_element(validity)[2])
        form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[tag]
        return dt.datetime.strptime(moment.decode(), form).replace(tzinfo=dt.UTC).timestamp()
    except (IndexError, KeyError, ValueError):
        return None


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Return the first element's tag and contents, and what follows it (X.690, section 8.1)."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        octets = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + octets], "big"), 2 + octets
    return tag, data[start : start + length], data[start + length :]
