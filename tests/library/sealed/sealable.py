"""Sets whose every word can be searched for, keys, and a search through all that was left on a disk."""

from __future__ import annotations

import base64
import io
import json
import random
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

from steelyard.core.card import Card
from steelyard.core.words import Words


class Key(NamedTuple):
    """A key in a file of its own."""

    path: Path
    public: str


def make_key(path: Path) -> Key:
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    path.write_text(f"# created: today\n# public key: {public}\n{identity}\n", "utf-8")
    path.chmod(0o600)
    return Key(path, public)


def speech(count: int, seed: int = 0) -> tuple[Card, pa.Table]:
    """Return a set of sounds whose samples are the code points of what is said: whoever hears them knows the answer."""
    draw = random.Random(seed)
    said = ["".join(chr(draw.randint(0x4E00, 0x7FFF)) for _ in range(12)) for _ in range(count)]
    name = lambda kind, number: f"{kind}-{seed}-{number:03d}-{'abcdefgh'[number % 8]}"  # noqa: E731
    table = pa.table(
        {
            "id": [name("sample", number) for number in range(count)],
            "input": pa.array([_wav(text) for text in said], pa.binary()),
            "reference": said,
            "scene": [name("scene", number % 3) for number in range(count)],
            "speaker": [name("speaker", number % 12) for number in range(count)],
            "rater": [f"heard {text}" for text in said],  # the card does not name it
        }
    )
    words = Words("made for this test", "为本测试而造")
    card = Card(
        name="said",
        version="1",
        title=words,
        licence="CC0-1.0",
        source="made",
        citation="made",
        methods=("speech.recognition",),
        reference=words,
        input={"type": "audio"},
        groups={"scene": Words("scene", "场景")},
        units={"speaker": Words("speakers", "说话人")},
    )
    return card, table


def secrets_of(table: pa.Table, columns: Sequence[str]) -> list[bytes]:
    """Return what tells a cell of these columns: text as it is and in JSON, sounds as they are and on pages."""
    found = []
    for column in columns:
        for value in table[column].to_pylist():
            if isinstance(value, bytes):
                found += [value[44:], base64.b64encode(value)[60:]]
            else:
                found += [value.encode(), json.dumps(value)[1:-1].encode()]
    return sorted(set(found))


def left_in(folder: Path, words: Sequence[bytes]) -> list[tuple[Path, bytes]]:
    """Return the files below a folder that hold any of these words, tables unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole = b"\0".join(_contents(path))
            found += [(path, word) for word in words if word in whole]
    return found


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield str(path).encode()
    yield data
    table = None
    if data[:4] == b"PAR1":
        table = pq.read_table(path)
    elif data[:6] == b"ARROW1":
        table = pa.ipc.open_file(data).read_all()
    for row in [] if table is None else table.to_pylist():
        for value in row.values():
            yield value if isinstance(value, bytes) else _written(value)


def _written(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()


def _wav(text: str) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(text.encode("utf-16-le"))
    return buffer.getvalue()
