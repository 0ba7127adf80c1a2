"""The formats that a report is written in."""

from collections.abc import Callable, Mapping

from .html import html
from .json_document import json_document
from .markdown import markdown
from .report import Report
from .sections import document
from .text import text

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": lambda report: text(document(report)),
    "markdown": lambda report: markdown(document(report)),
    "json": json_document,
    "html": lambda report: html(document(report)),
}
