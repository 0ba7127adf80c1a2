"""The stack in containers: what docker compose makes of it, how it is shut in, and that what it mounts is there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import debian
from tests.fixtures.process import command

CHECKOUT = Path(__file__).parents[2]
COMPOSE = debian.CACHE / debian.NEWEST_SUITE / "usr/libexec/docker/cli-plugins/docker-compose"
PROFILES = [(), ("demo",), ("collector",), ("demo", "collector")]
ADDRESSES = {"127.0.0.1:9100": "exporter:9100", "127.0.0.1:9093": "alertmanager:9093"}


def compose(*words: str, folder: Path = CHECKOUT) -> str:
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    argv = [str(COMPOSE), "--project-directory", str(folder), "--file", str(CHECKOUT / "docker-compose.yml"), *words]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Return every service as docker compose sees it, on a machine without a .env."""
    every = compose("--env-file", os.devnull, "--profile", "*", "config", "--format", "yaml", "--no-path-resolution")
    found: dict[str, Any] = yaml.safe_load(every)["services"]
    return found


@pytest.mark.parametrize("profiles", PROFILES, ids=" and ".join)
def test_docker_compose_accepts_each_profile(profiles: tuple[str, ...]) -> None:
    assert compose(*(word for name in profiles for word in ("--profile", name)), "config", "--quiet") == ""


def test_the_examples_values_are_those_without_a_file_of_ones_own() -> None:
    settled = [
        compose("--env-file", str(file), "--profile", "*", "config") for file in (os.devnull, CHECKOUT / ".env.example")
    ]
    named = set(re.findall(r"\$\{(\w+):-", (CHECKOUT / "docker-compose.yml").read_text()))
    listed = set(re.findall(r"^(\w+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    assert (settled[0], named) == (settled[1], listed)


def test_the_stack_is_what_the_profiles_promise(services: dict[str, Any]) -> None:
    profiles = {name: ",".join(service.get("profiles", [])) for name, service in services.items()}
    assert profiles == {
        **dict.fromkeys(("exporter", "prometheus", "alertmanager", "tempo", "grafana", "grafana-password"), ""),
        **dict.fromkeys(("demo", "demo-password", "postgres", "redis"), "demo"),
        "collector": "collector",
    }


def test_every_container_is_shut_in(services: dict[str, Any]) -> None:
    def open_doors(service: dict[str, Any]) -> list[str]:
        shut = {
            "read_only": service.get("read_only") is True,
            "cap_drop": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
            "no-new-privileges": "no-new-privileges:true" in service.get("security_opt", []),
            "memory": int(service.get("mem_limit", 0)) > 0,
            "log": service.get("logging", {}).get("options", {}).get("max-size") == "10m",
            "user": service.get("user", "10001" if "build" in service else "0").split(":")[0] != "0",
            "loopback": all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])),
            "privileged": not service.get("privileged"),
        }
        return [door for door, closed in shut.items() if not closed]

    assert {name: open_doors(service) for name, service in services.items() if open_doors(service)} == {}


def test_every_server_says_when_it_is_ready_and_is_waited_for(services: dict[str, Any]) -> None:
    unwatched = {"grafana-password", "demo-password", "collector"}
    checked = {name for name, service in services.items() if service.get("healthcheck", {}).get("test")}
    awaited = {
        needed: wait["condition"]
        for service in services.values()
        for needed, wait in service.get("depends_on", {}).items()
    }
    passwords = dict.fromkeys(("grafana-password", "demo-password"), "service_completed_successfully")
    assert (checked, awaited) == (
        services.keys() - unwatched,
        {**dict.fromkeys(("exporter", "prometheus", "tempo", "postgres", "redis"), "service_healthy"), **passwords},
    )


