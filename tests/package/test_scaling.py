"""The files of docs/scaling.md are what their servers take, as far as that can be tried without a cluster."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import debian

SCALING = Path(__file__).parents[2] / "docs" / "scaling"
KUBERNETES = sorted((SCALING / "kubernetes").glob("*.yaml"))
NEWEST = debian.CACHE / debian.NEWEST_SUITE / "usr" / "bin"
# Their kinds are not Kubernetes' own; tests of their own are below.
OTHERS = {"Kustomization", "ServiceMonitor"}


def documents() -> dict[str, Any]:
    return {path.name: yaml.safe_load(path.read_text()) for path in KUBERNETES}


OWN = [SCALING / "application.yaml", *(path for path in KUBERNETES if documents()[path.name]["kind"] not in OTHERS)]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_kubernetes_knows_every_field(path: Path) -> None:
    argv = [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_kustomization_takes_every_other_file() -> None:
    listed = documents()["kustomization.yaml"]["resources"]
    assert set(listed) == {path.name for path in KUBERNETES} - {"kustomization.yaml"}


def test_prometheus_finds_the_exporter_by_the_labels_that_its_pods_have() -> None:
    files = documents()
    name = {"app.kubernetes.io/name": "tachograph"}
    pods = files["daemonset.yaml"]["spec"]["template"]["metadata"]["labels"]
    service, monitor = files["service.yaml"], files["servicemonitor.yaml"]
    asked = (service["spec"]["selector"], monitor["spec"]["selector"]["matchLabels"])
    relabelled = monitor["spec"]["endpoints"][0]["relabelings"]
    assert (pods, asked, service["metadata"]["labels"]) == (name, (name, name), name)
    assert {"targetLabel": "job", "replacement": "node"} in relabelled


def test_the_exporter_takes_the_daemonsets_configuration(tmp_path: Path) -> None:
    text = documents()["configuration.yaml"]["data"]["tachograph.toml"]
    (tmp_path / "tachograph.toml").write_text(text)
    argv = [sys.executable, "-m", "tachograph_exporter", "check", str(tmp_path / "tachograph.toml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_prometheus_takes_the_agents_configuration() -> None:
    argv = [str(NEWEST / "promtool"), "check", "config", "--agent", str(SCALING / "prometheus-agent.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sizing_table_is_the_benchmarks() -> None:
    result = (SCALING.parents[1] / "benchmarks" / "results" / "sizing.md").read_text()
    page = (SCALING.parent / "scaling.md").read_text()
    shown = page.partition("<!-- sizing: begin -->\n")[2].partition("<!-- sizing: end -->")[0]
    assert shown == result[result.index("Measured") :]
