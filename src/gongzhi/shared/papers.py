"""
Papers to print (打印的纸): a typst template filled with plain data.

The font comes with the house (Noto Sans CJK, SIL OFL, one variable file with a real bold), so that a paper looks the
same on every machine. Nothing is fetched and no font of the machine is used.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import segno
import typst

FONT = "Noto Sans CJK SC"


@cache
def _fonts() -> Path:
    found = find_spec("manimgx_fonts_cjk")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package manimgx-fonts-cjk is missing")
    return Path(next(iter(found.submodule_search_locations)))


def pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """
    Return *template* filled with *data* as PDF (转成PDF); the template reads it with `json(bytes(sys.inputs.data))`.

    *data* is passed as data, never as code: nothing typed by people can change the paper's form.
    """
    return typst.compile(
        template,
        format="pdf",
        font_paths=[_fonts()],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(dict(data), ensure_ascii=False), "font": FONT},
    )


def qr(text: str) -> str:
    """Return a QR code as SVG, black on white, readable when a corner is torn (二维码)."""
    target = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        target, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return target.getvalue().decode()
