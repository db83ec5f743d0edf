"""Nearly the same, by type: what is found, and what is let be."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from steelyard.data.audio import Audio
from steelyard.data.picture import Picture
from steelyard.library.quality import examine
from steelyard.library.quality._likeness import _hashes
from steelyard.library.quality._likeness import _minhash as minhash
from steelyard.library.quality._likeness._hashes import (
    FEW,
    all_with_all,
    bands_of,
    bits_apart,
    by_bands,
    close_pairs,
    hashes,
)
from steelyard.library.quality._likeness.audio import correlated
from steelyard.library.stored_set import StoredSet

WORDS = ("steel", "yard", "weigh", "cargo", "river", "lantern", "copper", "morning", "harbour", "bridge", "winter")


def drawn(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def sentences(count: int, seed: int = 1) -> list[str]:
    generator = drawn(seed)
    return [" ".join(generator.permutation(WORDS)[:8].tolist()) for _ in range(count)]


@pytest.mark.parametrize(
    ("original", "copy", "alike"),
    [
        ("please weigh the cargo at the harbour", "Please weigh  the cargo at the harbour", True),
        ("please weigh the cargo at the harbour", "please weigh the cargo at the harbour!", True),
        ("please weigh the cargo at the harbour", "please weigh the cargo at the market", False),
        ("今天下午三点在上海开会讨论检测方案", "今天下午四点在上海开会讨论检测方案", True),
        ("今天下午三点在上海开会讨论检测方案", "明天上午九点去北京参加标准评审会议", False),
        ("Ｔｅｓｔ １２３４５６７８９", "test 123456789", True),
    ],
)
def test_texts(
    original: str, copy: str, alike: bool, made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    stored = made({"input": [*sentences(120), original, copy]}, input={"type": "text"})
    groups = [set(group.ids) for group in found(stored, "near_duplicates").get("near_duplicate", _None()).samples]
    assert ({"s120", "s121"} in groups) == alike


class _None:
    samples: tuple[Any, ...] = ()


@settings(max_examples=20)
@given(st.lists(st.text(st.sampled_from("abcdefg 杆秤"), max_size=30), min_size=1, max_size=20))
def test_equal_texts_have_equal_sketches(texts: list[str]) -> None:
    column = minhash.normalised(pa.array(texts, pa.string()))
    found = minhash.sketches(column)
    for text, sketch in zip(texts, found, strict=True):
        alone = minhash.sketches(minhash.normalised(pa.array([text])))
        assert (alone[0] == sketch).all(), "a sketch hangs on the text alone, not on what stands beside it"


def test_bands_agree_as_often_as_theory_says() -> None:
    """Two texts with overlap J agree in a band with probability J⁵ (A. Broder 1997)."""
    generator, texts, expected = drawn(3), [], []
    for _ in range(400):
        base = "".join(map(chr, generator.integers(97, 123, 60)))
        other = base[: int(generator.integers(30, 60))] + "".join(map(chr, generator.integers(97, 123, 8)))
        one, two = ({text[place : place + 3] for place in range(len(text) - 2)} for text in (base, other))
        expected.append((len(one & two) / len(one | two)) ** minhash.ROWS)
        texts += [base, other]
    found = minhash.sketches(pa.array(texts))
    agreed = (found[0::2] == found[1::2]).mean(axis=1)
    assert abs(np.mean(agreed) - np.mean(expected)) < 0.02
    assert np.corrcoef(agreed, expected)[0, 1] > 0.9


def scene(seed: int, size: int = 96) -> Any:
    """Return a picture of some soft shapes, each seed another."""
    generator = drawn(seed)
    rows, columns = np.mgrid[0:size, 0:size] / size
    picture = np.zeros((size, size))
    for _ in range(9):
        y, x, wide, level = generator.random(4)
        picture += (level - 0.5) * np.exp(-(((rows - y) ** 2 + (columns - x) ** 2) / (0.003 + 0.02 * wide)))
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    return Pillow.fromarray((picture * 255).astype(np.uint8))


def bytes_of(picture: Any, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


EDITS: dict[str, Callable[[Any], bytes]] = {
    "JPEG": lambda picture: bytes_of(picture, "JPEG", quality=30),
    "half the size": lambda picture: bytes_of(picture.resize((48, 48))),
    "darker": lambda picture: bytes_of(picture.point(lambda value: value * 0.7)),
    "border cut": lambda picture: bytes_of(picture.crop((2, 3, 93, 92))),
}


@pytest.mark.parametrize("edit", EDITS)
def test_pictures(edit: str, made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    pictures = [scene(seed) for seed in range(40)]
    data = [*map(bytes_of, pictures), EDITS[edit](pictures[7])]
    stored = made({"input": pa.array(data, pa.binary())}, input=Picture(channels=1).declaration())
    finding = found(stored, "near_duplicates")["near_duplicate"]
    assert [set(group.ids) for group in finding.samples] == [{"s7", "s40"}]


def test_close_pairs_are_all_that_are_close() -> None:
    generator = drawn(5)
    found = generator.integers(0, 2**63, 200, dtype=np.uint64)
    found[10] = found[3] ^ np.uint64(0b1011)
    pairs = {tuple(pair) for block in close_pairs(found[:, None], 20) for pair in block.tolist()}
    every = {
        (one, other)
        for one in range(200)
        for other in range(one + 1, 200)
        if bin(int(found[one]) ^ int(found[other])).count("1") <= 20
    }
    assert pairs == every
    assert (3, 10) in pairs
    assert bits_apart(found[3:4], found[10:11]).tolist() == [3]


def met(blocks: Any) -> set[tuple[int, ...]]:
    return {tuple(pair) for block in blocks for pair in block.tolist()}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(1, 60),
    st.integers(1, 3),
    st.sampled_from([(0, 3), (1, 4), (2, 4), (3, 6), (7, 5), (12, 4), (12, 5)]),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(0, 16)), max_size=30),
)
def test_bands_find_what_all_with_all_finds(
    seed: int, count: int, views: int, search: tuple[int, int], planted: list[tuple[int, int, int]]
) -> None:
    (radius, bands), generator = search, drawn(seed)
    found = generator.integers(0, 2**64, (count, views), dtype=np.uint64)
    for one, other, flipped in planted:  # some within the radius, some just outside
        change = sum(1 << int(bit) for bit in generator.permutation(64)[:flipped])
        found[other % count, generator.integers(0, views)] = found[one % count, 0] ^ np.uint64(change)
    assert met(by_bands(found, radius, bands_of(found, radius, bands))) == met(all_with_all(found, radius))


def test_many_rows_are_searched_by_bands_and_none_is_missed() -> None:
    generator = drawn(6)
    found = generator.integers(0, 2**64, (FEW, 2), dtype=np.uint64)
    for row in range(200):
        change = sum(1 << int(bit) for bit in generator.permutation(64)[: row % 16])
        found[FEW - 1 - row, row % 2] = found[row, 0] ^ np.uint64(change)
    assert met(close_pairs(found, 12)) == met(all_with_all(found, 12))


def test_rows_that_are_alike_throughout_are_compared_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_hashes, "by_bands", None)  # who calls it fails
    monkeypatch.setattr(_hashes, "FEW", 300)
    assert met(close_pairs(np.full((300, 1), 7, dtype=np.uint64), 12)) == set(combinations(range(300), 2))


def test_an_even_picture_has_a_hash() -> None:
    assert len(set(hashes(np.full((2, 32, 32), 7, dtype=np.float32)).tolist())) == 1


def spoken(seed: int, seconds: float = 0.8) -> Any:
    """Return a sound that changes like a voice."""
    generator = drawn(seed)
    time = np.arange(int(16_000 * seconds)) / 16_000
    sound = np.zeros_like(time)
    for start in np.arange(0, seconds, 0.1):
        hertz, level = 150 * 2 ** (4 * generator.random()), generator.random()
        here = (time >= start) & (time < start + 0.1)
        sound += here * level * np.sin(2 * np.pi * hertz * time + generator.random())
    return (0.3 * sound + 0.002 * generator.standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize(
    ("edit", "alike"),
    [
        (lambda sound: sound / 3, True),
        (lambda sound: sound + 0.02 * drawn(0).standard_normal(len(sound)).astype(np.float32), True),
        (lambda sound: sound[600:], True),
        (lambda sound: sound[: len(sound) // 3], False),
    ],
)
def test_sounds(
    edit: Callable[[Any], Any], alike: bool, made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    kind, sounds = Audio(), [spoken(seed) for seed in range(30)]
    data = [kind.store(sound) for sound in [*sounds, edit(sounds[4])]]
    stored = made({"input": pa.array(data, pa.binary())}, input=kind.declaration())
    groups = [set(group.ids) for group in found(stored, "near_duplicates").get("near_duplicate", _None()).samples]
    assert groups == ([{"s4", "s30"}] if alike else [])


def test_correlation_is_numpy_s() -> None:
    one, other = spoken(1)[:4000], spoken(2)[:4000]
    expected = abs(float(one @ other)) / float(np.linalg.norm(one) * np.linalg.norm(other))
    assert correlated(one, other) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("noise", "alike"), [(0.0005, True), (0.5, False)])
def test_features(noise: float, alike: bool, made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    generator = drawn(9)
    rows = generator.standard_normal((300, 8)) * 10 ** np.arange(8)
    copy = rows[11] + noise * 10 ** np.arange(8) * generator.standard_normal(8)
    stored = made(
        {"input": pa.array([*rows.tolist(), copy.tolist()], pa.list_(pa.float64()))},
        input={"type": "features", "size": 8},
    )
    groups = [set(group.ids) for group in found(stored, "near_duplicates").get("near_duplicate", _None()).samples]
    assert groups == ([{"s11", "s300"}] if alike else [])


def test_series(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    generator = drawn(10)
    rows = [generator.standard_normal((60 + each, 2)).cumsum(axis=0) for each in range(60)]
    rows.append(rows[5] + 1e-4)
    stored = made(
        {"input": pa.array([each.ravel().tolist() for each in rows], pa.list_(pa.float64()))},
        input={"type": "series", "channels": 2},
    )
    finding = found(stored, "near_duplicates")["near_duplicate"]
    assert [set(group.ids) for group in finding.samples] == [{"s5", "s60"}]


def test_what_is_alike_throughout_is_said(made: Callable[..., StoredSet]) -> None:
    form = "a reading of the meter at the northern gate of the old harbour, taken by the night watch: {}"
    texts = [form.format(number) for number in range(1000, 1400)]
    outcome = examine(made({"input": texts}, input={"type": "text"}), only=["near_duplicates"]).outcomes
    assert any("alike throughout" in note.en for note in outcome["near_duplicates"].notes)


def test_takes_in_a_row_are_noticed_where_no_unit_is_named(
    made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    generator, sounds = drawn(2), []
    for speaker in range(15):
        voice = spoken(100 + speaker)
        sounds += [voice + 0.15 * generator.standard_normal(len(voice)).astype(np.float32) for _ in range(6)]
    kind = Audio()
    stored = made({"input": pa.array([kind.store(np.clip(each, -1, 1)) for each in sounds])}, input=kind.declaration())
    assert "bundles" in found(stored, "near_duplicates")
    order = drawn(3).permutation(len(sounds))
    mixed = made(
        {"input": pa.array([kind.store(np.clip(sounds[place], -1, 1)) for place in order])}, input=kind.declaration()
    )
    assert "bundles" not in found(mixed, "near_duplicates")


def test_what_cannot_be_read_is_said(made: Callable[..., StoredSet]) -> None:
    data = [bytes_of(scene(seed)) for seed in range(4)]
    stored = made({"input": pa.array([*data, b"no picture"], pa.binary())}, input=Picture(channels=1).declaration())
    outcome = examine(stored, only=["near_duplicates"]).outcomes["near_duplicates"]
    assert any("1 distinct" in note.en for note in outcome.notes)
