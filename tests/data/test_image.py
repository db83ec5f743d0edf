"""Images are lossless, and what is no such image is refused before it costs memory."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from steelyard.core.errors import MalformedValue
from steelyard.data import _pixels
from steelyard.data.image import Image

PIXELS = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


def saved(pixels: Any, mode: str | None = None, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(buffer, format=kind)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(header: bytes, *chunks: bytes) -> bytes:
    """A PNG file whose check sums are right, whatever it says."""
    body = chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + body + chunk(b"IEND", b"")


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def test_pixels_come_back() -> None:
    kind = Image()
    assert np.array_equal(kind.load(kind.store(PIXELS)), PIXELS)
    assert np.array_equal(kind.load(saved(PIXELS)), PIXELS)
    grey = PIXELS[:, :, 0]
    assert np.array_equal(Image(channels=1).load(saved(grey)), grey)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a PNG file"),
        (saved(PIXELS, kind="BMP"), "not a PNG file"),  # only what the type says is read, whatever else Pillow knows
        (saved(PIXELS)[:-30], "not a PNG file"),
        (saved(PIXELS, "L"), "expected mode RGB, got L"),
        (saved(PIXELS, "RGBA"), "expected mode RGB, got RGBA"),
        (saved(PIXELS, "P"), "expected mode RGB, got P"),
        (png(header(30_000, 30_000)), "not a PNG file|too large"),
        (png(header(10_000, 10_001)), "too large"),  # just beyond the limit
        (png(header(10_000, 9_900)), "too large"),  # ours says the size, not a warning of Pillow's
        (png(header(1, 1)[:7]), "not a PNG file"),  # a header of seven bytes
        (png(header(1, 1), chunk(b"pHYs", b"\0")), "not a PNG file"),
        (png(header(1, 1), chunk(b"gAMA", b"\0")), "not a PNG file"),
        (png(header(1, 1), chunk(b"acTL", b"\0")), "not a PNG file"),
    ],
    ids=lambda case: None if isinstance(case, str) else f"{len(case)} bytes",
)
def test_other_bytes_are_malformed(data: bytes, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Image().load(data)


def test_the_limit_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pixels, "MOST_PIXELS", 20)
    assert Image().load(saved(PIXELS)).shape == (4, 5, 3)
    with pytest.raises(MalformedValue, match="too large: 6 × 4"):
        Image().load(saved(np.zeros((4, 6, 3), np.uint8)))


WHOLE = saved(PIXELS)


@given(place=st.integers(8, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_damage_is_read_or_malformed(place: int, byte: int) -> None:
    damaged = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    with suppress(MalformedValue):  # anything else would stop a run
        assert Image().load(damaged).dtype == np.uint8


def test_wire_form_is_base64() -> None:
    assert np.array_equal(Image().decode({"png": base64.b64encode(WHOLE).decode()}), PIXELS)
    with pytest.raises(MalformedValue, match="not base64"):
        Image().decode({"png": "%"})
