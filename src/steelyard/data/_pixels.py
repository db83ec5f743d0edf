"""What all types of pixels share: their wire form, and how they are shown and drawn."""

from __future__ import annotations

import base64
import io
import warnings
from abc import abstractmethod
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
    from PIL.ImageFile import ImageFile

MOST_PIXELS = 80_000_000
"""A small file can unpack to a huge image; beyond this it is refused before it is unpacked."""


@dataclass(frozen=True)
class Pixels(DataType["NDArray[np.uint8]"]):
    """Pixels as uint8[height, width, 3] (RGB), or uint8[height, width] with ``channels=1``; PNG on the wire."""

    channels: int = 3

    @property
    def mode(self) -> str:
        """Pillow's name of these channels."""
        return {1: "L", 3: "RGB"}[self.channels]

    @abstractmethod
    def from_png(self, data: bytes) -> NDArray[np.uint8]:
        """Return the pixels of a PNG file that came over the wire."""

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
        return self.from_png(data)

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


def png_of(value: NDArray[np.uint8], **options: Any) -> bytes:
    """Return pixels as the bytes of a PNG file."""
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(value).save(buffer, format="PNG", **options)
    return buffer.getvalue()


def opened(data: bytes, formats: tuple[str, ...], kind: str) -> ImageFile:
    """Open a file's bytes without unpacking them; ``kind`` is what it is called where it is too large.

    Raises
    ------
    MalformedValue
        Where it has more pixels than anyone would send.
    OSError
        Where it is of none of these formats.
    """
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # ours says the size
        try:
            file = Pillow.open(io.BytesIO(data), formats=formats)
        except UnidentifiedImageError:
            raise OSError("its kind cannot be told") from None  # Pillow's words name an address in memory
    if file.width * file.height > MOST_PIXELS:
        size = f"{file.width} × {file.height}"
        file.close()
        raise MalformedValue(Words(f"{kind} too large: {size}", f"图像过大：{size}"))
    return file
