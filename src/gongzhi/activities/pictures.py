"""
Pictures as they may be shown (照片): turned upright, made smaller, without what the camera noted.

A picture is decoded and drawn anew, so nothing of the file that came in is kept: neither place, time and device of
the camera nor anything hidden behind the picture.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from gongzhi.shared.refusals import Unacceptable

LARGEST_FILE = 20 * 1024 * 1024
MOST_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = {"large": 1600, "small": 480}  # the longer side, in pixels
_QUALITY = 80


class NotAPicture(Unacceptable):
    code = "activities.not-a-picture"
    message = "{wrong}，所以没有传上去。请用手机拍的JPG、PNG或WebP照片，不超过20兆。"
    field = "file"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be shown, in two sizes (照片)."""

    digest: str
    width: int
    height: int
    sizes: dict[str, bytes]


def read(file: BinaryIO) -> Picture:
    """
    Return the picture in *file* as it may be shown (读照片).

    :raises NotAPicture: too large, damaged, or not a picture of a known kind.
    """
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise NotAPicture(wrong="文件超过20兆")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise NotAPicture(wrong="照片大得不寻常")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except NotAPicture:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
    ):
        raise NotAPicture(wrong="文件坏了，或者不是照片") from None
    sizes = {name: _drawn(upright, longest) for name, longest in SIZES.items()}
    width, height = _within(upright.size, SIZES["large"])
    return Picture(
        digest=hashlib.sha256(sizes["large"]).hexdigest(), width=width, height=height, sizes=sizes
    )


def keep(picture: Picture) -> None:
    """Write a picture to the store, once for each content (存照片)."""
    for size, data in picture.sizes.items():
        name = name_of(picture.digest, size)
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(data))


def name_of(digest: str, size: str) -> str:
    """Return the name of a picture in the store."""
    return f"photos/{digest[:2]}/{digest}-{size}.webp"


def forget(digest: str) -> None:
    """Delete a picture from the store (删照片)."""
    for size in SIZES:
        default_storage.delete(name_of(digest, size))


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _drawn(image: Image.Image, longest: int) -> bytes:
    drawn = image.resize(_within(image.size, longest), Image.Resampling.LANCZOS)
    out = BytesIO()
    drawn.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()
