"""Choices that look like chance and are always the same: a hash of (what for, which one)."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

_STEP, _A, _B = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def draw(what: str, count: int, below: int) -> np.ndarray:
    """
    Return *count* whole numbers from 0 up to *below*, the same each time for the same *what*
    (splitmix64).
    """
    with np.errstate(over="ignore"):
        mixed = np.arange(1, count + 1, dtype=np.uint64) * _STEP
        mixed += np.uint64(crc32(what.encode())) * _B
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _A
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _B
        mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)) % np.uint64(below)).astype(np.int64)


def pick(what: str, count: int, choices: Sequence[str]) -> list[str]:
    """Return *count* of *choices*; what stands in them twice comes twice as often."""
    return [choices[i] for i in draw(what, count, len(choices))]
