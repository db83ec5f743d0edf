"""What can be wrong with stored text, pictures and sound, value by value."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

PATTERNS = {
    "control": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}]",
    "replacement": r"\x{fffd}",
    "invisible": r"[\x{200b}\x{202a}-\x{202e}\x{2060}\x{feff}]",
    "entity": r"&(amp|lt|gt|quot|nbsp|#[0-9]+);",
}
_SUSPECT = (
    r"[\x{80}-\x{ff}\x{152}\x{153}\x{160}\x{161}\x{178}\x{17d}\x{17e}\x{192}\x{2013}-\x{2122}]{2}|锟斤拷|烫烫烫|屯屯屯"
)
_GBK_SUSPECT = r"[\x{4e00}-\x{9fff}\x{e000}-\x{f8ff}]{3}"
_CERTAIN = re.compile("锟斤拷|烫烫烫|屯屯屯|ï»¿|ï¿½")


def text_faults(column: pa.Array) -> Iterator[tuple[str, NDArray[np.int64]]]:
    r"""Yield faults of a text column and the places that have them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = text_faults(pa.array(["fine", "cafÃ©", "浣犲ソ涓栫晫", "a\x07b", "你好", "déjà vu – “so”", " "]))
    >>> {fault: places.tolist() for fault, places in found}
    {'empty': [6], 'control': [3], 'mojibake': [1, 2]}
    """
    import numpy as np
    import pyarrow.compute as pc

    def places(mask: pa.Array) -> NDArray[np.int64]:
        return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))

    found = {"empty": places(pc.equal(pc.utf8_trim_whitespace(column), ""))}
    found |= {name: places(pc.match_substring_regex(column, pattern)) for name, pattern in PATTERNS.items()}
    suspects = places(
        pc.or_(pc.match_substring_regex(column, _SUSPECT), pc.match_substring_regex(column, _GBK_SUSPECT))
    )
    found["mojibake"] = np.array([row for row in suspects if is_mojibake(column[int(row)].as_py())], dtype=np.int64)
    found["decomposed"] = places(pc.not_equal(pc.utf8_normalize(column, "NFC"), column))
    yield from ((name, rows) for name, rows in found.items() if len(rows))


def is_mojibake(text: str) -> bool:
    r"""Tell whether text is UTF-8 that was read in another encoding: read back so, it makes sense.

    Examples
    --------
    >>> is_mojibake("æ\x9d\x86ç§¤"), is_mojibake("Ã la carte"), is_mojibake("杆秤"), is_mojibake("naïve café")
    (True, False, False, False)
    """
    if _CERTAIN.search(text):
        return True
    for encoding in ("latin-1", "cp1252"):
        if _was_utf8(text, encoding) is not None:
            return True
    again = _was_utf8(text, "gb18030")
    # By chance a few characters of Chinese are valid UTF-8 too: what comes out must be Chinese as well, and shorter.
    return (
        again is not None and len(again) >= 2 and sum("\u4e00" <= each <= "\u9fff" for each in again) * 2 > len(again)
    )


def _was_utf8(text: str, encoding: str) -> str | None:
    try:
        again = text.encode(encoding).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None
    return again if len(again) < len(text) else None


def picture_faults(data: bytes, pixels: NDArray[np.uint8]) -> Iterator[str]:
    """Yield what is wrong with a picture that could be read."""
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(data)) as file:
        if file.getexif().get(0x0112, 1) != 1:
            yield "rotated"
    if (pixels == pixels[:1, :1]).all():
        yield "blank"


SILENCE = 10 ** (-60 / 20)
FULL_SCALE = 32766 / 32768
CLIPPED = 0.001
OFFSET = 0.05


def sound_faults(sound: NDArray[np.float32]) -> Iterator[str]:
    """Yield what is wrong with a sound that could be read.

    Examples
    --------
    >>> import numpy as np
    >>> loud = np.clip(2 * np.sin(np.arange(800) / 9), -1, 32767 / 32768).astype(np.float32)
    >>> list(sound_faults(loud)), list(sound_faults(0 * loud)), list(sound_faults(loud[:0]))
    (['clipped'], ['silent'], ['no_sound'])
    """
    import numpy as np

    if not len(sound):
        yield "no_sound"
        return
    loud = np.abs(sound)
    if loud.max() < SILENCE:
        yield "silent"
        return
    full = loud >= FULL_SCALE
    if len(full) > 2 and (full[:-2] & full[1:-1] & full[2:]).any() and full.mean() >= CLIPPED:
        yield "clipped"
    if abs(float(sound.mean(dtype=np.float64))) > OFFSET:
        yield "offset"
