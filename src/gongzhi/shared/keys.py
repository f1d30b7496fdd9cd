"""Keys made by whoever asks, before asking, so that asking twice is asking once (幂等键)."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_key() -> UUID:
    """Return a UUIDv7 (记账键): ordered by time, so that the index grows at its right edge."""
    millis, noise = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10))
    return UUID(
        int=millis << 80 | 7 << 76 | (noise >> 68) << 64 | 2 << 62 | noise & ((1 << 62) - 1)
    )
