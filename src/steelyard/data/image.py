"""Still images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words
from steelyard.data._pixels import Pixels, opened, png_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Image(Pixels):
    """Pixels as uint8[height, width, 3] (RGB), or uint8[height, width] with ``channels=1``.

    On the wire ``{"png": base64}``, in storage the bytes of a PNG file: lossless.
    """

    def store(self, value: NDArray[np.uint8]) -> bytes:
        return png_of(value)

    def load(self, stored: bytes) -> NDArray[np.uint8]:
        import numpy as np
        from PIL import Image as Pillow

        try:
            with opened(stored, ("PNG",), "image") as image:
                if image.mode != self.mode:
                    raise MalformedValue(
                        Words(
                            f"expected mode {self.mode}, got {image.mode}", f"模式应为 {self.mode}，实为 {image.mode}"
                        )
                    )
                return np.array(image, dtype=np.uint8)
        except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
            raise MalformedValue(Words(f"not a PNG file: {error}", f"不是 PNG 文件：{error}")) from None

    def from_png(self, data: bytes) -> NDArray[np.uint8]:
        return self.load(data)
