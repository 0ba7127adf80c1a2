"""What a client may take of the server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many, how much and how long."""

    connections: int = 512
    head_bytes: int = 64 * 1024
    head_seconds: float = 10
    body_seconds: float = 30
    idle_seconds: float = 150  # longer than any usual scrape interval, so that a scraper keeps its connection
    write_seconds: float = 30
    stop_seconds: float = 5
