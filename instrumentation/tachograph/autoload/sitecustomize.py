"""Imported by every Python that `tachograph run` starts: instruments it, then hands on to the next sitecustomize."""

import os
import sys


def _launch() -> None:
    """Instrument this process; a Python without Tachograph goes its own way, told where it was asked for by name."""
    try:
        from tachograph.launch import launch  # noqa: PLC0415 - this interpreter may not have it
    except ImportError as missing:
        if os.environ.get("TACHOGRAPH_RUN") == str(os.getpid()):
            sys.stderr.write(f"tachograph run: {sys.executable} has no tachograph ({missing}); it goes unmeasured\n")
        return
    launch()


def _hand_on() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - no pathlib at every start of Python
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]  # noqa: PTH100
    own = sys.modules.pop(__name__, None)
    try:
        import sitecustomize  # type: ignore[import-not-found] # noqa: F401, PLC0415 - the next one, if there is one
    except ImportError:
        if own is not None:
            sys.modules[__name__] = own


_launch()
_hand_on()
