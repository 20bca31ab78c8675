"""Two branches beside each other: what was said otherwise, and whether it is better."""

from ._comparison import Comparison
from ._turns import Change, ComparedField, ComparedTurn
from ._words import DiffPart, word_diff

__all__ = [
    "Change",
    "ComparedField",
    "ComparedTurn",
    "Comparison",
    "DiffPart",
    "word_diff",
]
