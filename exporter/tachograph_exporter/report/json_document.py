"""A report as JSON."""

import json

from .. import __version__
from ..live.row import Plain, significant
from ..live.tables import CACHE
from ..past.series import Calls, Incident
from ..past.window import Window
from .facts import share
from .models import Compared
from .report import Report
from .score import Part
from .statements import Statement
from .trend import Trend


def json_document(report: Report) -> str:
    """Return a report as JSON, indented."""
    facts = report.facts
    document = {
        "title": report.name,
        "version": __version__,
        "source": facts.place,
        **_window(facts.now.window),
        "note": facts.reach,
        "score": {
            "value": significant(report.score.value),
            "state": report.score.state,
            "measured": report.score.measured,
            "before": significant(report.score_before.value) if report.score_before else None,
            "parts": [_part(part) for part in report.score.parts],
        },
        "metrics": [target.shown(facts.now.figures[target.name]) for target in facts.targets],
        "before": _window(facts.before.window) if facts.before else None,
        "trends": [_trend(one) for one in report.trends],
        "incidents": [_incident(one) for one in facts.incidents],
        "models": [_model(one) for one in report.models],
        "providers": [_model(one) for one in report.providers],
        "cost_usd": significant(report.cost),
        "cost_usd_before": significant(report.cost_before),
        "budget_usd_per_day": significant(facts.budget),
        "statements": [_statement(one) for one in report.statements],
        "caches": [_cache(row) for row in facts.now.rows[CACHE]],
        "recommendations": [
            {
                "priority": one.priority,
                "title": one.title,
                "evidence": one.evidence,
                "action": one.action,
                "gain": one.gain,
                "points": significant(one.points),
            }
            for one in report.recommendations
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def _window(window: Window) -> Plain:
    return {"start": round(window.start, 3), "end": round(window.end, 3)}


def _part(part: Part) -> Plain:
    return {
        **part.target.shown(part.value),
        "weight": part.weight,
        "points": None if part.share is None else significant(part.weight * part.share),
    }


def _trend(one: Trend) -> Plain:
    return {
        "name": one.target.name,
        "before": significant(one.before),
        "now": significant(one.now),
        "change": significant(one.change),
        "direction": one.direction,
    }


def _incident(one: Incident) -> Plain:
    return {
        "alert": one.alert,
        "severity": one.severity,
        "labels": dict(one.labels),
        "start": round(one.start, 3),
        "end": None if one.end is None else round(one.end, 3),
    }


def _model(one: Compared) -> Plain:
    own = {"provider": one.provider, "model": one.model}
    return {name: value for name, value in own.items() if value} | {
        **_calls(one.calls),
        "rate_limited": significant(one.rate_limited),
        "cost_usd": significant(one.cost),
        "cost_usd_per_1k_calls": significant(one.cost_per_1k_calls),
        "cost_usd_per_1k_tokens": significant(one.cost_per_1k_tokens),
    }


def _calls(calls: Calls) -> Plain:
    return {
        "calls": significant(calls.calls),
        "errors": significant(calls.errors),
        "error_ratio": significant(calls.error_ratio),
        "average_seconds": significant(calls.average),
        "p50_seconds": significant(calls.quantile(0.5)),
        "p95_seconds": significant(calls.quantile(0.95)),
    }


def _statement(one: Statement) -> Plain:
    findings = {name: round(found, 1) for name, found in one.findings.items()}
    return {
        "fingerprint": one.fingerprint,
        "summary": one.summary,
        "text": one.text,
        **_calls(one.calls),
        "seconds": significant(one.calls.seconds),
        "slow": significant(one.slow),
        "findings": findings,
        "advice": one.advice,
    }


def _cache(row: Calls) -> Plain:
    return {
        **row.labels,
        "requests": significant(row.calls),
        "hit_ratio": significant(share(row.extras["hits"], row.calls)),
        **{name: significant(value) for name, value in row.extras.items()},
    }
