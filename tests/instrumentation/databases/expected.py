"""What a database call is expected to come to: its span, and its point of the duration."""

from dataclasses import dataclass
from typing import Any

from tachograph.sql.statement import Statements
from tests.fixtures.telemetry import Seeing, Seen, Series

DURATION = "db.client.operation.duration"
RETURNED = "db.client.response.returned_rows"
SPAN_ALONE = (
    "db.query.text",
    "db.operation.batch.size",
    "db.response.returned_rows",
    "tachograph.db.response.affected_rows",
    "tachograph.db.statement.fingerprint",
    "tachograph.db.vector.distance",
    "tachograph.db.vector.k",
)


@dataclass(frozen=True)
class Where:
    """A database, as its calls name it."""

    system: str
    namespace: str | None = None
    address: str | None = None
    port: int | None = None

    def attributes(self) -> dict[str, Any]:
        """Return what every call has."""
        told = {
            "db.system.name": self.system,
            "db.namespace": self.namespace,
            "server.address": self.address,
            "server.port": self.port,
        }
        return {key: value for key, value in told.items() if value is not None}

    def call(
        self,
        summary: str,
        text: str,
        *,
        operation: str | None = None,
        collection: str | None = None,
        returned: int | None = None,
        affected: int | None = None,
        batch: int | None = None,
        error: str | None = None,
        status: bool = True,
        parent: str = "",
        **more: Any,
    ) -> Seen:
        """Return the span of one call."""
        told = {
            "db.operation.name": operation or (summary.rsplit(" ", 1)[0] if collection else summary),
            "db.collection.name": collection,
            "db.query.summary": summary,
            "db.query.text": text,
            "tachograph.db.statement.fingerprint": Statements(self.system).of(text).fingerprint,
            "db.response.returned_rows": returned,
            "tachograph.db.response.affected_rows": affected,
            "db.operation.batch.size": batch,
            "error.type": error,
            "db.response.status_code": error if status else None,
            **more,
        }
        attributes = {key: value for key, value in told.items() if value is not None}
        return Seen(summary, "CLIENT", {**self.attributes(), **attributes}, error=error, parent=parent)


def durations(*spans: Seen) -> list[Series]:
    """Return the points of the duration that these spans come to."""
    labels = [{key: value for key, value in span.attributes.items() if key not in SPAN_ALONE} for span in spans]
    counted = {str(sorted(each.items(), key=str)): each for each in labels}
    return sorted(
        (Series(DURATION, each, labels.count(each)) for each in counted.values()),
        key=lambda point: sorted(map(str, point.labels.items())),
    )


def told(telemetry: Seeing) -> tuple[list[Seen], list[Series]]:
    """Return the spans, and the points of the duration."""
    return telemetry.spans, telemetry.points(DURATION)


def expected(*spans: Seen) -> tuple[list[Seen], list[Series]]:
    """Return what `told` is to return where these calls were made and no others."""
    return list(spans), durations(*spans)


def named(parameter: Any) -> str:
    """Return the name of a parametrised test's application; its other parameters give no name."""
    return getattr(parameter, "__name__", "")
