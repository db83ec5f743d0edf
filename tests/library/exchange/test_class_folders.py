"""A sub-folder for each class, perhaps below one for each split."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from steelyard.core.errors import CallError, SetError
from steelyard.library import exchange, store
from steelyard.library.importing import write_checked

made = runpy.run_path(str(Path(__file__).parent / "conftest.py"))
png, wav = made["png"], made["wav"]


def write(folder: Path, *names: str) -> Path:
    for place, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav(place + 1) if name.endswith("wav") else png(place))
    return folder


def test_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    stored = store.open_set(str(write(tmp_path / "Dogs & Cats", "dog/1.png", "cat/1.png", "cat/2.png")))
    rows = [row for batch in stored.batches() for row in batch.to_pylist()]
    assert [(row["id"], row["reference"]) for row in rows] == [
        ("cat/1.png", "cat"),
        ("cat/2.png", "cat"),
        ("dog/1.png", "dog"),
    ]
    assert rows[2]["input"] == png(0)
    assert stored.card.label == "dogs-cats@1"
    assert str(tmp_path / "Dogs & Cats") in stored.hidden()
    assert stored.card.input == {"type": "picture", "channels": 1}


def test_splits(tmp_path: Path) -> None:
    folder = write(tmp_path / "words", "test/yes/1.wav", "train/yes/2.wav", "val/no/3.wav")
    stored = write_checked(tmp_path / "set", exchange.read(folder))
    assert stored.card.splits == {"test": 1, "training": 1, "validation": 1}
    assert stored.card.methods == ("speech.recognition", "speech.words")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("cat/1.png", "dog/1.wav"), "mixes sounds and pictures"),
        (("cat/1.png", "dog/deep/1.png"), "no sound or picture in a class"),
        (("cat/1.png", "dog/notes.txt"), "no sound or picture in a class"),
    ],
)
def test_what_does_not_belong_is_named(names: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(SetError, match=said):
        exchange.read(write(tmp_path / "x", *names))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("dog/2.wav", wav(1)[:30], r"row 1 \(dog/2\.wav\) is not a WAV file of PCM: it ends within its header$"),
        ("dog/2.wav", wav(1)[:40] + bytes(4), r"row 1 \(dog/2\.wav\) is not a WAV file of PCM: 0 samples"),
        ("dog/2.wav", b"ID3\x03", r"row 1 \(dog/2\.wav\) is not a WAV file of PCM"),
        ("dog/2.wav", wav(1)[:24] + b"\x44\xac" + wav(1)[26:], r"row 1 \(dog/2\.wav\) has 44100 samples a second"),
        ("dog/2.png", png(1)[:50], r"row 1 \(dog/2\.png\): not a JPEG, PNG or PGM file"),
        ("dog/2.png", b"<html>", r"row 1 \(dog/2\.png\): not a JPEG, PNG or PGM file: its kind cannot be told$"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "x", f"cat/1{Path(name).suffix}", name)
    (folder / name).write_bytes(data)
    with pytest.raises((CallError, SetError)) as caught:
        write_checked(tmp_path / "set", exchange.read(folder))
    assert re.search(said, caught.value.what.en), caught.value.what.en
    assert not (tmp_path / "set").exists()


def test_a_link_out_of_the_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", "cat/1.png")
    (tmp_path / "secret.png").write_bytes(png(9))
    (folder / "cat" / "2.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(SetError, match=r"2\.png is no sound or picture"):
        exchange.read(folder)


def test_other_folders_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts" / "a").mkdir(parents=True)
    (tmp_path / "texts" / "a" / "1.txt").write_text("x", "utf-8")
    for name in ("empty", "texts"):
        with pytest.raises(CallError, match="no set in a format"):
            exchange.read(tmp_path / name)
