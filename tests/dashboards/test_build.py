"""The committed JSON is what the source builds, and what Grafana's SDK understands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .boards import CHECKOUT, FOLDER, board

ROUND_TRIP = """
import json, sys, warnings
warnings.simplefilter("ignore")
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
print(json.dumps(Dashboard.from_json(json.load(open(sys.argv[1]))), cls=JSONEncoder))
"""


def test_the_committed_boards_are_what_the_source_builds(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "grafana.source", "--output", str(tmp_path)], cwd=CHECKOUT, check=True)
    built = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_text() for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_grafanas_sdk_reads_a_board_and_writes_the_same(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ROUND_TRIP, str(path)], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == board(path)
