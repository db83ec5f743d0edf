"""Reference products that hear: what they say of real recordings, through the bench like any other product."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import dct

from steelyard import fields
from steelyard.bench.handshake import shake_hands
from steelyard.data import declared
from steelyard.library.store import open_set
from steelyard.measures.normalisation import normaliser
from steelyard.products import open_product
from steelyard.references import pocketsphinx_english, spoken_digits, webrtc_vad


def heard(name: str) -> dict[str, tuple[NDArray[np.float32], Any]]:
    """Recordings of a set with their reference answers."""
    opened = open_set(name)
    kind = declared(opened.card.input or {})
    rows = [row for batch in opened.batches(["id", "input", "reference"]) for row in batch.to_pylist()]
    return {row["id"]: (kind.load(row["input"]), row["reference"]) for row in rows}


@pytest.mark.parametrize(
    ("product", "method", "name"),
    [
        ("webrtc_vad", "speech.activity", "voice-activity-chunks"),
        ("pocketsphinx_english", "speech.words", "christmas-phrase"),
        ("spoken_digits", "speech.commands", "fsdd-digits-en-by-speaker"),
    ],
)
def test_what_they_say_can_be_scored(product: str, method: str, name: str, mirror: Path) -> None:  # noqa: ARG001
    assert shake_hands(open_product(f"reference:{product}"), fields.find(method), name).usable


def test_pocketsphinx_gets_a_quarter_of_the_words_of_two_readings_wrong(mirror: Path) -> None:  # noqa: ARG001
    """With jiwer; and it says the same whatever it heard before."""
    said, wanted = [], []
    product, normal = pocketsphinx_english.Product(), normaliser("en/1")
    recordings = heard("aishell1-librispeech-samples")
    for name, (sound, reference) in recordings.items():
        if re.match(r"librispeech|\d", name) and len(sound) < 110_000:
            said.append(normal(product(sound)))
            wanted.append(normal(reference))
    assert 0.05 < jiwer.wer(wanted, said) < 0.3
    first = next(iter(heard("christmas-phrase").values()))[0]
    assert product(first) == pocketsphinx_english.Product()(first) == "wishing you a merry christmas and happy new year"


def test_webrtc_finds_most_speech_of_real_chunks_and_none_in_silence(mirror: Path) -> None:  # noqa: ARG001
    product = webrtc_vad.Product()
    chunks = heard("voice-activity-chunks")
    assert product(chunks["valid-4"][0]) == []
    assert product(chunks["valid-1"][0]) == [[0.39, 2.0]]
    assert product(np.zeros(100, np.float32)) == []  # shorter than a frame
    for sound, _ in chunks.values():
        assert all(0 <= begin < end <= len(sound) / 16_000 for begin, end in product(sound))


def test_digits_of_voices_that_were_never_heard(mirror: Path) -> None:  # noqa: ARG001
    product = spoken_digits.Product()
    opened = open_set("fsdd-digits-en-by-speaker")
    test = set(opened.positions("test").tolist())
    every = list(heard("fsdd-digits-en-by-speaker").values())
    right = [product(sound) == reference for place, (sound, reference) in enumerate(every) if place in test]
    assert len(right) == 150
    assert 0.5 < np.mean(right) < 0.7


def test_cepstra_are_a_cosine_transform_of_the_logarithm_of_mel_bands() -> None:
    """A tone puts its energy where its band is: the transform taken back has its peak there."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 16_000).astype(np.float32)
    found = spoken_digits.cepstra(tone)
    assert found.shape == (1 + (8000 - 400) // 160, 13)
    bands = dct(np.pad(found[5], (0, 13)), type=3, norm="ortho")
    mel = 2595 * np.log10(1 + 1000 / 700)
    highest = 2595 * np.log10(1 + 4000 / 700)
    assert abs(int(bands.argmax()) - (mel / highest * 27 - 1)) <= 1


@pytest.mark.parametrize(
    ("module", "package", "made"),
    [(pocketsphinx_english, "pocketsphinx", "pocketsphinx"), (webrtc_vad, "webrtcvad", "webrtcvad-wheels")],
)
def test_a_missing_extra_names_what_to_install(
    module: Any, package: str, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(Exception, match=rf"needs {made}") as caught:
        module.Product()
    assert "pip install 'steelyard[speech]'" in str(caught.value)
