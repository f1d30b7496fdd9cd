"""
The uploaded files: sealed whole, named by their own hash, under the media folder (上传件).

A file is personal data from its first to its last byte: nothing serves it, only an import reads it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO

from django.core.files.base import File
from django.core.files.storage import default_storage

from gongzhi.shared.sealed import Unreadable, seal, unseal

_BLOCK = 3 * 2**18  # bytes sealed at a time: a file of 20 MB is never held five times over
_LENGTH = 4  # bytes before each sealed block that say how long it is


def digest(data: bytes) -> str:
    """Return the hash that names *data* (文件摘要)."""
    return sha256(data).hexdigest()


def keep(data: bytes) -> str:
    """Seal and store *data* unless it is there already, and return its hash."""
    name = digest(data)
    if not default_storage.exists(_path(name)):
        default_storage.save(_path(name), _Sealing(data))
    return name


class _Sealing(File):
    """The sealed content as a stream of blocks, for the storage to write."""

    def __init__(self, data: bytes) -> None:
        super().__init__(None)
        self._data = BytesIO(data)

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while block := self._data.read(_BLOCK):
            sealed = seal(b64encode(block).decode("ascii"))
            yield len(sealed).to_bytes(_LENGTH)
            yield sealed


def fetch(name: str) -> bytes:
    """
    Return the file with hash *name*.

    :raises FileNotFoundError: it was deleted.
    :raises Unreadable: a block was changed, left out or put elsewhere.
    """
    blocks = []
    with default_storage.open(_path(name)) as file:
        while length := file.read(_LENGTH):
            blocks.append(b64decode(unseal(file.read(int.from_bytes(length)))))
    data = b"".join(blocks)
    if digest(data) != name:
        raise Unreadable("an uploaded file is not what it was")
    return data


def drop(name: str) -> None:
    """Delete the file with hash *name*."""
    default_storage.delete(_path(name))


def _path(name: str) -> str:
    return f"imports/{name[:2]}/{name}.sealed"
