"""Every set of the library goes out as Croissant and as a Hugging Face folder, and others read it as we do."""

from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from steelyard.library import exchange, recipe, store
from steelyard.library.croissant.records import CroissantFile
from steelyard.library.stored_set import StoredSet

HERE = Path(__file__).parent
theirs = runpy.run_path(str(HERE / "reading_with_mlcroissant.py"))
PYTHON = HERE.parents[2] / ".venv-servers" / "datasets" / "bin" / "python"
OF_EACH_KIND = [
    "cnocr-zh-lines",  # recorded answers
    "fsdd-digits-en-test300",  # sounds, classes
    "omniglot-one-shot",  # pictures, splits whose rows are mixed
    "luna16-deeplung",  # lists of lists
    "wdbc",  # lists of numbers
]


def opened(name: str, request: pytest.FixtureRequest) -> StoredSet:
    if recipe.read(name).files:
        request.getfixturevalue("mirror")
    return store.open_set(name)


@pytest.mark.parametrize("name", recipe.names())
def test_as_croissant(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    stored = opened(name, request)
    exchange.write(stored, tmp_path / name, "croissant")
    file = CroissantFile(tmp_path / name / "croissant.json")
    assert file.card() == stored.card
    assert file.notes() == ()
    theirs["shorten"](tmp_path / name, 5)
    theirs["assert_mlcroissant_reads"](tmp_path / name, 5)


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return [plain(each) for each in value] if isinstance(value, list) else value


def digest(rows: list[dict[str, Any]]) -> str:
    lines = [json.dumps({name: plain(value) for name, value in row.items()}, sort_keys=True) for row in rows]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_as_hugging_face_folders(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not PYTHON.exists():
        pytest.skip("Hugging Face's library is not here: make servers")
    sets = {str(tmp_path / name): opened(name, request) for name in OF_EACH_KIND}
    for folder, stored in sets.items():
        exchange.write(stored, Path(folder), "hugging-face")
    loads = [str(PYTHON), str(HERE / "with_datasets.py"), *sets]
    ran = subprocess.run(loads, capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)})
    assert ran.returncode == 0, ran.stderr
    assert "gnoring" not in ran.stderr
    for folder, found in json.loads(ran.stdout).items():
        assert_rows_are_found(sets[folder], found)


def assert_rows_are_found(stored: StoredSet, found: dict[str, Any]) -> None:
    rows = [row for batch in stored.batches() for row in batch.to_pylist()]
    for split, count in stored.card.splits.items():
        seen = found["default"]["train" if split == "training" else split]
        mine = [dict(row) for row in rows if row.get("split", "test") == split]
        if "row_in_set" in seen["features"]:
            places = [place for place, row in enumerate(rows) if row["split"] == split]
            mine = [row | {"row_in_set": place} for place, row in zip(places, mine, strict=True)]
        for row in mine:
            row.pop("split", None)
        assert (seen["rows"], seen["digest"]) == (count, digest(mine))
    for product in stored.card.answers:
        assert found[f"answers-{product}"]["test"]["digest"] == digest(stored.answers(product).to_pylist())
