"""Why a point is not counted."""

from typing import Literal

Reason = Literal[
    "bucket_counts",
    "bucket_limit",
    "duplicate",
    "label_limit",
    "metric_limit",
    "name",
    "name_taken",
    "negative",
    "no_data",
    "not_finite",
    "out_of_order",
    "process_limit",
    "series_limit",
    "stream_limit",
    "temporality",
    "text",
    "type_conflict",
    "value_range",
]

# Who repeats itself did nothing wrong: the points are there already, and the sender is told that all is well.
HARMLESS: frozenset[Reason] = frozenset({"duplicate", "out_of_order"})

EXPLANATIONS: dict[Reason, str] = {
    "bucket_counts": "bucket counts do not match their bounds or the point's count",
    "bucket_limit": "the histogram has too many buckets",
    "duplicate": "the point was received before",
    "label_limit": "the point has too many attributes",
    "metric_limit": "the store holds no more metrics",
    "name": "the metric has no name",
    "name_taken": "the name belongs to the exporter's own metrics",
    "negative": "a counter cannot be negative",
    "no_data": "the metric has no data",
    "not_finite": "the sum is not a finite number",
    "out_of_order": "a newer point was received before",
    "process_limit": "the store knows no more processes",
    "series_limit": "the gauge has too many sets of labels",
    "stream_limit": "the store holds no more series",
    "temporality": "the temporality is neither delta nor cumulative",
    "text": "a name or an attribute is not UTF-8",
    "type_conflict": "another type of metric has the name",
    "value_range": "the number is out of range",
}


class Refused(Exception):  # noqa: N818 - the sender's fault or the store's limit, not an error of ours
    """The point is not counted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(EXPLANATIONS[reason])
        self.reason: Reason = reason
