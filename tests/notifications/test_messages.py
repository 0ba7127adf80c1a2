"""The messages, rendered by the oldest and newest Alertmanager's own tool from the templates in the repository."""

import json
import subprocess
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[2] / "alertmanager" / "templates"
HOSTILE = 'check "out" <a&b> \\ üñ'


def _alert(number: int, *, resolved: bool = False, linked: bool = True, service: str = "checkout") -> dict[str, Any]:
    links = {"runbook_url": "http://runbooks/Slow", "dashboard_url": f"http://grafana/d/x?var-n={number}&a=b"}
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {
            "alertname": "DatabaseQueriesSlow",
            "severity": "critical",
            "service_name": service,
            "n": str(number),
        },
        "annotations": {
            "summary": f"Query {number} is slow",
            "description": f"It took {number} s; the limit is < 1 s & more.",
            **(links if linked else {}),
        },
        "startsAt": "2026-11-21T08:00:00.123Z",
        "endsAt": "2026-11-21T08:05:33.723Z" if resolved else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph?g0.expr=up+%3E+1" if linked else "",
    }


def _message(*alerts: dict[str, Any], **common: str) -> dict[str, Any]:
    firing = any(alert["status"] == "firing" for alert in alerts)
    labels = {"alertname": "DatabaseQueriesSlow", "severity": "critical", "service_name": "checkout", **common}
    return {
        "receiver": "critical",
        "status": "firing" if firing else "resolved",
        "alerts": alerts,
        "groupLabels": labels,
        "commonLabels": {name: value for name, value in labels.items() if value},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
    }


def _render(amtool: str, folder: Path, message: dict[str, Any], template: str, kind: str = "text") -> str:
    data = folder / "message.json"
    data.write_text(json.dumps(message))
    argv = [amtool, "template", "render", f"--template.glob={TEMPLATES}/*.tmpl", f"--template.data={data}"]
    argv += [f"--template.type={kind}", f'--template.text={{{{ template "tachograph.{template}" . }}}}']
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_a_title_says_how_many_how_bad_what_and_where(each_amtool: str, tmp_path: Path) -> None:
    messages = [
        _message(_alert(1), _alert(2)),
        _message(_alert(1, resolved=True)),
        _message(_alert(1), service_name="", instance="web1:9100"),
        _message(_alert(1), service_name="", severity=""),
        _message(_alert(1), alertname="", severity="warning"),
    ]
    assert [_render(each_amtool, tmp_path, message, "title") for message in messages] == [
        "[FIRING:2] Critical DatabaseQueriesSlow (checkout)",
        "[RESOLVED] Critical DatabaseQueriesSlow (checkout)",
        "[FIRING:1] Critical DatabaseQueriesSlow (web1:9100)",
        "[FIRING:1] DatabaseQueriesSlow",
        "[FIRING:1] Warning alerts (checkout)",
    ]


def test_the_colour_is_the_severitys_and_green_when_it_is_over(each_amtool: str, tmp_path: Path) -> None:
    messages = [
        _message(_alert(1)),
        _message(_alert(1), severity="warning"),
        _message(_alert(1), severity="info"),
        _message(_alert(1, resolved=True)),
    ]
    assert [_render(each_amtool, tmp_path, message, "colour") for message in messages] == [
        "#e01e5a",
        "#ecb22e",
        "#36c5f0",
        "#2eb67d",
    ]


def test_slack_is_told_what_since_when_and_how_long_it_lasted(each_amtool: str, tmp_path: Path) -> None:
    message = _message(_alert(1), _alert(2, resolved=True))
    assert _render(each_amtool, tmp_path, message, "slack.text").splitlines() == [
        "*Query 1 is slow*",
        "It took 1 s; the limit is &lt; 1 s &amp; more.",
        "_since 2026-11-21 08:00:00 UTC_ · <http://grafana/d/x?var-n=1&a=b|Dashboard>",
        "*Query 2 is slow*",
        "It took 2 s; the limit is &lt; 1 s &amp; more.",
        ":white_check_mark: _resolved: lasted 5m34s, until 2026-11-21 08:05:33 UTC_",
    ]


def test_a_flood_is_cut_and_says_how_much_there_is(each_amtool: str, tmp_path: Path) -> None:
    lines = _render(
        each_amtool, tmp_path, _message(*(_alert(number) for number in range(12))), "slack.text"
    ).splitlines()
    assert (len(lines), lines[-1]) == (
        31,
        "…and more: 12 fire in all, see <http://alertmanager/#/alerts?receiver=critical|Alertmanager>",
    )


def test_a_link_is_there_only_where_the_alert_has_it(each_amtool: str, tmp_path: Path) -> None:
    message = _message(_alert(1, linked=False))
    links = [_render(each_amtool, tmp_path, message, name) for name in ("runbook", "dashboard", "query")]
    html = _render(each_amtool, tmp_path, message, "email.html", "html")
    text = _render(each_amtool, tmp_path, message, "email.text")
    assert (links, "Runbook" in html, "Dashboard" in text) == (["", "", ""], False, False)


def test_a_silence_has_the_matchers_filled_in(each_amtool: str, tmp_path: Path) -> None:
    message = _message(_alert(1, service=HOSTILE), service_name=HOSTILE)
    matcher = "service_name%3D%22check%20%5C%22out%5C%22%20%3Ca%26b%3E%20%5C%5C%20%C3%BC%C3%B1%22"
    silence = _render(each_amtool, tmp_path, message, "silence")
    html = _render(each_amtool, tmp_path, message, "email.html", "html")
    start = "http://alertmanager/#/silences/new?filter=%7Balertname%3D%22DatabaseQueriesSlow%22%2C"
    assert (silence.startswith(start), matcher in silence, matcher.lower() in html.lower()) == (True, True, True)


def test_mail_says_all_of_it_as_text(each_amtool: str, tmp_path: Path) -> None:
    assert _render(each_amtool, tmp_path, _message(_alert(1)), "email.text").splitlines()[:10] == [
        "[FIRING:1] Critical DatabaseQueriesSlow (checkout)",
        "",
        "Query 1 is slow",
        "  It took 1 s; the limit is < 1 s & more.",
        "  firing since 2026-11-21 08:00:00 UTC",
        "  Runbook:   http://runbooks/Slow",
        "  Dashboard: http://grafana/d/x?var-n=1&a=b",
        "  Query:     http://prometheus/graph?g0.expr=up+%3E+1",
        "  Labels:    alertname=DatabaseQueriesSlow, n=1, service_name=checkout, severity=critical",
        "",
    ]


def test_markup_in_a_label_stays_text_in_mail(each_amtool: str, tmp_path: Path) -> None:
    html = _render(each_amtool, tmp_path, _message(_alert(1, service="<script>x</script>")), "email.html", "html")
    assert ("<script>" in html, "&lt;script&gt;x&lt;/script&gt;" in html) == (False, True)
