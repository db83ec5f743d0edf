"""Still images."""

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
"""A small file can unpack to a huge image; beyond this it is refused before it is unpacked."""


@dataclass(frozen=True)
class Image(DataType["NDArray[np.uint8]"]):
    """Pixels as uint8[height, width, 3] (RGB), or uint8[height, width] with ``channels=1``.

    On the wire ``{"png": base64}``, in storage the bytes of a PNG file: lossless.
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
        return self.load(data)

    def store(self, value: NDArray[np.uint8]) -> bytes:
        from PIL import Image as Pillow

        buffer = io.BytesIO()
        Pillow.fromarray(value).save(buffer, format="PNG")
        return buffer.getvalue()

    def load(self, stored: bytes) -> NDArray[np.uint8]:
        import numpy as np
        from PIL import Image as Pillow

        mode = {1: "L", 3: "RGB"}[self.channels]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # ours says the size
                opened = Pillow.open(io.BytesIO(stored), formats=["PNG"])
            with opened as image:
                if image.width * image.height > MOST_PIXELS:
                    size = f"{image.width} × {image.height}"
                    raise MalformedValue(Words(f"image too large: {size}", f"图像过大：{size}"))
                if image.mode != mode:
                    raise MalformedValue(
                        Words(f"expected mode {mode}, got {image.mode}", f"模式应为 {mode}，实为 {image.mode}")
                    )
                return np.array(image, dtype=np.uint8)
        except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
            raise MalformedValue(Words(f"not a PNG file: {error}", f"不是 PNG 文件：{error}")) from None

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
