"""Pictures stay the files that they came in; what cannot be read is refused before it costs memory."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow

from steelyard.core.errors import MalformedValue
from steelyard.data import _pixels
from steelyard.data.picture import Picture

PIXELS = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
GREY = PIXELS[:, :, 0]


def saved(pixels: Any, kind: str, mode: str | None = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    made = Pillow.fromarray(pixels)
    (made.convert(mode) if mode else made).save(buffer, format=kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "channels", "expected"),
    [
        (saved(PIXELS, "PNG"), 3, PIXELS),
        (saved(PIXELS, "PPM"), 3, PIXELS),
        (saved(GREY, "PPM"), 1, GREY),
        (saved(GREY, "PNG"), 3, np.stack([GREY] * 3, axis=-1)),
        (saved((GREY > 20).astype(np.uint8) * 255, "PNG", "1"), 1, np.where(GREY > 20, 255, 0)),  # one bit a pixel
        (saved(np.zeros((2, 2, 4), np.uint8), "PNG"), 3, np.full((2, 2, 3), 255)),  # transparent: white shows
    ],
)
def test_pixels_of_each_kind_of_file(data: bytes, channels: int, expected: Any) -> None:
    pixels = Picture(channels).load(data)
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, expected)


def test_a_photograph_is_turned_as_its_camera_was() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned to the left: the picture is to be turned to the right
    wide = np.zeros((8, 16, 3), np.uint8)
    wide[:, :8] = 255
    shown = Picture().load(saved(wide, "JPEG", exif=exif, quality=95))
    assert shown.shape == (16, 8, 3)
    assert shown[:7].min() > 200
    assert shown[9:].max() < 50


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a JPEG, PNG or PGM file"),
        (b"<html>404</html>", "not a JPEG, PNG or PGM file"),
        (saved(PIXELS, "GIF"), "not a JPEG, PNG or PGM file"),  # only what the type says is read
        (saved(PIXELS, "PNG")[:-30], "not a JPEG, PNG or PGM file"),
        (saved(np.zeros((99, 99, 3), np.uint8), "JPEG")[:400], "not a JPEG, PNG or PGM file"),
        (saved(np.zeros((2, 2), np.uint16), "PNG"), "more than 8 bits"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Picture().load(data)
    column = pa.array([saved(PIXELS, "PNG"), data], pa.binary())
    wrong = Picture().first_wrong(column)
    assert wrong is not None
    assert wrong[0] == 1


def test_a_picture_too_large_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pixels, "MOST_PIXELS", 19)
    with pytest.raises(MalformedValue, match="picture too large: 5 × 4"):
        Picture().load(saved(PIXELS, "PNG"))


def test_on_the_wire_only_png() -> None:
    assert np.array_equal(Picture().decode(Picture().encode(PIXELS)), PIXELS)
    with pytest.raises(MalformedValue, match="not a PNG file"):
        Picture().decode({"png": base64.b64encode(saved(PIXELS, "JPEG")).decode()})
