"""Brings inputs that others stored into the form that a data type stores."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library.foreign.beside import beside

if TYPE_CHECKING:
    import pyarrow as pa

PIXELS = ("image", "picture")


@dataclass(frozen=True)
class Made:
    """Inputs as a data type stores them."""

    column: pa.ChunkedArray
    declaration: Mapping[str, Any]


def inputs(
    columns: Mapping[str, pa.ChunkedArray],
    wanted: Mapping[str, Any] | None,
    media: str | None,
    named_by: Path,
    ids: pa.ChunkedArray,
) -> Made:
    """Return inputs as their data type stores them.

    Parameters
    ----------
    columns : mapping of str to pyarrow.ChunkedArray
        One column, or several of numbers, which become features.
    wanted : mapping, optional
        The data type that the user wants: its name, and perhaps its parameter.
    media : str, optional
        What the file says that the column holds: ``"image"`` or ``"audio"``.
    named_by : Path
        The file that describes them; paths in the column start at its folder.
    ids : pyarrow.ChunkedArray
        Of the samples, which errors name.

    Raises
    ------
    CallError
        Where they cannot be of that type, or it must be said of which they are.
    SetError
        Where a file of sound or pixels cannot be read.
    """
    import pyarrow as pa

    name, column = next(iter(columns.items()))
    kind = str(wanted["type"]) if wanted else None
    if len(columns) > 1:
        return _features(_beside_each_other(columns), wanted, named_by)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if is_text and kind in (*PIXELS, "audio"):
        column = _files(column, named_by)
    is_bytes = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    if is_bytes:
        kind = kind or {"image": "picture"}.get(media or "", media)
        rows = [(row, data) for row, data in enumerate(column.to_pylist())]
        if kind == "audio":
            return _audio(rows, wanted, named_by, ids)
        if kind in PIXELS:
            return _pixels(column, rows, kind, wanted)
    elif is_text and kind in (None, "text"):
        return Made(column.cast(pa.string()), {"type": "text"})
    elif (
        pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_fixed_size_list(column.type)
    ):
        return _features(column, wanted, named_by)
    elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _features(_beside_each_other(columns), wanted, named_by)
    raise CallError(
        Words(
            f"{named_by}: column {name!r} ({column.type}) cannot be read as {kind or 'any data type'}.",
            f"{named_by}：列 {name!r}（{column.type}）不能读作{kind or '任何数据类型'}。",
        ),
        Words(
            "Give --type to `steelyard sets add`: text, audio, picture, features or series:CHANNELS; a column of text "
            "holds paths of files for audio and picture.",
            "请在 `steelyard sets add` 中给出 --type：text、audio、picture、features 或 series:通道数；"
            "audio 与 picture 的文本列应为文件路径。",
        ),
    )


def _beside_each_other(columns: Mapping[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    """Return columns of numbers as one of lists."""
    import numpy as np
    import pyarrow as pa

    numbers = []
    for name, column in columns.items():
        try:
            cells = column.cast(pa.float64())
        except pa.ArrowException as error:
            raise CallError(
                Words(f"column {name!r} holds what is no number: {error}", f"列 {name!r} 含非数字：{error}")
            ) from None
        if cells.null_count:
            raise SetError(
                Words(f"column {name!r} lacks {cells.null_count} numbers", f"列 {name!r} 缺 {cells.null_count} 个数")
            )
        numbers.append(cells.to_numpy())
    table = np.stack(numbers, axis=1)
    ends = pa.array(np.arange(len(table) + 1) * table.shape[1], pa.int32())
    return pa.chunked_array([pa.ListArray.from_arrays(ends, pa.array(table.reshape(-1)))])


def _features(column: pa.ChunkedArray, wanted: Mapping[str, Any] | None, named_by: Path) -> Made:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = str(wanted["type"]) if wanted else "features"
    try:
        if pa.types.is_list(column.type.value_type) or pa.types.is_fixed_size_list(column.type.value_type):
            rows = column.to_pylist()
            channels = {len(each) for row in rows for each in row or []}
            if len(channels) != 1 or kind not in ("features", "series") or (wanted and wanted["type"] == "features"):
                raise ValueError(f"{kind} of rows with {sorted(channels)} numbers")
            flat = [None if row is None else [float(number) for each in row for number in each] for row in rows]
            made = pa.chunked_array([pa.array(flat, pa.list_(pa.float64()))])
            return Made(made, {"type": "series", "channels": channels.pop()})
        lists = column.cast(pa.list_(pa.float64()))
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise CallError(
            Words(f"{named_by}: inputs cannot be read as {kind}: {error}", f"{named_by}：输入不能读作 {kind}：{error}")
        ) from None
    if kind == "series":
        return Made(lists, {"type": "series", "channels": (wanted or {}).get("channels", 1)})
    sizes = pc.unique(pc.list_value_length(lists).drop_null()).to_pylist()
    if len(sizes) != 1:
        raise CallError(
            Words(
                f"{named_by}: rows of {sorted(sizes)[:5]} numbers are no features of one size.",
                f"{named_by}：各行长度为 {sorted(sizes)[:5]}，不能作为同一长度的特征。",
            ),
            Words("Give --type series:CHANNELS where they are series.", "若为序列，请给出 --type series:通道数。"),
        )
    return Made(lists, {"type": "features", "size": sizes[0]})


def _files(column: pa.ChunkedArray, named_by: Path) -> pa.ChunkedArray:
    """Return the bytes of the files that a column of paths names."""
    import pyarrow as pa

    folder = named_by if named_by.is_dir() else named_by.parent
    data = [
        None if name is None else _bytes_of(beside(folder, name, named_by), named_by) for name in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(data, pa.binary())])


def _bytes_of(path: Path, named_by: Path) -> bytes:
    if not path.is_file():
        raise SetError(
            Words(f"{named_by} names {path}, which is no file.", f"{named_by} 所列 {path} 不是文件。"),
            Words("Name a file of sound or pixels in each row.", "请在每行列出一个音频或图像文件。"),
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise SetError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from None


def _pixels(
    column: pa.ChunkedArray, rows: list[tuple[int, bytes | None]], kind: str, wanted: Mapping[str, Any] | None
) -> Made:
    import pyarrow as pa
    from PIL import Image as Pillow

    channels = (wanted or {}).get("channels")
    first = next((data for _, data in rows if data), b"")
    if channels is None:
        try:
            with Pillow.open(io.BytesIO(first)) as image:
                channels = 1 if image.mode in ("1", "L") else 3
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
            channels = 3  # it is refused, with its row, when it is written
    return Made(column.cast(pa.binary()), {"type": kind, "channels": channels})


def _audio(
    rows: list[tuple[int, bytes | None]], wanted: Mapping[str, Any] | None, named_by: Path, ids: pa.ChunkedArray
) -> Made:
    """Return sound as WAV files of one rate: the one that is wanted, or the one that all have."""
    import pyarrow as pa

    rates = {row: _rate(data, f"{row} ({ids[row]})", named_by) for row, data in rows if data is not None}
    rate: int = (wanted or {}).get("sample_rate") or next(iter(rates.values()), 16_000)
    other = next((row for row, found in rates.items() if found != rate), None)
    if other is not None and not (wanted or {}).get("sample_rate"):
        raise CallError(
            Words(
                f"{named_by}: row {other} ({ids[other]}) has {rates[other]} samples a second, the first {rate}.",
                f"{named_by}：第 {other} ({ids[other]}) 行采样率为 {rates[other]}，首行为 {rate}。",
            ),
            Words("Give --type audio:16000 to bring all to one rate.", "请给出 --type audio:16000 以统一采样率。"),
        )
    made = [None if data is None else _at_rate(data, rates[row], rate) for row, data in rows]
    return Made(pa.chunked_array([pa.array(made, pa.binary())]), {"type": "audio", "sample_rate": rate})


def _rate(data: bytes, row: str, named_by: Path) -> int:
    try:
        with wave.open(io.BytesIO(data)) as file:
            shape, rate = (file.getnchannels(), 8 * file.getsampwidth()), file.getframerate()
            if rate <= 0 or not file.getnframes():
                raise wave.Error(f"{file.getnframes()} samples at {rate} Hz")
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:
        why = Words(str(error), str(error)) if str(error) else Words("it ends within its header", "文件头不完整")
        raise SetError(
            Words(
                f"{named_by}: row {row} is not a WAV file of PCM: {why.en}",
                f"{named_by}：第 {row} 行不是 PCM 的 WAV 文件：{why.zh}",
            ),
            Words(
                "Convert it: ffmpeg -i OLD -ac 1 -c:a pcm_s16le NEW.wav",
                "请转换：ffmpeg -i 旧文件 -ac 1 -c:a pcm_s16le 新文件.wav",
            ),
        ) from None
    if shape != (1, 16):
        raise SetError(
            Words(
                f"{named_by}: row {row} has {shape[0]} channels of {shape[1]} bits; one of 16 bits is needed.",
                f"{named_by}：第 {row} 行为 {shape[0]} 声道、{shape[1]} 位；应为单声道、16 位。",
            ),
            Words(
                "Convert it: ffmpeg -i OLD -ac 1 -c:a pcm_s16le NEW.wav",
                "请转换：ffmpeg -i 旧文件 -ac 1 -c:a pcm_s16le 新文件.wav",
            ),
        )
    return int(rate)


def _at_rate(data: bytes, rate: int, wanted: int) -> bytes:
    if rate == wanted:
        return data
    import math

    import numpy as np

    from steelyard.data.audio import Audio
    from steelyard.library.readers._sound import resampled

    steps = math.gcd(rate, wanted)
    with wave.open(io.BytesIO(data)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return Audio(wanted).store(
        resampled(sound, wanted // steps, rate // steps).astype(np.float32) / np.float32(32768.0)
    )
