"""A report as a message: an e-mail that carries the whole page, and a few lines for Slack."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape
from typing import Any

from .figure import shown
from .formats import FORMATS
from .report import Report
from .sections import document
from .table import cut, plain

COLOURS = {"good": "#1a7f45", "fair": "#8a6d00", "warning": "#b45309", "critical": "#c0262d", "unknown": "#5b6675"}
_ADVICE_SHOWN = 5
# Slack's own: https://docs.slack.dev/messaging/formatting-message-text
_SLACK_TEXT_MAX = 2800
_SLACK_MARKUP = re.compile(r"([*_~`])")
_CELL = "padding:4px 14px 4px 0;border-bottom:1px solid #dde2e9;text-align:"


def email(report: Report) -> EmailMessage:
    """Return an e-mail: the text, the essentials as HTML (mail readers draw no plots), the page attached."""
    message = EmailMessage()
    message["Subject"] = plain(f"Tachograph: {document(report).title}")
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain="tachograph.invalid")
    message.set_content(FORMATS["text"](report) + "\n", cte="quoted-printable")
    message.add_alternative("".join(_html(report)), subtype="html", cte="quoted-printable")
    day = datetime.fromtimestamp(report.facts.now.window.end).astimezone().strftime("%Y-%m-%d")
    page = FORMATS["html"](report).encode()
    message.add_attachment(page, maintype="text", subtype="html", filename=f"tachograph-report-{day}.html")
    return message


def slack(report: Report) -> dict[str, Any]:
    """Return the payload of Slack's webhook; nothing that was measured can be read as markup, mention or link."""
    shown_document = document(report)
    lines = [_slack(shown_document.subtitle), *(_slack(line) for line in _missed(report)), ""]
    for number, one in enumerate(report.recommendations[:_ADVICE_SHOWN], 1):
        lines += [f"{number}. *{_slack(one.title)}* ({one.priority})", f"     {_slack(one.evidence)}"]
        lines += [f"     _Gain:_ {_slack(one.gain)}"] if one.gain else []
    more = len(report.recommendations) - _ADVICE_SHOWN
    lines += [f"and {more} more recommendations"] if more > 0 else []
    title = _slack(shown_document.title)
    attachment = {
        "color": COLOURS[report.score.state],
        "title": title,
        "fallback": title,
        "text": cut("\n".join(lines), _SLACK_TEXT_MAX),
        "footer": "Tachograph",
        "mrkdwn_in": ["text"],
    }
    return {"text": title, "attachments": [attachment]}


def _missed(report: Report) -> Iterator[str]:
    """Yield the metrics that miss their targets, and how they moved."""
    for target in report.facts.targets:
        value = report.facts.now.figures[target.name]
        if target.state(value) in ("warning", "critical") and target.name != "throughput":
            yield f"{target.title}: {shown(value, target.unit)} (target {shown(target.good, target.unit)})"


def _slack(text: str) -> str:
    """Return a text that Slack shows as it is: &, < and > are its control letters, the others get a thin space."""
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SLACK_MARKUP.sub("\\1\u200b", escaped)


def _html(report: Report) -> Iterator[str]:
    """Yield the mail's HTML, with the styles where every mail reader takes them."""
    shown_document = document(report)
    colour = COLOURS[report.score.state]
    yield '<!doctype html><html lang="en"><body style="font:15px/1.5 Arial,sans-serif;color:#1a2029">'
    yield f'<h1 style="font-size:22px;color:{colour};margin:0 0 4px">{_text(shown_document.title)}</h1>'
    yield f'<p style="color:#5b6675">{_text(shown_document.subtitle)}</p>'
    if report.facts.reach:
        yield f'<p style="color:#5b6675">{_text(report.facts.reach)}</p>'
    yield '<table style="border-collapse:collapse">'
    for target in report.facts.targets:
        value = report.facts.now.figures[target.name]
        state = "unknown" if target.name == "throughput" else target.state(value)
        yield (
            f'<tr><td style="{_CELL}left">{_text(target.title)}</td>'
            f'<td style="{_CELL}right;color:{COLOURS[state]}"><b>{_text(shown(value, target.unit))}</b></td>'
            f'<td style="{_CELL}right;color:#5b6675">target {_text(shown(target.good, target.unit))}</td></tr>'
        )
    yield "</table><ol>"
    for one in report.recommendations:
        yield (
            f"<li style='margin:10px 0'><b>{_text(one.title)}</b> ({one.priority})<br>{_text(one.evidence)}<br>"
            f"{_text(one.action)}<br><i>Gain: {_text(one.gain)}</i></li>"
        )
    yield '</ol><p style="color:#5b6675">The whole report, with its plots, is attached.</p></body></html>'


def _text(text: str) -> str:
    return escape(plain(text))
