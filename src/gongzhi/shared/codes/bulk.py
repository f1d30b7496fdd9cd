"""Many codes at once: texts of one length as a matrix of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def characters(texts: Sequence[str], length: int) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the indexes of *texts* that are ASCII of exactly *length*, and their characters by row.

    The others are left to the slower, kinder reading of one text at a time.
    """
    plain = [i for i, text in enumerate(texts) if len(text) == length and text.isascii()]
    joined = "".join([texts[i] for i in plain]).encode("ascii")
    letters = np.frombuffer(joined, dtype=np.uint8).reshape(len(plain), length)
    return np.array(plain, dtype=np.intp), letters
