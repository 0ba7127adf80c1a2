"""Runs the demo as `python demo`, from a checkout and from the folder inside the wheel alike."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from demo.command import main  # noqa: E402 - only now is the package on the path

main(prog_name="tachograph demo")
