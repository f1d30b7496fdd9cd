"""Drawing lots so that anybody can draw again (抽签): no database, no clock, no chance but the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def order_of(seed: str, numbers: Iterable[int]) -> list[int]:
    """
    Return registration *numbers* in the order drawn: by the SHA-256 of `seed:number`, smallest first.

    `printf 'SEED:NUMBER' | sha256sum` gives the same on any computer.
    """
    return sorted(set(numbers), key=lambda n: (hashlib.sha256(f"{seed}:{n}".encode()).digest(), n))


def keeps_promise(seed: str, promise: str) -> bool:
    """Tell whether *seed* is the one whose SHA-256 was published before anybody entered."""
    return hashlib.sha256(seed.encode()).hexdigest() == promise
