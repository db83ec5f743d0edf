"""Sound to the last bit, against SciPy's reader and writer of WAV files; and every way to send it wrong."""

from __future__ import annotations

import base64
import io
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import wavfile

from steelyard.core.errors import MalformedValue
from steelyard.data.audio import Audio

STEPS = np.array([0, 1, -1, 32767, -32768, 1234], dtype=np.int16)


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    wavfile.write(buffer, rate, samples)
    return buffer.getvalue()


def test_reads_what_scipy_writes() -> None:
    sound = Audio().load(wav(STEPS))
    assert sound.dtype == np.float32
    assert (sound * 32768).tolist() == STEPS.tolist()


def test_scipy_reads_what_it_writes() -> None:
    rate, samples = wavfile.read(io.BytesIO(Audio(sample_rate=8_000).store(STEPS / np.float32(32768))))
    assert rate == 8_000
    assert samples.tolist() == STEPS.tolist()


@pytest.mark.parametrize(
    ("value", "step"),
    [
        (1.0, 32767),  # full scale is one step out of reach
        (7.5, 32767),  # louder is clipped, not wrapped round
        (-7.5, -32768),
        (0.4 / 32768, 0),  # rounded to the nearest step
        (0.6 / 32768, 1),
    ],
)
def test_what_lies_between_or_beyond_the_steps(value: float, step: int) -> None:
    audio = Audio()
    sound = audio.load(audio.store(np.array([value], dtype=np.float32)))
    assert (sound * 32768).tolist() == [step]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sound_that_is_no_number_is_not_stored(value: float) -> None:
    with pytest.raises(MalformedValue, match="NaN or infinities"):
        Audio().store(np.array([0.0, value], dtype=np.float32))


WHOLE = wav(STEPS)
STEREO = wav(np.stack([STEPS, STEPS], axis=1))


def with_field(place: int, kind: str, value: int) -> bytes:
    data = bytearray(WHOLE)
    struct.pack_into(kind, data, place, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a WAV file"),
        (b"RIFF", "not a WAV file"),
        (b"ID3" + bytes(64), "not a WAV file"),
        (WHOLE[:-4], "truncated: 8 of 12 bytes"),
        (wav(STEPS, 44_100), r"expected .* \(1, 16, 16000\), got \(1, 16, 44100\)"),
        (STEREO, r"got \(2, 16, 16000\)"),
        (wav(STEPS.astype(np.int32)), r"got \(1, 32, 16000\)"),
        (wav(STEPS.astype(np.float32)), "unknown format"),
        (with_field(22, "<H", 0), "bad # of channels"),
        (with_field(34, "<H", 0), "bad sample width"),
        (with_field(16, "<I", 28944), "not a WAV file"),  # the format reaches beyond the file
        (with_field(16, "<I", 2**32 - 1), "not a WAV file"),
        (with_field(40, "<I", 2**32 - 1), "truncated"),  # says that it is longer than it is
    ],
    ids=lambda case: None if isinstance(case, str) else f"{len(case)} bytes",
)
def test_other_bytes_are_malformed(data: bytes, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Audio().load(data)


@given(place=st.integers(0, 43), byte=st.integers(0, 255))
def test_any_header_is_read_or_malformed(place: int, byte: int) -> None:
    damaged = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    with suppress(MalformedValue):  # anything else would stop a run
        assert Audio().load(damaged).dtype == np.float32


@pytest.mark.parametrize(
    "wire",
    [
        {"wav": "%%%"},
        {"wav": base64.b64encode(WHOLE).decode().rstrip("=")[:-1]},  # cut on its way
        {"wav": "声"},
        {"wav": None},
        {"mp3": ""},
        "UklGRg==",  # the file without its object
    ],
)
def test_other_wire_forms_are_malformed(wire: object) -> None:
    with pytest.raises(MalformedValue):
        Audio().decode(wire)  # type: ignore[arg-type]


def test_real_recordings_keep_every_bit(mirror: Path) -> None:
    path = mirror / "speech/aishell1-librispeech-samples/aishell-BAC009S0724W0121.wav"
    _, samples = wavfile.read(path)
    audio = Audio()
    sound = audio.load(path.read_bytes())
    assert np.array_equal(sound * 32768, samples)
    assert np.array_equal(audio.decode(audio.encode(sound)), sound)


def test_real_recordings_last_as_long_as_libsndfile_says(mirror: Path) -> None:
    paths = sorted((mirror / "speech/aishell1-librispeech-samples").glob("*.wav"))
    assert len(paths) >= 5
    for path in paths:
        assert Audio().duration(path.read_bytes()) == soundfile.info(path).duration


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize(("count", "seconds"), [(0, 0.0), (1, 1 / 8_000), (12_000, 1.5)])
def test_channels_make_no_sound_longer(channels: int, count: int, seconds: float) -> None:
    audio = Audio(sample_rate=8_000, channels=channels)
    assert audio.duration(audio.store(np.zeros((count, channels), dtype=np.float32))) == seconds


@pytest.mark.parametrize("data", [b"", STEREO, with_field(24, "<I", 0)])  # a rate of zero would last for ever
def test_other_bytes_last_no_time(data: bytes) -> None:
    with pytest.raises(MalformedValue):
        Audio().duration(data)


@given(st.integers(1, 6), st.data())
def test_several_channels_come_back_to_the_last_bit(channels: int, data: st.DataObject) -> None:
    audio = Audio(channels=channels)
    sound = data.draw(audio.strategy())
    assert sound.shape[1:] == (() if channels == 1 else (channels,))
    assert np.array_equal(audio.load(audio.store(sound)), sound)
    assert np.array_equal(audio.decode(audio.encode(sound)), sound)


def test_scipy_reads_several_channels() -> None:
    sound = np.stack([STEPS, STEPS[::-1]], axis=1)
    _, samples = wavfile.read(io.BytesIO(Audio(channels=2).store(sound / np.float32(32768))))
    assert samples.tolist() == sound.tolist()


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(MalformedValue, match=r"\(4, 16, 16000\), got \(1, 16, 16000\)"):
        Audio(channels=4).load(wav(STEPS))
