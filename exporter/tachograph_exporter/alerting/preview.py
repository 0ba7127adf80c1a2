"""What a message of an alert looks like, rendered by Alertmanager's own tool from the templates in use."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from ..rules.check import Check, Severity
from ..rules.rendering import fill, panel_url
from ..rules.settings import Settings

_EXAMPLES = {
    "instance": "web1:9100",
    "job": "node",
    "service_name": "checkout",
    "deployment_environment_name": "production",
    "tachograph_operation_name": "memory.search",
    "gen_ai_provider_name": "openai",
    "gen_ai_request_model": "gpt-4o-mini",
    "db_system_name": "postgresql",
    "db_operation_name": "SELECT",
    "db_collection_name": "orders",
    "server_address": "db1",
    "cache_name": "sessions",
    "cache_level": "L1",
    "mountpoint": "/data",
    "device": "/dev/sda1",
    "collector": "diskstats",
    "cgroup": "/system.slice/checkout.service",
    "group": "worker",
    "target": "https://checkout.example.org",
    "integration": "slack",
}
_PARTS = ("title", "colour", "slack.text", "email.text", "runbook", "dashboard", "query", "silence")
_SEPARATOR = "\x1e"  # ASCII's record separator: no text of ours has it


class NoTool(Exception):  # noqa: N818 - the message is for the user
    """Alertmanager's tool is missing, or did not render."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The parts of a message, by their names in the templates, and the e-mail's HTML."""

    parts: Mapping[str, str]
    html: str


def preview(check: Check, severity: Severity, settings: Settings, templates: Path, *, resolved: bool) -> Preview:
    """Return the messages about an example of an alert; raise NoTool."""
    tool = shutil.which("amtool")
    if tool is None:
        raise NoTool("amtool is missing: it comes with Alertmanager (Debian: apt-get install prometheus-alertmanager)")
    message = _message(check, severity, settings, resolved=resolved)
    text = _SEPARATOR.join(_call(f"tachograph.{name}") for name in _PARTS)
    rendered = _render(tool, text, message, templates, "text").split(_SEPARATOR)
    parts = {name: part.rstrip("\n") for name, part in zip(_PARTS, rendered, strict=True)}
    return Preview(parts, _render(tool, _call("tachograph.email.html"), message, templates, "html"))


def _call(template: str) -> str:
    return f'{{{{ template "{template}" . }}}}'


def _render(tool: str, text: str, message: Mapping[str, Any], templates: Path, kind: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as data:
        json.dump(message, data)
        data.flush()
        argv = [tool, "template", "render", f"--template.glob={templates}/*.tmpl", f"--template.data={data.name}"]
        argv += [f"--template.type={kind}", f"--template.text={text}"]
        outcome = subprocess.run(argv, check=False, capture_output=True, text=True)  # noqa: S603 - no shell
    if outcome.returncode:
        raise NoTool(f"amtool could not render the templates: {outcome.stderr.strip()}")
    return outcome.stdout


def _message(check: Check, severity: Severity, settings: Settings, *, resolved: bool) -> dict[str, Any]:
    """Return the data that Alertmanager would give its templates for one example alert."""
    now = datetime.now(UTC).replace(microsecond=0)
    status = "resolved" if resolved else "firing"
    labels = {"alertname": check.name, **_labels(check), "severity": severity}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": _annotations(check, severity, settings, labels),
        "startsAt": (now - timedelta(minutes=12, seconds=30)).isoformat(),
        "endsAt": now.isoformat() if resolved else "0001-01-01T00:00:00Z",
        "generatorURL": f"http://127.0.0.1:9090/graph?g0.expr={quote_plus(fill(check.value, settings))}",
    }
    return {
        "receiver": severity,
        "status": status,
        "alerts": [alert],
        "groupLabels": {"alertname": check.name},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://127.0.0.1:9093",
    }


def _labels(check: Check) -> dict[str, str]:
    named = re.findall(r"<(\w+)>", check.summary + check.description)
    names = dict.fromkeys(name for name in named if name not in ("value", "limit", "seconds"))
    return {name: _EXAMPLES.get(name, f"some {name.replace('_', ' ')}") for name in names}


def _annotations(check: Check, severity: Severity, settings: Settings, labels: Mapping[str, str]) -> dict[str, str]:
    limit = check.limit(severity)
    bound = limit.value if limit else 0.01
    beyond = min(bound * 1.25 or 1.0, (bound + check.unit.most) / 2) if check.comparison == ">" else bound * 0.75
    own = {"value": check.unit.text(beyond), "limit": check.unit.text(bound), "seconds": "5s", **labels}
    texts = {"summary": check.summary, "description": check.description}
    known = [(name, labels[label]) for name, label in check.panel.variables if label in labels]
    variables = "".join(f"&var-{name}={quote_plus(value)}" for name, value in known)
    return {
        **{name: re.sub(r"<(\w+)>", lambda found: own[found[1]], text) for name, text in texts.items()},
        "runbook_url": f"{settings.runbooks_url}/{check.name}",
        "dashboard_url": panel_url(check.panel, settings).partition("{{")[0] + variables,
    }


def page(shown: Preview) -> str:
    """Return an HTML page with the Slack message as Slack lays it out, and the e-mail below it."""
    parts = {name: escape(text) for name, text in shown.parts.items()}
    buttons = "".join(
        f'<a class="button" href="{parts[name]}">{name.title()}</a>'
        for name in ("runbook", "dashboard", "query", "silence")
        if parts[name]
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tachograph: preview of a message</title>'
        f"<style>{_STYLE}</style><h1>Slack</h1>"
        f'<div class="slack" style="border-color:{parts["colour"]}"><b class="title">{parts["title"]}</b>'
        f"<p>{_marked_up(shown.parts['slack.text'])}</p>{buttons}<footer>Tachograph</footer></div>"
        f'<h1>E-mail</h1><iframe title="E-mail" srcdoc="{escape(shown.html)}"></iframe>'
    )


def _marked_up(text: str) -> str:
    """Return Slack's markup as HTML: *bold*, _italic_, <url|label>; &, < and > come escaped already."""
    text = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", lambda link: f'<a href="{escape(link[1])}">{link[2]}</a>', text)
    text = re.sub(r"(?m)^\*(.+)\*$", r"<b>\1</b>", text)
    text = re.sub(r"(?m)(^|\s)_([^_\n]+)_(?=$|\s)", r"\1<i>\2</i>", text)
    return text.replace(":white_check_mark:", "&#x2713;").strip().replace("\n", "<br>")


_STYLE = """
body{margin:24px auto;max-width:720px;font:15px/1.46 Lato,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1d1c1d}
h1{font-size:13px;color:#616061;font-weight:600}
.slack{border-left:4px solid;padding:4px 0 4px 14px}
.slack a{color:#1264a3;text-decoration:none}
.slack .title{color:#1264a3}
.slack p{margin:4px 0 10px}
.slack .button{display:inline-block;border:1px solid #ccc;border-radius:4px;padding:4px 12px;margin-right:8px;
color:#1d1c1d;font-weight:600;font-size:13px}
.slack footer{color:#616061;font-size:12px;margin-top:8px}
iframe{width:100%;height:420px;border:1px solid #ddd;border-radius:6px}
"""
