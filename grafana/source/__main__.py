"""The builder: writes every board as JSON, one file a board, named by its uid."""

import argparse
from pathlib import Path

from .board import encode
from .boards import BOARDS

DASHBOARDS = Path(__file__).parent.parent / "dashboards"


def build(folder: Path) -> None:
    """Write every board into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (folder / f"{board.uid}.json").write_text(encode(board), encoding="utf-8")


def main() -> None:
    """Build the boards into the folder that was asked for, or into grafana/dashboards."""
    parser = argparse.ArgumentParser(prog="python -m grafana.source", description="Build the dashboards' JSON.")
    parser.add_argument("--output", type=Path, default=DASHBOARDS, help="the folder to write to (default: %(default)s)")
    build(parser.parse_args().output)


if __name__ == "__main__":
    main()
