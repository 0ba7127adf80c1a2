"""What the receiver takes and how it translates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Switches and limits of the receiver; sizes in bytes, times in seconds."""

    metrics: bool = True
    traces: bool = True
    scope_labels: bool = True
    instance_label: bool = False
    body_bytes: int = 8 * 1024 * 1024
    json_bytes: int = 2 * 1024 * 1024
    waiting_bytes: int = 64 * 1024 * 1024
    retry_seconds: int = 2
