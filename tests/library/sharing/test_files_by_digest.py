"""Sets are the same where every file is called by its digest: readers hang on nothing that files are called on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.library import recipe
from steelyard.library._leaves import content_digest
from steelyard.library.home import MIRROR
from steelyard.library.sharing.fetching import FILES


@pytest.mark.parametrize("name", [name for name in recipe.names() if recipe.read(name).files])
def test_a_set_is_the_same(name: str, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = recipe.read(name)
    (tmp_path / FILES).mkdir()
    for below, sha256 in read.files.items():
        if not (tmp_path / FILES / sha256).is_symlink():  # two files may be the same
            (tmp_path / FILES / sha256).symlink_to(mirror / below)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    made = recipe.contents(read)
    assert content_digest(made.samples.combine_chunks().to_batches(2**16)) == read.card.digest
    if read.bytes is not None:
        assert read.bytes == sum((mirror / below).stat().st_size for below in read.files)
