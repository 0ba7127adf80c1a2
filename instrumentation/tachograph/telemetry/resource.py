"""The resource: which service and which process the telemetry comes from, and the bytes of it."""

import os
import sys
from collections.abc import Mapping

from ..model import Attributes
from ..version import __version__
from . import wire


def resource(service_name: str | None, given: Mapping[str, str]) -> Attributes:
    """Return the attributes of the resource; each process of a service is an instance of its own."""
    return {
        "service.name": f"unknown_service:{os.path.basename(sys.executable) or 'python'}",  # noqa: PTH119 - no pathlib at import
        **given,
        **({"service.name": service_name} if service_name else {}),
        "service.instance.id": given.get("service.instance.id") or _instance(),
        "process.pid": os.getpid(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "tachograph",
        "telemetry.sdk.version": __version__,
    }


def envelope(attributes: Attributes) -> tuple[bytes, bytes]:
    """Return the encoded Resource and InstrumentationScope fields, the same for metrics and traces."""
    scope = wire.text(1, "tachograph") + wire.text(2, __version__)
    return wire.message(1, wire.attributes(1, attributes)), wire.message(1, scope)


def _instance() -> str:
    """Return a version 4 UUID, without the import of a module for it."""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
