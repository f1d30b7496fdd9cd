"""What is left of somebody who was erased: an empty mark, so that counts of the past still hold."""

from __future__ import annotations

from typing import Any

ERASED_NAME = "已注销"


def blank() -> dict[str, Any]:
    """Return the columns of a person who was erased (注销以后的各列)."""
    return {
        "name": ERASED_NAME,
        "sex": "",
        "birth_on": None,
        "birth_year": None,
        "id_number": "",
        "id_key": "",
        "phone": "",
        "phone_key": "",
        "address": "",
        "tokens": "",
    }
