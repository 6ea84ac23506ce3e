"""Codes to scan: a link as a picture."""

from __future__ import annotations

import base64
import io

import qrcode
import qrcode.image.svg


def picture(link: str) -> str:
    """The code of a link as a picture that a page can hold."""
    drawn = io.BytesIO()
    qrcode.make(link, image_factory=qrcode.image.svg.SvgPathFillImage, border=3).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
