"""Runs the `tachograph` command as `python -m tachograph_exporter`."""

from .cli import main

main(prog_name="tachograph")