def test_what_runs_from_the_image_but_is_not_the_exporter_is_not_asked_for_it(services: dict[str, Any]) -> None:
    # `docker compose up --wait` gives up on a container that the image's own check calls unhealthy.
    image = next(line for line in (CHECKOUT / "exporter/Dockerfile").read_text().splitlines() if "/-/healthy" in line)
    checks = {name: service["healthcheck"] for name, service in services.items() if "build" in service}
    asked = {name: re.findall(r"http://[^']*", str(check.get("test"))) for name, check in checks.items()}
    assert asked == {
        "exporter": re.findall(r"http://[^']*", image),
        "demo": ["http://127.0.0.1:8000/control"],
        "grafana-password": [],
        "demo-password": [],
    }


def test_grafana_keeps_the_data_sources_that_its_image_has(services: dict[str, Any]) -> None:
    grafana = services["grafana"]
    assert (grafana["read_only"], grafana["environment"]["GF_PLUGINS_PREINSTALL_DISABLED"]) == (True, "true")


def test_images_are_pinned_to_a_version(services: dict[str, Any]) -> None:
    loose = [
        each["image"] for each in services.values() if not re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", each["image"])
    ]
    assert set(loose) == {"tachograph:local"}


def test_what_is_mounted_from_the_checkout_is_there_and_cannot_be_written(services: dict[str, Any]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", []) if mount["type"] == "bind"]
    sources = {mount["source"] for mount in mounts} - {"/"}
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []
    assert [mount["target"] for mount in mounts if not mount.get("read_only")] == []


def test_a_password_is_made_once(services: dict[str, Any], tmp_path: Path) -> None:
    interpreter, flag, script = services["grafana-password"]["entrypoint"]
    script = script.replace("/secrets/password", str(tmp_path / "password"))
    made = []
    for _ in range(2):
        subprocess.run([sys.executable, flag, script], check=True)
        made.append((tmp_path / "password").read_text())
    assert (interpreter, len(made[0]), made[0] == made[1]) == ("python", 32, True)


def test_prometheus_is_configured_as_without_containers_but_for_the_addresses() -> None:
    text = re.sub(r"\A(#.*\n)*", "", (CHECKOUT / "prometheus/prometheus.yml").read_text())
    for address, name in ADDRESSES.items():
        text = text.replace(f'"{address}"', f'"{name}"')
    assert re.sub(r"\A(#.*\n)*", "", (CHECKOUT / "prometheus/prometheus.compose.yml").read_text()) == text


def test_prometheus_accepts_the_configuration() -> None:
    argv = [command("promtool"), "check", "config", str(CHECKOUT / "prometheus/prometheus.compose.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_secrets_that_configure_writes_are_where_the_container_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACHOGRAPH_SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/a/b/c")
    monkeypatch.setenv("TACHOGRAPH_SMTP_PASSWORD", "geheim")
    settled = compose("config", "--format", "yaml", folder=tmp_path)
    alertmanager = yaml.safe_load(settled)["services"]["alertmanager"]
    written, mounted = next(
        (mount["source"], mount["target"]) for mount in alertmanager["volumes"] if mount["type"] == "bind"
    )
    group = alertmanager["user"].split(":")[1]
    flags = ["--slack-channel=#alerts", "--smtp-host=mail.example.com:587", "--smtp-from=a@example.com"]
    flags += ["--smtp-to=b@example.com", "--smtp-user=a", f"--secrets-path={mounted}/secrets", f"--group={group}"]
    configure = [sys.executable, "-m", "tachograph_exporter", "alerting", "configure", written, *flags]
    subprocess.run(configure, check=True, capture_output=True)

    text = (Path(written) / "alertmanager.yml").read_text()
    secrets = {Path(each.replace(mounted, written)) for each in re.findall(r"_file: (\S+)", text)}
    assert {path.name: path.stat().st_gid for path in secrets} == dict.fromkeys(
        ("slack_webhook_url", "smtp_password"), int(group)
    )
    (tmp_path / "seen.yml").write_text(text.replace(mounted, written))
    subprocess.run([command("amtool"), "check-config", str(tmp_path / "seen.yml")], check=True, capture_output=True)
