"""Pictures that are kept as the files that they came in."""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray

MOST_PIXELS = 80_000_000
"""A small file can unpack to a huge picture; beyond this it is refused before it is unpacked."""
FORMATS = ("JPEG", "PNG", "PPM")
"""What a stored picture may be written as; PPM stands for PGM too."""


@dataclass(frozen=True)
class Picture(DataType["NDArray[np.uint8]"]):
    r"""Pixels as uint8[height, width, 3] (RGB), or uint8[height, width] with ``channels=1``.

    In storage the bytes of a JPEG, PNG or PGM file as its maker wrote them: a photograph is not unpacked to be kept.
    On the wire ``{"png": base64}``, lossless. What a camera notes of its orientation is applied, and what is
    transparent lies on white. Decoders of JPEG differ by a step or two of 255 between versions; the digest of a set is
    over the files, not over pixels.

    Examples
    --------
    >>> Picture(channels=1).load(b"P5 2 1 255 \x00\xff").tolist()
    [[0, 255]]
    """

    channels: int = 3

    def schema(self) -> dict[str, Any]:
        png = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}
        return {"type": "object", "properties": {"png": png}, "required": ["png"], "additionalProperties": False}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.binary()

    def encode(self, value: NDArray[np.uint8]) -> JSON:
        return {"png": base64.b64encode(self.store(value)).decode("ascii")}

    def decode(self, wire: JSON) -> NDArray[np.uint8]:
        if not isinstance(wire, dict) or wire.keys() != {"png"} or not isinstance(wire["png"], str):
            raise wrong_type(Words('an object {"png": base64}', '对象 {"png": base64}'), wire)
        try:
            data = base64.b64decode(wire["png"], validate=True)
        except ValueError as error:
            raise MalformedValue(Words(f"png is not base64: {error}", f"png 不是 base64：{error}")) from None
        return self._pixels(data, ("PNG",))

    def store(self, value: NDArray[np.uint8]) -> bytes:
        from PIL import Image as Pillow

        buffer = io.BytesIO()
        Pillow.fromarray(value).save(buffer, format="PNG", compress_level=1)  # a fifth larger, four times faster
        return buffer.getvalue()

    def load(self, stored: bytes) -> NDArray[np.uint8]:
        return self._pixels(stored, FORMATS)

    def first_wrong(self, column: pa.Array) -> tuple[int, Exception] | None:
        """Return the first picture that cannot be read; each is unpacked once, and none is packed again."""
        for row, stored in enumerate(column):
            try:
                self.load(stored.as_py())
            except (MalformedValue, TypeError) as error:
                return row, error
        return None

    def strategy(self) -> SearchStrategy[NDArray[np.uint8]]:
        import numpy as np
        from hypothesis import strategies
        from hypothesis.extra.numpy import arrays

        sides = strategies.tuples(strategies.integers(1, 8), strategies.integers(1, 8))
        depth = () if self.channels == 1 else (self.channels,)
        return sides.flatmap(lambda side: arrays(np.uint8, (*side, *depth)))

    def html(self, value: NDArray[np.uint8]) -> str:
        png = base64.b64encode(self.store(value)).decode("ascii")
        return f'<img alt="{value.shape[1]} × {value.shape[0]}" src="data:image/png;base64,{png}">'

    def _pixels(self, data: bytes, formats: tuple[str, ...]) -> NDArray[np.uint8]:
        import numpy as np
        from PIL import Image as Pillow
        from PIL import ImageOps

        mode = {1: "L", 3: "RGB"}[self.channels]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # ours says the size
                opened = Pillow.open(io.BytesIO(data), formats=formats)
            with opened as file:
                if file.width * file.height > MOST_PIXELS:
                    size = f"{file.width} × {file.height}"
                    raise MalformedValue(Words(f"picture too large: {size}", f"图像过大：{size}"))
                if file.mode[0] in "IF":
                    raise MalformedValue(Words("more than 8 bits a channel", "每通道超过 8 位"))
                turned = ImageOps.exif_transpose(file)
                if "A" in turned.getbands() or "transparency" in turned.info:
                    white = Pillow.new("RGBA", turned.size, "white")
                    turned = Pillow.alpha_composite(white, turned.convert("RGBA"))
                return np.array(turned.convert(mode), dtype=np.uint8)
        except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
            kinds = "PNG" if formats == ("PNG",) else "JPEG, PNG or PGM"
            raise MalformedValue(Words(f"not a {kinds} file: {error}", f"不是 {kinds} 文件：{error}")) from None
