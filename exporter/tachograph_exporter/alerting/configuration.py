"""Alertmanager's configuration, made from the channels that were set up."""

from collections.abc import Iterator

from ..rules.inhibition import INHIBITIONS
from ..yamltext import Value, dump
from .channel import SEVERITIES, Channels, Email, QuietHours, Severity, Slack, Webhook

HEADER = "# Written by `tachograph alerting configure`; run it again to change this file.\n"
SILENT = "# No receiver is set up: alerts are shown by Alertmanager and delivered NOWHERE.\n"
NOWHERE = "nowhere"
Mapping = dict[str, Value]


def configuration(channels: Channels) -> str:
    """Return the text of alertmanager.yml."""
    quiet = channels.quiet_hours
    return (
        HEADER
        + ("" if channels.deliver else SILENT)
        + dump(
            {
                **({"global": _mail_server(channels.email, channels)} if channels.email else {}),
                "templates": ["templates/*.tmpl"],
                "route": _route(channels),
                "inhibit_rules": _inhibitions(),
                **({"time_intervals": [_interval(quiet)]} if quiet else {}),
                "receivers": list(_receivers(channels)),
            }
        )
    )


def _mail_server(email: Email, channels: Channels) -> Mapping:
    login: Mapping = {
        "smtp_auth_username": email.user,
        "smtp_auth_password_file": str(channels.secrets / "smtp_password"),
    }
    return {
        "smtp_smarthost": email.smarthost,
        "smtp_from": email.sender,
        "smtp_require_tls": email.require_tls,
        **(login if email.user else {}),
    }


def _route(channels: Channels) -> Mapping:
    """Return the route: the Watchdog to the dead man's switch, what informs nowhere, the rest by severity."""
    quiet: Mapping = {"mute_time_intervals": ["quiet-hours"]} if channels.quiet_hours else {}
    watchdog: Mapping = {
        "receiver": "dead-man" if channels.dead_man_url else NOWHERE,
        "matchers": ['alertname="Watchdog"'],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "1m",
    }
    info: Mapping = {"receiver": NOWHERE, "matchers": ['severity="info"']}
    critical: Mapping = {"receiver": _receiver("critical", channels), "matchers": ['severity="critical"']}
    return {
        "receiver": _receiver("warning", channels),
        "group_by": ["alertname", "service_name", "severity"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": channels.cooldown,
        "routes": [
            watchdog,
            info,
            critical,
            *([{"receiver": _receiver("warning", channels), **quiet}] if quiet else []),
        ],
    }


def _inhibitions() -> list[Value]:
    """Return what keeps quiet while something worse about the same thing is known."""
    return [
        {
            "source_matchers": [str(one) for one in rule.source],
            "target_matchers": [str(one) for one in rule.target],
            "equal": rule.equal,
        }
        for rule in INHIBITIONS
    ]


def _interval(quiet: QuietHours) -> Mapping:
    """Return the quiet hours; a night is two stretches, since Alertmanager's days end at 24:00."""
    night = quiet.start > quiet.end
    stretches = [(quiet.start, "24:00"), ("00:00", quiet.end)] if night else [(quiet.start, quiet.end)]
    times: list[Value] = [{"start_time": start, "end_time": end} for start, end in stretches if start != end]
    return {"name": "quiet-hours", "time_intervals": [{"times": times, "location": quiet.zone}]}


def _receiver(severity: Severity, channels: Channels) -> str:
    return severity if _deliveries(severity, channels) else NOWHERE


def _receivers(channels: Channels) -> Iterator[Value]:
    yield {"name": NOWHERE}
    for severity in SEVERITIES:
        deliveries = _deliveries(severity, channels)
        if deliveries:
            yield {"name": severity, **deliveries}
    if channels.dead_man_url:
        yield {"name": "dead-man", "webhook_configs": [{"url": channels.dead_man_url, "send_resolved": False}]}


def _deliveries(severity: Severity, channels: Channels) -> Mapping:
    """Return a receiver's integrations: the channels that want this severity."""
    made: Mapping = {}
    if channels.slack and _wants(channels.slack.severity, severity):
        made["slack_configs"] = [_slack(channels.slack, channels)]
    if channels.email and _wants(channels.email.severity, severity):
        made["email_configs"] = [_email(channels.email)]
    if channels.webhook and _wants(channels.webhook.severity, severity):
        made["webhook_configs"] = [_webhook(channels.webhook)]
    return made


def _wants(least: Severity, severity: Severity) -> bool:
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)


def _slack(slack: Slack, channels: Channels) -> Mapping:
    return {
        "api_url_file": str(channels.secrets / "slack_webhook_url"),
        "channel": slack.channel,
        "send_resolved": True,
        "color": '{{ template "tachograph.colour" . }}',
        "title": '{{ template "tachograph.title" . }}',
        "title_link": '{{ template "tachograph.alerts" . }}',
        "fallback": '{{ template "tachograph.title" . }}',
        "text": '{{ template "tachograph.slack.text" . }}',
        "footer": "Tachograph",
        "actions": [
            _button("Runbook", "tachograph.runbook"),
            _button("Dashboard", "tachograph.dashboard"),
            _button("Query", "tachograph.query"),
            _button("Silence", "tachograph.silence"),
        ],
    }


def _button(text: str, template: str) -> Mapping:
    # Slack leaves out a button whose address is empty.
    return {"type": "button", "text": text, "url": f'{{{{ template "{template}" . }}}}'}


def _email(email: Email) -> Mapping:
    return {
        "to": email.to,
        "send_resolved": True,
        "headers": {"Subject": '{{ template "tachograph.title" . }}'},
        "text": '{{ template "tachograph.email.text" . }}',
        "html": '{{ template "tachograph.email.html" . }}',
    }


def _webhook(webhook: Webhook) -> Mapping:
    return {"url": webhook.url, "send_resolved": True}
