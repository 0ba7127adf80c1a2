"""What Grafana is provisioned with: the data sources that the boards expect, and the folder they are read from."""

from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

from . import boards

PROVISIONING = boards.CHECKOUT / "grafana" / "provisioning"


def provisioned(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROVISIONING / path).read_text())
    return found


def sources() -> dict[str, dict[str, Any]]:
    return {source["uid"]: source for source in provisioned("datasources/tachograph.yml")["datasources"]}


def test_the_data_sources_are_those_that_the_boards_choose_at_first() -> None:
    chosen = {
        each["current"]["value"]: each["query"]
        for board in boards.boards()
        for each in board["templating"]["list"]
        if each["type"] == "datasource"
    }
    assert {uid: source["type"] for uid, source in sources().items()} == chosen


def test_an_exemplar_leads_to_its_trace_and_a_trace_back_to_metrics() -> None:
    exemplars = sources()["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    back = sources()["tempo"]["jsonData"]["tracesToMetrics"]
    assert [(each["name"], each["datasourceUid"]) for each in exemplars] == [("trace_id", "tempo")]
    assert back["datasourceUid"] == "prometheus"
    for query in back["queries"]:
        promql.parse(query["query"].replace("$$__tags", 'service_name="demo"'))


def test_boards_are_read_only_and_come_from_the_folder_that_compose_mounts() -> None:
    provider = provisioned("dashboards/tachograph.yml")["providers"][0]
    compose = yaml.safe_load((boards.CHECKOUT / "docker-compose.yml").read_text())["services"]["grafana"]
    folder = compose["environment"]["TACHOGRAPH_DASHBOARDS"]
    assert (provider["allowUiUpdates"], provider["options"]["path"]) == (False, "${TACHOGRAPH_DASHBOARDS}")
    assert f"./grafana/dashboards:{folder}:ro" in compose["volumes"]
    home = Path(compose["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (str(home.parent), (boards.FOLDER / home.name).exists()) == (folder, True)
