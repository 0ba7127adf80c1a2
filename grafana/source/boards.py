"""The boards, in the order in which a reader meets them."""

from . import cache, database, exporter, host, llm, operations, overview, processes
from .board import Board

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    operations.BOARD,
    llm.BOARD,
    database.BOARD,
    cache.BOARD,
    host.BOARD,
    processes.BOARD,
    exporter.BOARD,
)
