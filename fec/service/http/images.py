"""Answers that are pictures; QR codes, for screens and receipts."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Literal

import segno
from fastapi import Response

Kind = Literal["svg", "png"]

_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}

#: What an endpoint declares that answers with a picture.
SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}}
PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}


def qr_response(text: str, kind: Kind, cache: str) -> Response:
    """An answer with a QR code; `cache` says who may keep it for how long, as Cache-Control has it."""
    return Response(qr_code(text, kind), media_type=_MEDIA_TYPES[kind], headers={"Cache-Control": cache})


def qr_code(text: str, kind: Kind) -> bytes:
    """A QR code."""
    image = BytesIO()
    segno.make_qr(text, error="l").save(image, kind=kind, scale=4, border=4)
    return image.getvalue()
