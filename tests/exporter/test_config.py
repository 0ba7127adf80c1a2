"""The configuration file and the flags: what they set, and how a mistake is told."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tachograph_exporter.address import Address
from tachograph_exporter.cli import main
from tachograph_exporter.cli.flags import read_settings
from tachograph_exporter.cli.scrape import command as scrape
from tachograph_exporter.config import BadConfig, flag_name, load
from tachograph_exporter.settings import COLLECTOR_TYPES, SECTIONS


def _parsed(*arguments: str) -> dict[str, Any]:
    values = scrape.make_context("scrape", list(arguments)).params
    return {name: value for name, value in values.items() if name not in ("config_file", "openmetrics")}


BAD_FILES = {
    "[path]\nx = 1": "[path] unknown key 'x'; there are procfs, sysfs, rootfs",
    "[wep]": "unknown key 'wep'; did you mean 'web'?",
    "web = 1": "web must be a table, [web]",
    "[web]\nlisten_adress = []": "[web] unknown key 'listen_adress'; did you mean 'listen_address'?",
    '[web]\nlisten_address = ":9100"': "[web] listen_address: write a list, [':9100']",
    '[web]\nlisten_address = ["9100"]': (
        "[web] listen_address: '9100' is no listen address: write HOST:PORT, [IPV6]:PORT or :PORT"
    ),
    '[web]\nlisten_address = ["::1:9100"]': (
        "[web] listen_address: '::1:9100' is no listen address: write an IPv6 host in brackets, [::1]:9100"
    ),
    '[web]\nlisten_address = [":99999"]': (
        "[web] listen_address: ':99999' is no listen address: write HOST:PORT, [IPV6]:PORT or :PORT"
    ),
    "[web]\nlisten_address = [9100]": "[web] listen_address: must be a string, not 9100",
    '[web]\nmax_requests = "40"': "[web] max_requests: must be a whole number, not '40'",
    "[web]\nmax_requests = 1.5": "[web] max_requests: must be a whole number, not 1.5",
    "[web]\nmax_requests = -1": "[web] max_requests: must be 0 or more, not -1",
    "[web]\nenable_lifecycle = 1": "[web] enable_lifecycle: must be true or false, not 1",
    '[web]\ntelemetry_path = "metrics"': "[web] telemetry_path: must be a path like /metrics, not 'metrics'",
    '[web]\ntelemetry_path = "/-/healthy"': "[web] telemetry_path: /-/healthy is taken",
    "[scrape]\ncollector_deadline = 0": "[scrape] collector_deadline: must be more than 0, not 0.0",
    "[collector]\nloadavg = true": "collector.loadavg must be a table, [collector.loadavg]",
    "[collector.loadavgg]": "[collector] unknown key 'loadavgg'; did you mean 'loadavg'?",
    "[collector.loadavg]\nenabled = 1": "[collector.loadavg] enabled: must be true or false, not 1",
    "[collector.loadavg]\nx = 1": "[collector.loadavg] unknown key 'x'; there are enabled",
    '[collector.netdev]\ndevice_include = "("': (
        "[collector.netdev] device_include: bad pattern '(': missing ), unterminated subpattern at position 0"
    ),
    "[collector.netdev]\ndevice_include = 1": "[collector.netdev] device_include: must be a string, not 1",
    '[collector.netdev]\ndevice_exclude = "[[:alpha:]]"': (
        "[collector.netdev] device_exclude: bad pattern '[[:alpha:]]': Possible nested set at position 1"
    ),
    '[web]\nlisten_address = ["not a host:9100"]': (
        "[web] listen_address: 'not a host:9100' is no listen address: 'not a host' is no host"
    ),
    "[web]\nlisten_address = []": "[web] listen_address: must have an address, such as 127.0.0.1:9100",
    '[web]\nlisten_address = [":1", ":1"]': "[web] listen_address: :1 is there twice",
    "[collector.filesystem]\nmount_timeout = -1": "[collector.filesystem] mount_timeout: must be more than 0, not -1.0",
    "[collector.processes]\ntop = -1": "[collector.processes] top: must be 0 or more, not -1",
    "[collector.probes]\ninterval = 0": "[collector.probes] interval: must be more than 0, not 0.0",
    "[[collector.probes.targets]]\ntimeout = 0": "[collector.probes.targets] timeout: must be more than 0, not 0.0",
    '[[collector.probes.targets]]\nurl = "http://me:secret@x/"': (
        "[collector.probes.targets] url: a user and password would show in the metrics; "
        "put them into headers, Authorization"
    ),
    '[[collector.probes.targets]]\nurl = "http://x/a b"': (
        "[collector.probes.targets] url: 'http://x/a b' has blanks or control characters; write %20"
    ),
    '[[collector.probes.targets]]\nurl = "http://x:99999/"': ("[collector.probes.targets] Port out of range 0-65535"),
    '[[collector.probes.targets]]\nurl = "http://x/"\nmethod = "G T"': (
        "[collector.probes.targets] method: 'G T' is none; write GET, HEAD or POST"
    ),
    '[[collector.probes.targets]]\nurl = "http://x/"\nheaders = {A = "b\\nC: d"}': (
        "[collector.probes.targets] headers: 'A' is no header of one line"
    ),
    '[[collector.probes.targets]]\nurl = "https://x/"\nca_file = "/nowhere.pem"': (
        "[collector.probes.targets] ca_file: there is no file /nowhere.pem"
    ),
    "[[collector.process_groups.groups]]\nname = 'a'\nunit = 'x'\n" * 2: (
        "[collector.process_groups] groups: 'a' is there twice; give each a name of its own"
    ),
    "[collector]\ndisable_defaults = 1": "[collector] disable_defaults: must be true or false, not 1",
    "[web": "not TOML: Expected ']' at the end of a table declaration (at end of document)",
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.items(), ids=list(BAD_FILES))
def test_a_mistake_in_the_file_is_told_with_file_key_and_cure(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text(text)
    result = CliRunner().invoke(main, prog_name="tachograph", args=["check", str(file)])
    assert (result.exit_code, result.output) == (1, f"tachograph check: {file}: {message}\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, prog_name="tachograph", args=["check", str(tmp_path / "x.toml")])
    assert (result.exit_code, result.output) == (
        1,
        f"tachograph check: {tmp_path / 'x.toml'}: No such file or directory\n",
    )


def test_a_good_file_is_said_to_be_good(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text("[collector.loadavg]\nenabled = false\n")
    on = sum(kind.default for kind in COLLECTOR_TYPES.values()) - 1
    result = CliRunner().invoke(main, prog_name="tachograph", args=["check", str(file)])
    assert (result.exit_code, result.output) == (0, f"{file}: good; {on} collectors are on\n")


def test_a_check_looks_into_the_web_configuration_too(tmp_path: Path) -> None:
    file, web = tmp_path / "tachograph.toml", tmp_path / "web.yml"
    file.write_text(f'[web]\nconfig_file = "{web}"\n')
    web.write_text("basic_auth_users: {john: doe}\n")
    result = CliRunner().invoke(main, prog_name="tachograph", args=["check", str(file)])
    told = "basic_auth_users: john has no bcrypt hash; make one with: htpasswd -nBC 10 john"
    assert (result.exit_code, result.output) == (1, f"tachograph check: {web}: {told}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wep.listen-address=:1"], "No such option '--wep.listen-address'."),
        (
            ["--web.listen-address=1"],
            "--web.listen-address: '1' is no listen address: write HOST:PORT, [IPV6]:PORT or :PORT",
        ),
        (["--web.max-requests=x"], "--web.max-requests: must be a whole number, not 'x'"),
        (["--web.max-requests=-1"], "--web.max-requests: must be 0 or more, not -1"),
        (["--collector.netdev.device-exclude=["], "--collector.netdev.device-exclude: bad pattern '[': "),
        (["--config.file=/nowhere.toml"], "/nowhere.toml: No such file or directory"),
        (["--path.procfs=/nowhere"], "--path.procfs: there is no folder /nowhere"),
        (["--web.config.file=/nowhere.yml"], "/nowhere.yml: No such file or directory"),
        (["loose"], "Got unexpected extra argument (loose)"),
    ],
)
def test_a_mistake_in_a_flag_is_told_in_one_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, prog_name="tachograph", args=["serve", *arguments])
    assert (result.exit_code != 0, result.output.count("\n"), message in result.output) == (True, 1, True)


def test_an_unknown_command_is_told_in_one_line() -> None:
    result = CliRunner().invoke(main, prog_name="tachograph", args=["sevre"])
    assert (result.exit_code, result.output.count("\n"), "sevre" in result.output) == (2, 1, True)


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text(
        """
        [web]
        listen_address = ["127.0.0.1:1", "[::1]:2"]
        max_requests = 7
        [path]
        procfs = "/host/proc"
        [collector.loadavg]
        enabled = false
        [collector.netdev]
        device_exclude = "^veth"
        device_include = "^eth"
        """
    )
    flags: dict[str, dict[str, Any]] = {
        "web": {"listen_address": (":3",)},
        "path": {"sysfs": "/host/sys"},
        "collector.netdev": {"device_exclude": "^lo$"},
        "collector.meminfo": {"enabled": False},
    }
    settings = load(file, flags)
    options: Any = settings.collectors["netdev"]
    assert (
        settings.web.listen_address,
        settings.web.max_requests,
        str(settings.host.proc),
        str(settings.host.sys),
        sorted({"loadavg", "meminfo", "stat"} & settings.collectors.keys()),
        (options.device_exclude, options.device_include),
    ) == ((Address("", 3),), 7, "/host/proc", "/host/sys", ["stat"], (re.compile("^lo$"), re.compile("^eth")))


def test_without_file_and_flags_the_default_collectors_are_on_and_all_listens_on_loopback() -> None:
    settings = load(None)
    hosts = {address.host for address in (*settings.web.listen_address, *settings.otlp.listen_address)}
    assert (set(settings.collectors), hosts) == (
        {name for name, kind in COLLECTOR_TYPES.items() if kind.default},
        {"127.0.0.1"},
    )


def test_flags_are_spelled_as_node_exporters_users_spell_them() -> None:
    settings = read_settings(
        None,
        _parsed(
            "--collector.disable-defaults",
            "--collector.cpu",
            "--collector.filesystem",
            "--collector.filesystem.mount-timeout=1m0.5s",
            "--collector.filesystem.ignored-mount-points=^/mnt",
            "--collector.powersupplyclass",
            "--collector.powersupply.ignored-supplies=^BAT",
        ),
    )
    filesystem: Any = settings.collectors["filesystem"]
    supplies: Any = settings.collectors["powersupplyclass"]
    patterns = filesystem.mount_points_exclude, supplies.ignored_supplies
    assert (list(settings.collectors), filesystem.mount_timeout, *patterns) == (
        ["cpu", "filesystem", "powersupplyclass"],
        60.5,
        re.compile("^/mnt"),
        re.compile("^BAT"),
    )


def test_every_setting_that_is_no_table_has_a_flag_and_a_sentence() -> None:
    command = main.get_command(click.Context(main), "serve")
    assert command
    flags = {flag: option for option in command.params if isinstance(option, click.Option) for flag in option.opts}
    expected = {
        flag_name("web", "listen_address"),
        "--otlp",
        "--path.rootfs",
        "--collector.loadavg",
        "--web.config.file",
    }
    assert (expected - flags.keys(), [flag for flag, option in flags.items() if not option.help]) == (set(), [])


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_reads_itself_back(section: str, tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text(f"[{section}]\n")
    assert load(file) == load(None)


@pytest.mark.parametrize("text", ["127.0.0.1:0", "[::1]:9100", ":4318", "localhost:1"])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_a_bad_value_is_an_error_of_its_own_kind() -> None:
    with pytest.raises(BadConfig):
        load(None, {"web": {"max_requests": "x"}})
