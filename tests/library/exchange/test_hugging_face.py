"""Hugging Face folders that others wrote: read as their cards say, and never run."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from steelyard.core.errors import CallError, SetError, SteelyardError
from steelyard.library import exchange, store
from steelyard.library.adding import add_from
from steelyard.library.foreign.description import Description
from steelyard.library.stored_set import StoredSet

made = runpy.run_path(str(Path(__file__).parent / "conftest.py"))
png, wav = made["png"], made["wav"]
CLASSES = {"class_label": {"names": {"0": "no", "1": "yes"}}}


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a folder: its card's head, and files by their names."""

    def written(front: Any, files: dict[str, Any]) -> Path:
        folder = tmp_path / "Noises of rain"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                pq.write_table(pa.table(content), path)
        head = front if isinstance(front, str) else yaml.safe_dump(front)
        (folder / "README.md").write_text(f"---\n{head}---\n# Noises\n", "utf-8")
        return folder

    return written


def files(*cells: bytes) -> pa.Array:
    return pa.array(
        [{"bytes": cell, "path": "x"} for cell in cells], pa.struct({"bytes": pa.binary(), "path": pa.string()})
    )


def features(**kinds: Any) -> dict[str, Any]:
    return {"dataset_info": {"features": [{"name": name, "dtype": kind} for name, kind in kinds.items()]}}


def rows_of(stored: StoredSet) -> list[dict[str, Any]]:
    return [row for batch in stored.batches() for row in batch.to_pylist()]


def test_classes_and_files_by_the_card(write: Callable[..., Path]) -> None:
    front = {"license": "cc-by-sa-4.0", "pretty_name": "Rain 2"} | features(image="image", label=CLASSES)
    folder = write(
        front,
        {
            "data/train-00000-of-00001.parquet": {"image": files(png(1)), "label": [0]},
            "data/test-00000-of-00001.parquet": {"image": files(png(2), png(3)), "label": [1, 0]},
        },
    )
    stored = store.open_set(str(folder))
    assert (stored.card.name, stored.card.licence) == ("rain-2", "CC-BY-SA-4.0")
    assert stored.card.input == {"type": "picture", "channels": 1}
    assert stored.card.splits == {"test": 2, "training": 1}
    assert [(row["reference"], row["split"]) for row in rows_of(stored)] == [
        ("yes", "test"),
        ("no", "test"),
        ("no", "training"),
    ]
    assert rows_of(stored)[0]["input"] == png(2)


