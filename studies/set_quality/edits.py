"""What may become of a sample on its way into a set a second time: by data type, from light to strong."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Edit = Callable[[Any, np.random.Generator], Any]


def encoded(quality: int) -> Edit:
    """Return an edit that writes pictures as JPEG."""
    from PIL import Image as Pillow

    def edit(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        del generator
        buffer = io.BytesIO()
        Pillow.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        return np.asarray(Pillow.open(buffer))

    return edit


def grain(deviation: float) -> Edit:
    """Return an edit that adds noise to pixels."""

    def edit(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        return np.clip(pixels + generator.normal(0, deviation, pixels.shape), 0, 255).astype(np.uint8)

    return edit


def cropped(share: float) -> Edit:
    """Return an edit that cuts a share of each side away, anywhere."""

    def edit(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        height, width = pixels.shape[:2]
        down, along = round(height * share), round(width * share)
        top, left = generator.integers(0, down + 1), generator.integers(0, along + 1)
        return pixels[top : height - down + top, left : width - along + left]

    return edit


def halved(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture at half its size."""
    from PIL import Image as Pillow

    del generator
    size = max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2)
    return np.asarray(Pillow.fromarray(pixels).resize(size, Pillow.Resampling.BICUBIC))


def brighter(pixels: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture with more contrast and light."""
    del generator
    return np.clip(pixels * 1.2 + 10.0, 0, 255).astype(np.uint8)


def noisy(decibels: float) -> Edit:
    """Return an edit that adds white noise at a ratio."""

    def edit(sound: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
        level = float(np.sqrt((sound**2).mean())) * 10 ** (-decibels / 20)
        return (sound + generator.normal(0, level, sound.shape)).astype(np.float32)

    return edit


def quieter(sound: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a sound at half its level."""
    del generator
    return sound / 2


def companded(sound: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a sound through eight bits of µ-law (G.711)."""
    del generator
    law = np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log(256)
    law = np.round(law * 127) / 127
    return (np.sign(law) * np.expm1(np.abs(law) * np.log(256)) / 255).astype(np.float32)


def trimmed(share: float) -> Edit:
    """Return an edit that cuts a share of a sound away, at both ends together."""

    def edit(sound: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
        gone = round(len(sound) * share)
        start = generator.integers(0, gone + 1)
        return sound[start : len(sound) - gone + start]

    return edit


def respaced(text: str, generator: np.random.Generator) -> str:
    """Return a text in capitals, with two spaces for one and a full-width full stop."""
    del generator
    return text.upper().replace(" ", "  ") + "．"


def retyped(count: int) -> Edit:
    """Return an edit that replaces some characters by others of the same text."""

    def edit(text: str, generator: np.random.Generator) -> str:
        letters = list(text)
        for place in generator.permutation(len(letters))[:count]:
            others = [each for each in letters if each != letters[place]] or ["x"]
            letters[place] = others[generator.integers(len(others))]
        return "".join(letters)

    return edit


def reworded(text: str, generator: np.random.Generator) -> str:
    """Return a text without one of its words; of Chinese without two characters in a row."""
    words = text.split(" ")
    if len(words) > 1:
        del words[generator.integers(len(words))]
        return " ".join(words)
    place = generator.integers(max(1, len(text) - 1))
    return text[:place] + text[place + 2 :]


def measured_again(share: float) -> Edit:
    """Return an edit that adds noise, a share of each column's spread, which stands as the last argument."""

    def edit(row: tuple[list[float], NDArray[np.float64]], generator: np.random.Generator) -> list[float]:
        values, spread = row
        return [float(value) for value in np.asarray(values) + generator.normal(0, 1, len(values)) * share * spread]

    return edit


def rounded(row: tuple[list[float], NDArray[np.float64]], generator: np.random.Generator) -> list[float]:
    """Return numbers with four significant digits."""
    del generator
    return [float(f"{value:.4g}") for value in row[0]]


EDITS: Mapping[str, Mapping[str, Edit]] = {
    "pixels": {
        "JPEG, quality 50": encoded(50),
        "JPEG, quality 20": encoded(20),
        "noise, σ = 8 of 255": grain(8),
        "noise, σ = 16 of 255": grain(16),
        "half the size": halved,
        "brighter": brighter,
        "5 % of the sides cut": cropped(0.05),
        "10 % of the sides cut": cropped(0.1),
        "15 % of the sides cut": cropped(0.15),
    },
    "audio": {
        "half as loud": quieter,
        "µ-law, 8 bits": companded,
        "noise, 20 dB": noisy(20),
        "noise, 10 dB": noisy(10),
        "noise, 5 dB": noisy(5),
        "5 % cut": trimmed(0.05),
        "10 % cut": trimmed(0.1),
        "20 % cut": trimmed(0.2),
    },
    "text": {
        "case, width, spaces": respaced,
        "1 character replaced": retyped(1),
        "2 characters replaced": retyped(2),
        "3 characters replaced": retyped(3),
        "a word left out": reworded,
    },
    "features": {
        "four digits": rounded,
        "noise, 0.1 % of the spread": measured_again(0.001),
        "noise, 1 % of the spread": measured_again(0.01),
        "noise, 3 % of the spread": measured_again(0.03),
        "noise, 10 % of the spread": measured_again(0.1),
    },
}
