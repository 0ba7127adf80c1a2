"""What `tachograph run` does within each Python process that it starts."""

import logging
import sys

_log = logging.getLogger("tachograph")
# Python's own helper, which runs no code of the application.
_NOT_THE_APPLICATION = "multiprocessing.resource_tracker"


def launch() -> None:
    """Instrument this process; it starts whatever happens."""
    if any(_NOT_THE_APPLICATION in argument for argument in sys.orig_argv):
        return
    try:
        from . import application, serving  # noqa: PLC0415 - an error within them must not stop the application

        application.instrument()
        serving.instrument()
    except Exception:  # noqa: BLE001 - the application comes first
        _log.warning("tachograph run could not instrument this process; it goes on without", exc_info=True)
