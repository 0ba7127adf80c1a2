"""The boards, in the order in which a reader meets them."""

from .board import Board
from .overview import OVERVIEW

BOARDS: tuple[Board, ...] = (OVERVIEW,)
