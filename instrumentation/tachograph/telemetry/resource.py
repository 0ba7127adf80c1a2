"""The resource: which service and which process the telemetry comes from, and the bytes of it."""

import functools
import os
import sys
import uuid
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from ..model import Attributes
from . import wire


@functools.cache
def package_version() -> str:
    """Return Tachograph's version."""
    try:
        return version("tachograph")
    except PackageNotFoundError:
        return "unknown"


def resource(service_name: str | None, given: Mapping[str, str]) -> Attributes:
    """Return the attributes of the resource; each process of a service is an instance of its own."""
    return {
        "service.name": f"unknown_service:{os.path.basename(sys.executable) or 'python'}",  # noqa: PTH119 - no pathlib at import
        **given,
        **({"service.name": service_name} if service_name else {}),
        "service.instance.id": given.get("service.instance.id") or str(uuid.uuid4()),
        "process.pid": os.getpid(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "tachograph",
        "telemetry.sdk.version": package_version(),
    }


def envelope(attributes: Attributes) -> tuple[bytes, bytes]:
    """Return the encoded Resource and InstrumentationScope fields, the same for metrics and traces."""
    scope = wire.text(1, "tachograph") + wire.text(2, package_version())
    return wire.message(1, wire.attributes(1, attributes)), wire.message(1, scope)