def test_files_that_lie_beside_the_tables(write: Callable[..., Path]) -> None:
    cells = pa.array([{"bytes": None, "path": "wavs/a.wav"}], pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    folder = write(features(audio="audio"), {"x.parquet": {"audio": cells, "answer": ["下雨"]}, "wavs/a.wav": wav(8)})
    assert rows_of(store.open_set(str(folder)))[0]["input"] == wav(8)


@pytest.mark.parametrize(
    ("front", "names"),
    [
        ({"configs": [{"config_name": "all", "data_files": [{"split": "test", "path": "a/*.csv"}]}]}, ["a/1.csv"]),
        ({"configs": [{"config_name": "all", "data_files": {"test": ["a/1.csv"]}}]}, ["a/1.csv"]),
        ({"configs": [{"config_name": "all", "data_files": "a/1.csv"}]}, ["a/1.csv", "test.csv"]),
        (
            {
                "configs": [
                    {"config_name": "small", "data_files": "b/1.csv"},
                    {"config_name": "all", "default": True, "data_files": "a/1.csv"},
                ]
            },
            ["a/1.csv", "b/1.csv"],
        ),
        ({}, ["a/test-1.csv"]),
        ({}, ["all.csv"]),
        ({}, ["testing/all.jsonl"]),
    ],
    ids=["globs", "by split", "one path", "the default", "by name", "no split", "a folder's name"],
)
def test_where_data_lie(front: Any, names: list[str], write: Callable[..., Path]) -> None:
    content = {".csv": b"text,label\ngood,yes\n", ".jsonl": b'{"text": "good", "label": "yes"}\n'}
    wrong = b"text,label\nWRONG,no\n"
    contents = {name: wrong if place else content[Path(name).suffix] for place, name in enumerate(names)}
    stored = store.open_set(str(write(front, contents)))
    assert [row["input"] for row in rows_of(stored)] == ["good"]
    assert stored.card.splits == {"test": 1}


def test_what_others_call_their_test_split_can_be_said(write: Callable[..., Path]) -> None:
    folder = write({}, {"train.csv": b"text,label\ngood,yes\nbad,no\n"})
    with pytest.raises(CallError, match="no split called test") as caught:
        add_from(folder)
    assert "--test SPLIT" in str(caught.value.remedy)
    assert add_from(folder, Description(test="train")).stored.card.splits == {"test": 2}
    assert add_from(folder, Description(split="none", version="2")).stored.card.splits == {"test": 2}


def test_fields_that_nobody_knows_are_named(write: Callable[..., Path]) -> None:
    added = add_from(write({"mood": "good", "tags": ["x"]}, {"all.csv": b"text,label\ngood,yes\n"}))
    assert "fields that were not read: mood" in [note.en for note in added.notes]


CSV = b"text,label\ngood,yes\n"
HOSTILE: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a script": ({}, {"all.csv": CSV, "rain.py": b"1/0"}, r"is made by a program \(rain.py\)"),
    "a wish to run code": ({"trust_remote_code": True}, {"all.csv": CSV}, "is made by a program"),
    "data elsewhere": (
        {"configs": [{"config_name": "a", "data_files": "https://example.org/x.parquet"}]},
        {"all.csv": CSV},
        "names data elsewhere",
    ),
    "data above": ({"configs": [{"config_name": "a", "data_files": "../*.csv"}]}, {"all.csv": CSV}, "data elsewhere"),
    "data that are not there": (
        {"configs": [{"config_name": "a", "data_files": "b/*.csv"}]},
        {"all.csv": CSV},
        r"names b/\*\.csv, and there is none",
    ),
    "no data": ({}, {"notes.txt": b"x"}, "holds no table"),
    "a card that lies about counts": (
        {"dataset_info": {"splits": [{"name": "test", "num_examples": 7}]}},
        {"test.csv": CSV},
        "says that test has 7 rows; it has 1",
    ),
    "a label out of range": (
        features(text="string", label=CLASSES),
        {"test.parquet": {"text": ["a", "b"], "label": [0, 2]}},
        "row 1 has label 2, and there are 2 classes",
    ),
    "a label that nobody gave": (
        features(text="string", label=CLASSES),
        {"test.parquet": {"text": ["a", "b"], "label": [0, -1]}},
        "row 1 has no reference",
    ),
    "a file out of the folder": (
        features(image="image"),
        {"x.parquet": {"image": pa.array([{"bytes": None, "path": "../../etc/passwd"}], files().type), "label": ["a"]}},
        "outside of its folder",
    ),
    "a picture that is none": (
        features(image="image"),
        {"x.parquet": {"image": files(b"GIF89a"), "label": ["a"]}},
        r"row 0 \(0\): not a [^<]*$",
    ),
    "a sound with a wrong header": (
        features(sound="audio"),
        {"x.parquet": {"sound": files(b"RIFF\xff\xff\xff\x7fWAVEfmt "), "label": ["a"]}},
        r"row 0 \(0\) is not a WAV file of PCM: fmt chunk",
    ),
    "a sound of no length": (
        features(sound="audio"),
        {"x.parquet": {"sound": files(wav(0)), "label": ["a"]}},
        "0 samples at 16000 Hz",
    ),
    "sounds of two rates": (
        features(sound="audio"),
        {"x.parquet": {"sound": files(wav(4), wav(4, 8000)), "label": ["a", "b"]}},
        r"row 1 \(1\) has 8000 samples a second",
    ),
    "half a table": ({}, {"x.parquet": b"PAR1" + bytes(30)}, "cannot read the table"),
    "tables that differ": ({}, {"test-1.csv": CSV, "test-2.csv": b"text,tag\ngood,yes\n"}, "its tables differ"),
    "mixed encodings": ({}, {"x.csv": CSV + "好,yes\n".encode("gb18030")}, "not UTF-8: byte 20, on line 3"),
    "broken YAML": ("a: [1\n", {"all.csv": CSV}, "cannot read"),
    "YAML that makes objects": ("a: !!python/object/apply:os.getcwd []\n", {"all.csv": CSV}, "cannot read"),
    "YAML that multiplies": ("a: &a [x, x]\nb: [*a, *a]\n", {"all.csv": CSV}, "it uses aliases"),
    "a card of ours that is none": ({"steelyard": {"card": {"name": 7}}}, {"all.csv": CSV}, "cannot read the card"),
    "a head that is no mapping": ("- a\n", {"all.csv": CSV}, "its head is no mapping"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_wrong_is_refused(case: str, write: Callable[..., Path], tmp_path: Path) -> None:
    front, contents, said = HOSTILE[case]
    folder = write(front, contents)
    with pytest.raises(SteelyardError, match=said) as caught:
        add_from(folder)
    assert caught.value.exit_code in (2, 12)
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.what.zh)
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


def test_rates_are_brought_to_the_one_that_is_wanted(write: Callable[..., Path]) -> None:
    folder = write(features(sound="audio"), {"x.parquet": {"sound": files(wav(4), wav(4, 8000)), "label": ["a", "b"]}})
    added = add_from(folder, Description(type="audio:16000"))
    assert added.stored.card.input == {"type": "audio", "sample_rate": 16_000}
    assert [len(row["input"]) for row in rows_of(added.stored)] == [44 + 8, 44 + 16]


def test_links_do_not_lead_out(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(CSV)
    folder = write({}, {"notes.txt": b"x"})
    (folder / "test.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SetError, match="outside of its folder"):
        exchange.read(folder)
