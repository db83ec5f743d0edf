"""Faults of single values: ten of each, in text, sound and pictures."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as Pillow

from steelyard.library import store
from steelyard.library.quality import Quality, examine
from steelyard.library.stored_set import SAMPLES, StoredSet
from steelyard.library.writing import write_set

TEN = 10
Spoil = Callable[[Any], Any]


def _turned(data: bytes) -> bytes:
    buffer, exif = io.BytesIO(), Pillow.Exif()
    exif[0x0112] = 6
    Pillow.open(io.BytesIO(data)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def _plain(data: bytes) -> bytes:
    buffer, picture = io.BytesIO(), Pillow.open(io.BytesIO(data))
    Pillow.new(picture.mode, picture.size, 128 if picture.mode == "L" else (128, 128, 128)).save(buffer, "PNG")
    return buffer.getvalue()


def _sound(change: Callable[[Any], Any]) -> Spoil:
    from steelyard.data.audio import Audio

    kind = Audio()
    return lambda data: kind.store(change(kind.load(data)))


TEXT: dict[str, tuple[str, Spoil]] = {
    "schema/input.mojibake": ("UTF-8 read as Latin-1", lambda text: (text + "你好").encode().decode("latin-1")),
    "schema/input.mojibake ": (
        "UTF-8 read as GB 18030",
        lambda _: "语音识别测试样本".encode().decode("gb18030", "ignore"),
    ),
    "schema/input.replacement": ("U+FFFD", lambda text: text[:3] + "\ufffd" + text[3:]),
    "schema/input.control": ("control character", lambda text: text + "\x07"),
    "schema/input.invisible": ("zero-width space", lambda text: text[:2] + "\u200b" + text[2:]),
    "schema/input.empty": ("white space only", lambda _: "  "),
    "personal_data/input.identity_number": ("identity number", lambda text: f"{text} 11010519491231002X"),
    "personal_data/input.bank_card": (
        "bank card",
        lambda text: f"{text} 6222 0200 0000 0000 00{_luhn('622202000000000000')}",
    ),
    "personal_data/input.e_mail": ("e-mail address", lambda text: f"{text} li.lei@mail.cn"),
    "personal_data/input.mobile": ("mobile number", lambda text: f"{text} 138-1234-5678"),
}
SOUND: dict[str, tuple[str, Spoil]] = {
    "schema/input.no_sound": ("0 samples", _sound(lambda sound: sound[:0])),
    "schema/input.silent": ("silence", _sound(lambda sound: sound * 0)),
    "schema/input.clipped": (
        "clipped at a third",
        _sound(lambda sound: np.clip(3 * sound / np.abs(sound).max(), -1, 1)),
    ),
    "schema/input.offset": ("offset of 10 %", _sound(lambda sound: sound + np.float32(0.1))),
    "schema/input.unreadable": ("header cut off", lambda data: data[20:]),
}
PICTURES: dict[str, tuple[str, Spoil]] = {
    "schema/input.rotated": ("EXIF orientation", _turned),
    "schema/input.blank": ("one colour", _plain),
    "schema/input.unreadable": ("second half missing", lambda data: data[: len(data) // 2]),
}
SETS = {"clinc150-oos-en": TEXT, "fsdd-digits-en-test300": SOUND, "sign-language-digits-500": PICTURES}


def _luhn(digits: str) -> int:
    doubled = [
        sum(divmod(2 * int(each), 10)) if place % 2 == 0 else int(each) for place, each in enumerate(digits[::-1])
    ]
    return -sum(doubled) % 10


def rows() -> Iterator[tuple[str, ...]]:
    """Yield what is found of each fault."""
    for name, faults in SETS.items():
        stored = store.open_set(name)
        table = pa.Table.from_batches(list(stored.batches())).slice(0, 2000)
        before = _met(_checked(stored, table))
        order = np.random.Generator(np.random.Philox(0)).permutation(table.num_rows)
        inputs, planted = table["input"].to_pylist(), {}
        for number, (fault, (_, spoil)) in enumerate(faults.items()):
            places = order[number * TEN : (number + 1) * TEN].tolist()
            planted[fault] = {table["id"][row].as_py() for row in places}
            for row in places:
                inputs[row] = spoil(inputs[row])
        column = table.column_names.index("input")
        spoilt = table.set_column(
            column, table.schema.field("input"), pa.array(inputs, table.schema.field("input").type)
        )
        found = _met(_checked(stored, spoilt))
        for fault, (what, _) in faults.items():
            key = fault.strip()
            meant = set().union(*(ids for other, ids in planted.items() if other.strip() == key))
            hit = found.get(key, set()) & planted[fault]
            alarms = found.get(key, set()) - meant - before.get(key, set())
            yield name, what, str(TEN), f"{100 * len(hit) / TEN:.0f} %", str(len(alarms))


def _met(quality: Quality) -> dict[str, set[str]]:
    """Return the ids of each kind of finding."""
    return {
        f"{check}/{finding.kind}": {each for group in finding.samples for each in group.ids}
        for check, finding in quality.findings
    }


def _checked(stored: StoredSet, table: pa.Table) -> Quality:
    """Check rows that no set would take: the table is put in the place of a sound one."""
    with tempfile.TemporaryDirectory() as folder:
        card = replace(stored.card, name="planted", methods=())
        made = write_set(Path(folder, "planted"), card, table.slice(0, 1))
        pq.write_table(table, made.folder / SAMPLES)
        return examine(made, only=["schema", "personal_data"])
