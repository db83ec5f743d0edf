"""Rooms, noises, arrays, voice activity and a diarisation: what others published of them comes out again."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.optimize import linear_sum_assignment
from scipy.signal import coherence as coherence_of

from steelyard.core.errors import CallError
from steelyard.data import declared
from steelyard.library import recipe
from steelyard.library.quality._likeness.audio import AudioLikeness
from steelyard.library.recipe import Contents

FOLDER = Path("speech/rir-noise-farfield")


@cache
def contents(name: str) -> Contents:
    return recipe.contents(recipe.read(name))


@pytest.fixture
def rows(mirror: Path) -> Callable[[str], list[dict[str, Any]]]:  # noqa: ARG001 - sets the folder that recipes read from
    return lambda name: contents(name).samples.to_pylist()


def sound(name: str, stored: bytes) -> NDArray[np.float32]:
    value: NDArray[np.float32] = declared(recipe.read(name).card.input or {}).load(stored)
    return value


def reverberation(response: NDArray[np.float64], rate: int) -> float:
    """Three times what the energy still to come takes to fall from −5 to −25 dB (M. R. Schroeder, JASA 1965)."""
    after = response[np.abs(response).argmax() :]
    energy = np.cumsum(after[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    return float(3 * (np.argmax(level < -25) - np.argmax(level < -5)) / rate)


def test_rooms_ring_as_long_as_stated(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    for row in rows("room-impulse-responses"):
        rate, whole = wavfile.read(io.BytesIO(row["file"]))
        assert rate == row["sample_rate"]
        first = whole.reshape(len(whole), -1)[:, 0].astype(np.float64)
        assert reverberation(first, rate) == pytest.approx(row["reference"], abs=0.01), row["id"]
        heard = sound("room-impulse-responses", row["input"])
        assert reverberation(heard.astype(np.float64), 16_000) == pytest.approx(row["reference"], rel=0.08)


def test_whole_files_stand_beside_the_first_channel(rows: Callable[[str], list[dict[str, Any]]], mirror: Path) -> None:
    found = {row["id"]: row for row in rows("room-impulse-responses")}
    assert Counter(row["sample_rate"] for row in found.values()) == {16_000: 5, 44_100: 2, 48_000: 1}
    assert found["am_stereo_impulse_response"]["channels"] == 2
    assert found["am_rir48000"]["file"] == (mirror / FOLDER / "rir" / "am_rir48000.wav").read_bytes()
    assert found["sb_rir1"]["input"] == found["sb_rir1"]["file"], "what is 16 kHz already is left alone"


def test_twelve_noises(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    noises = rows("background-noises")
    assert Counter(row["length"] for row in noises) == {"long": 5, "short": 5}
    for row in noises:
        assert np.abs(sound("background-noises", row["input"])).max() > 0.01
    farm = rows("farm-noises")
    assert [row["reference"] for row in farm] == ["hens", "sheep"]
    assert all(row["file"].startswith(b"OggS") for row in farm)


def test_clips_of_four_microphones_tell_a_direction(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    clips = rows("microphone-array-clips")
    for row in clips:
        heard = sound("microphone-array-clips", row["input"])
        assert heard.shape == (160_000, 4)
        assert np.abs(heard).max() > 0.01
        towards = row["reference"]
        assert (not towards) == (row["kind"] == "diffuse noise")
        if towards:
            assert np.linalg.norm(towards) == pytest.approx(1, abs=1e-3)
    coherent = {row["kind"]: coherence(sound("microphone-array-clips", row["input"])) for row in clips}
    assert coherent["diffuse noise"] < min(coherent["speech"], coherent["noise"])


def coherence(heard: NDArray[np.float32]) -> float:
    """Mean magnitude of the coherence of two microphones over frequencies."""
    return float(np.mean(coherence_of(heard[:, 0], heard[:, 2], fs=16_000, nperseg=1024)[1]))


def test_chunks_of_two_seconds_and_their_speech(rows: Callable[[str], list[dict[str, Any]]], mirror: Path) -> None:
    chunks = {row["id"]: row for row in rows("voice-activity-chunks")}
    assert chunks["train-1"]["reference"] == [[0.52, 0.85], [1.32, 1.83]]
    assert chunks["valid-4"]["reference"] == []
    _, whole = wavfile.read(mirror / FOLDER / "vad" / "valid.wav")
    third = sound("voice-activity-chunks", chunks["valid-3"]["input"])
    assert np.array_equal(third * 32768, whole[64_000:96_000])
    loudness = {True: [0.0], False: [0.0]}
    for row in chunks.values():
        heard = sound("voice-activity-chunks", row["input"])
        assert len(heard) == 32_000
        spoken = np.zeros(len(heard), bool)
        for begin, end in row["reference"]:
            spoken[round(begin * 16_000) : round(end * 16_000)] = True
        for kind in (True, False):
            loudness[kind].extend((heard[spoken == kind].astype(np.float64) ** 2).tolist())
    assert np.mean(loudness[True]) > 10 * np.mean(loudness[False]), "speech is 10 dB louder than the rest"


def test_a_phrase_is_what_a_recogniser_hears(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    (row,) = rows("christmas-phrase")
    assert row["reference"] == "Wishing you a Merry Christmas, and a Happy New Year"
    assert len(sound("christmas-phrase", row["input"])) == -(-114_400 * 160 // 441)


def test_a_diarisation_errs_as_often_as_published(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    """7.16923618 % of the speakers' time, none missed, no false alarm: md-eval, overlap left out, collar 0.25 s.

    As SpeechBrain's documentation of its function ``DER`` publishes it for these two files.
    """
    (row,) = rows("ami-es2014c-diarisation")
    told = contents("ami-es2014c-diarisation").answers["speechbrain"]["output"].to_pylist()[0]
    assert (len(row["reference"]), len(told), len(row["speakers"])) == (801, 686, 4)
    length = round(1000 * max(end for _, end, _ in row["reference"] + told)) + 1
    spoken, heard = marked(row["reference"], length), marked(told, length)
    scored = spoken.sum(0) == 1
    for begin, end, _ in row["reference"]:
        for edge in (begin, end):
            scored[max(0, round(1000 * edge) - 250) : round(1000 * edge) + 250] = False
    both = spoken[:, scored].astype(float) @ heard[:, scored].T
    right = both[linear_sum_assignment(-both)].sum()
    assert not (spoken.any(0) & ~heard.any(0))[scored].any(), "no speech is missed"
    assert heard[:, scored].sum(0).max() == 1, "one speaker at a time: no false alarm"
    assert 100 * (1 - right / scored.sum()) == pytest.approx(7.16923618, abs=0.01)


def marked(turns: list[list[float]], length: int) -> NDArray[np.bool_]:
    """Who speaks in each millisecond, bool[speakers, length]."""
    spoken = np.zeros((1 + int(max(speaker for *_, speaker in turns)), length), bool)
    for begin, end, speaker in turns:
        spoken[int(speaker), round(1000 * begin) : round(1000 * end)] = True
    return spoken


def test_clips_of_four_microphones_can_be_compared(mirror: Path) -> None:  # noqa: ARG001 - as above
    """The check for near-duplicates hears what the channels have in common."""
    likeness = AudioLikeness()
    column = contents("microphone-array-clips").samples["input"].combine_chunks()
    kind = declared(recipe.read("microphone-array-clips").card.input or {})
    sketches, usable = likeness.sketch(column, kind)
    assert usable.all()
    assert len(sketches) == 4
    assert {len(each.shape) for each in likeness.material(column, kind)} == {1}


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [("soundfile", "microphone-array-clips", "sound"), ("pyulog", "px4-ulog", "flight")],
)
def test_a_missing_extra_is_named(
    package: str,
    name: str,
    extra: str,
    mirror: Path,  # noqa: ARG001 - as above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CallError, match=rf"needs {package}") as refused:
        recipe.contents(recipe.read(name))
    assert f"pip install 'steelyard[{extra}]'" in str(refused.value)
