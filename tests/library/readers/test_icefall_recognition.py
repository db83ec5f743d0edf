"""What a recogniser's log is read as."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.core.errors import SetError
from steelyard.library.readers.icefall_recognition import read

RECOGNISED = """\
b:\tref=['称', '重']
b:\thyp=['称', '中']
a:\tref=['杆', '秤']
a:\thyp=[]
"""
RECORDINGS = "a data/wav/test/S2/a.wav\nb data/wav/test/S1/b.wav\n"


def files(folder: Path, recognised: str) -> dict[str, Path]:
    named = {"recogs-test.txt": recognised, "wav.scp": RECORDINGS}
    for name, text in named.items():
        (folder / name).write_text(text, "utf-8")
    return {name: folder / name for name in named}


def test_utterances_with_their_speakers_and_what_was_recognised(tmp_path: Path) -> None:
    contents = read(files(tmp_path, RECOGNISED))
    assert contents.samples.to_pydict() == {
        "id": ["a", "b"],
        "reference": ["杆秤", "称重"],
        "scene": ["read speech"] * 2,
        "speaker": ["S2", "S1"],
    }
    assert contents.answers["decoder"].to_pydict() == {"id": ["a", "b"], "output": ["", "称中"]}


@pytest.mark.parametrize("line", ["c ref=['x']", "c:\tsaid=['x']", "", "c:\tref='x'"])
def test_a_line_that_cannot_be_read_is_named(line: str, tmp_path: Path) -> None:
    with pytest.raises(SetError, match=r"recogs-test\.txt:5: cannot be read"):
        read(files(tmp_path, f"{RECOGNISED}{line}\n"))
