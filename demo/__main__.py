"""Runs the demo as `python demo`, from a checkout and from the folder inside the wheel alike."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

try:
    from demo.command import main
except ModuleNotFoundError as missing:
    sys.exit(f"tachograph demo needs {missing.name}: pip install 'tachograph[demo]'")

main(prog_name="tachograph demo")
