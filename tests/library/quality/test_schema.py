"""Values that cannot be used, and those that go unseen."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow

from steelyard.data.audio import Audio
from steelyard.data.picture import Picture
from steelyard.library.quality._probes import is_mojibake
from steelyard.library.stored_set import StoredSet


def seen(findings: dict[str, Any]) -> dict[str, list[str]]:
    return {
        kind: sorted(group.ids[0] for group in finding.samples) for kind, finding in findings.items() if kind != "card"
    }


@pytest.mark.parametrize(
    ("texts", "fault", "which"),
    [
        (["fine", None], "missing", ["s1"]),
        (["fine", " \t"], "empty", ["s1"]),
        (["fine", "a\x00b", "tab\tand\nline are fine"], "control", ["s1"]),
        (["fine", "lost \ufffd"], "replacement", ["s1"]),
        (["fine", "\ufeffmark"], "invisible", ["s1"]),
        (["é", "e\u0301"], "decomposed", ["s1"]),
        (["R&D", "R&amp;D"], "entity", ["s1"]),
        (["café", "café".encode().decode("latin-1"), "“so” – ×2"], "mojibake", ["s1"]),
        (["语音识别", "语音识别测试".encode().decode("gb18030")], "mojibake", ["s1"]),
    ],
)
def test_text(
    texts: list[Any], fault: str, which: list[str], made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    stored = made({"input": pa.array(texts, pa.string())}, input={"type": "text"})
    assert seen(found(stored, "schema")) == {f"input.{fault}": which}


@pytest.mark.parametrize(
    "text",
    [
        "杆秤是老的秤",
        "naïve café",
        "Ångström",
        "Привет",
        "नमस्ते",
        "こんにちは",
        "“quoted” – dash…",
        "ÀÉÎÕÜ",
        "中文：全角",
    ],
)
def test_what_is_sound_is_no_mojibake(text: str) -> None:
    assert not is_mojibake(text)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("text", ["café au lait", "Ünïcode", "naïve"])
def test_what_was_read_wrongly_is(text: str, encoding: str) -> None:
    assert is_mojibake(text.encode().decode(encoding))


def test_numbers(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    rows = [[1.0, 2.0], [float("nan"), 1.0], [3.0], [float("inf"), 0.0]]
    stored = made({"input": pa.array(rows, pa.list_(pa.float64()))}, input={"type": "features", "size": 2})
    assert seen(found(stored, "schema")) == {"input.not_finite": ["s1", "s3"], "input.unreadable": ["s1", "s2", "s3"]}


def test_sounds(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    kind = Audio()
    tone = 0.5 * np.sin(np.arange(4000) / 7).astype(np.float32)
    values = [
        kind.store(tone),
        kind.store(tone[:0]),
        kind.store(0 * tone),
        kind.store(np.clip(4 * tone, -1, 1)),
        kind.store(tone + np.float32(0.2)),
        b"RIFF" + kind.store(tone)[4:60],
        Audio(sample_rate=8000).store(tone),
    ]
    stored = made({"input": pa.array(values, pa.binary())}, input=kind.declaration())
    assert seen(found(stored, "schema")) == {
        "input.no_sound": ["s1"],
        "input.silent": ["s2"],
        "input.clipped": ["s3"],
        "input.offset": ["s4"],
        "input.unreadable": ["s5", "s6"],
    }


def test_pictures(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    pixels = Pillow.fromarray(np.arange(64 * 48, dtype=np.uint8).reshape(64, 48))

    def written(picture: Any, orientation: int = 1) -> bytes:
        buffer, exif = io.BytesIO(), Pillow.Exif()
        exif[0x0112] = orientation
        picture.save(buffer, "JPEG", exif=exif)
        return buffer.getvalue()

    values = [
        written(pixels),
        written(pixels, 6),
        written(Pillow.new("L", (9, 9), 80)),
        written(pixels)[:200],
        b"GIF89a",
    ]
    stored = made({"input": pa.array(values, pa.binary())}, input=Picture(channels=1).declaration())
    assert seen(found(stored, "schema")) == {
        "input.rotated": ["s1"],
        "input.blank": ["s2"],
        "input.unreadable": ["s3", "s4"],
    }


def test_answers_that_no_method_knows(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"reference": ["positive", "Positiv", "negative"]}, methods=("medical.diagnosis",))
    finding = found(stored, "schema")["reference.out_of_range"]
    assert [group.ids for group in finding.samples] == [("s1",)]
    assert "positive" in finding.samples[0].said.en


def test_two_samples_with_one_id(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"id": ["a", "b", "a"], "reference": ["x", "y", "z"]})
    assert found(stored, "schema")["id.repeated_id"].count == 2


def test_a_card_that_lies(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"reference": ["x", "y"]})
    lying = StoredSet(replace(stored.card, samples=3), stored.folder)
    assert found(lying, "schema")["card"].severity.value == "serious"
