"""Personal numbers at rest: sealed so that the database alone tells nothing, with a keyed hash to look them up."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from django.conf import settings
from django.db import models

AES, SM = b"\x01", b"\x02"


class Unreadable(Exception):
    """A sealed value that this site's key does not open: another key sealed it, or somebody changed it."""


@cache
def _aes(key: str) -> AESGCM:
    return AESGCM(bytes.fromhex(key))


def seal(text: str) -> bytes:
    """Return *text* sealed with AES-256-GCM or SM4-GCM (国密), as GONGZHI_SEALING_CIPHER says; empty stays empty."""
    if not text:
        return b""
    nonce = secrets.token_bytes(12)
    if settings.GONGZHI_SEALING_CIPHER == "SM4":
        key = bytes.fromhex(settings.GONGZHI_SEALING_KEY)[:16]
        worker = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
        body = worker.update(text.encode()) + worker.finalize()
        return SM + nonce + worker.tag + body
    return AES + nonce + _aes(settings.GONGZHI_SEALING_KEY).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes | memoryview) -> str:
    """
    Return the text that `seal` closed, whichever cipher closed it.

    :raises Unreadable: the value was changed or sealed with another key.
    """
    sealed = bytes(sealed)
    if not sealed:
        return ""
    kind, nonce, rest = sealed[:1], sealed[1:13], sealed[13:]
    try:
        if kind == SM:
            key = bytes.fromhex(settings.GONGZHI_SEALING_KEY)[:16]
            worker = Cipher(SM4(key), modes.GCM(nonce, rest[:16])).decryptor()
            return (worker.update(rest[16:]) + worker.finalize()).decode()
        return _aes(settings.GONGZHI_SEALING_KEY).decrypt(nonce, rest, None).decode()
    except Exception as error:
        raise Unreadable("a sealed value does not open with this key") from error


def fingerprint(text: str) -> str:
    """Return the keyed hash (HMAC-SHA-256, 32 hex digits) by which a sealed number is looked up; empty stays empty."""
    if not text:
        return ""
    return hmac.digest(
        bytes.fromhex(settings.GONGZHI_FINGERPRINT_KEY), text.encode(), sha256
    ).hex()[:32]


class SealedField(models.BinaryField):
    """A text that is sealed in the database and plain in Python (加密字段). Never filter on it."""

    description = "sealed text"
    if (
        TYPE_CHECKING
    ):  # what a row holds: a plain text when it is written, a sealed one when it was loaded
        _pyi_private_set_type: str | Sealed
        _pyi_private_get_type: Sealed  # type: ignore[assignment]  # what a BinaryField keeps is bytes

    def __init__(self, *args: Any, **named: Any) -> None:
        named.setdefault("default", "")
        named.setdefault("editable", True)
        named.setdefault("blank", True)
        super().__init__(*args, **named)

    def _check_str_default_value(self) -> list[Any]:
        return []  # the plain value is a text; only what the database keeps is bytes

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = seal(value)
        elif isinstance(value, Sealed):
            value = value._kept  # saved again as it was loaded
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(
        self, value: bytes | None, expression: object, connection: object
    ) -> Sealed | None:
        return Sealed(value) if value is not None else None

    def get_default(self) -> str:
        return ""

    def value_to_string(self, obj: object) -> str:
        raise TypeError("sealed fields are not serialized")


class Sealed:
    """A sealed value as it came from the database: opened only by `open()`, never by printing it."""

    __slots__ = ("_kept",)

    def __init__(self, kept: bytes) -> None:
        self._kept = bytes(kept)

    def open(self) -> str:
        """Return the plain text. Whoever calls this has asked a rule and written an audit line."""
        return unseal(self._kept)

    def masked(self, mask: Callable[[str], str]) -> str:
        """Return what a page may show without a reason: the text through *mask* (遮住中间几位)."""
        return mask(unseal(self._kept)) if self._kept else ""

    def __bool__(self) -> bool:
        return bool(self._kept)

    def __str__(self) -> str:
        return "（已加密）" if self._kept else ""

    __repr__ = __str__
