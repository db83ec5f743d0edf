"""Sound."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import wave

    import numpy as np
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Audio(DataType["NDArray[np.float32]"]):
    """Sound as float32[n] within [−1, 1), at ``sample_rate`` hertz; several ``channels`` as float32[n, channels].

    On the wire ``{"wav": base64}`` and in storage the bytes of a WAV file: PCM, 16 bits, so that a value that came
    from a recording comes back to the last bit.
    """

    sample_rate: int = 16_000
    channels: int = 1

    def schema(self) -> dict[str, Any]:
        wav = {"type": "string", "contentEncoding": "base64", "contentMediaType": "audio/wav"}
        return {"type": "object", "properties": {"wav": wav}, "required": ["wav"], "additionalProperties": False}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.binary()

    def encode(self, value: NDArray[np.float32]) -> JSON:
        return {"wav": base64.b64encode(self.store(value)).decode("ascii")}

    def decode(self, wire: JSON) -> NDArray[np.float32]:
        if not isinstance(wire, dict) or wire.keys() != {"wav"} or not isinstance(wire["wav"], str):
            raise wrong_type(Words('an object {"wav": base64}', '对象 {"wav": base64}'), wire)
        try:
            data = base64.b64decode(wire["wav"], validate=True)
        except ValueError as error:
            raise MalformedValue(Words(f"wav is not base64: {error}", f"wav 不是 base64：{error}")) from None
        return self.load(data)

    def store(self, value: NDArray[np.float32]) -> bytes:
        import wave

        import numpy as np

        if not np.isfinite(value).all():
            raise MalformedValue(Words("the sound holds NaN or infinities", "声音含 NaN 或无穷大"))
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(self.channels)
            file.setsampwidth(2)
            file.setframerate(self.sample_rate)
            file.writeframes(np.clip(np.rint(value * 32768.0), -32768, 32767).astype("<i2").tobytes())
        return buffer.getvalue()

    def load(self, stored: bytes) -> NDArray[np.float32]:
        import numpy as np

        with _opened(stored) as file:
            frames, count = file.readframes(file.getnframes()), file.getnframes()
            self._check(file)
        whole = 2 * self.channels * count
        if len(frames) != whole:
            raise MalformedValue(
                Words(f"truncated: {len(frames)} of {whole} bytes", f"文件不完整：{len(frames)}/{whole} 字节")
            )
        sound = np.frombuffer(frames, dtype="<i2").astype(np.float32) / np.float32(32768.0)
        return sound if self.channels == 1 else sound.reshape(-1, self.channels)

    def duration(self, stored: bytes) -> float:
        """Return how many seconds a stored sound lasts, by the head of its file alone.

        Raises
        ------
        MalformedValue
            Where it is no such file.

        Examples
        --------
        >>> import numpy as np
        >>> Audio(sample_rate=8_000).duration(Audio(sample_rate=8_000).store(np.zeros(2_000, dtype=np.float32)))
        0.25
        """
        with _opened(stored) as file:
            self._check(file)
            return file.getnframes() / self.sample_rate

    def _check(self, file: wave.Wave_read) -> None:
        """Raise `MalformedValue` unless a file is of this type."""
        shape = (file.getnchannels(), 8 * file.getsampwidth(), file.getframerate())
        expected = (self.channels, 16, self.sample_rate)
        if shape != expected:
            raise MalformedValue(
                Words(
                    f"expected (channels, bits, hertz) = {expected}, got {shape}",
                    f"（声道数、位数、采样率）应为 {expected}，实为 {shape}",
                )
            )

    def strategy(self) -> SearchStrategy[NDArray[np.float32]]:
        import numpy as np
        from hypothesis import strategies

        steps = strategies.lists(strategies.integers(-32768, 32767), max_size=400)
        shape = (-1,) if self.channels == 1 else (-1, self.channels)
        return steps.map(
            lambda values: (
                np.asarray(values[: len(values) // self.channels * self.channels], dtype=np.float32).reshape(shape)
                / np.float32(32768.0)
            )
        )

    def html(self, value: NDArray[np.float32]) -> str:
        wav = base64.b64encode(self.store(value)).decode("ascii")
        return f'<audio controls preload="metadata" src="data:audio/wav;base64,{wav}"></audio>'


@contextlib.contextmanager
def _opened(stored: bytes) -> Iterator[wave.Wave_read]:
    """Open a WAV file in memory; whatever is wrong with its head is said as a malformed value."""
    import wave

    try:
        with wave.open(io.BytesIO(stored)) as file:
            yield file
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:  # what wave raises for broken headers
        raise MalformedValue(Words(f"not a WAV file: {error}", f"不是 WAV 文件：{error}")) from None
