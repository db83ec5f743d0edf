"""PocketSphinx on the English recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape

from studies.speech.answers import ERRORS, column, counts
from studies.speech.markdown import paragraph, percent, table

from steelyard import fields
from steelyard.data import declared
from steelyard.library.store import open_set
from steelyard.references import pocketsphinx_english


def section() -> Iterator[str]:
    """Yield the section of the page."""
    product, method = pocketsphinx_english.Product(), fields.find("speech.words")
    rows, sums = [], Counter[str]()
    for name in ("aishell1-librispeech-samples", "christmas-phrase"):
        opened = open_set(name)
        kind = declared(opened.card.input or {})
        for sample, stored, reference in zip(
            column(opened, "id"), column(opened, "input"), column(opened, "reference"), strict=True
        ):
            if not reference.isascii():
                continue  # the recording in Mandarin
            said = product(kind.load(stored))
            found = {each: float(values.sum()) for each, values in counts(method, [reference], [said]).items()}
            sums.update({each: round(value) for each, value in found.items()})
            errors = [f"{found[each]:.0f}" for each in ERRORS]
            rows.append([sample, escape(reference.lower()), escape(said), *errors, f"{found['words']:.0f}"])
    rate = sum(sums[each] for each in ERRORS) / sums["words"]
    yield "## PocketSphinx on English, `en/1`\n"
    yield table(["recording", "was said", "was heard", "S", "D", "I", "words"], rows, texts=3)
    yield "\n" + paragraph(
        f"{sum(sums[each] for each in ERRORS)} errors in {sums['words']} words",
        f"of five recordings: {percent(rate, 1)}.",
        "It mistakes short words for one another (*as* → *has*, *yet* →",
        "*get*), and hears common words for rare ones",
        "(*the sin which man* → *the sandwich man*); a spelling that is not the reader's is an error too.",
    )


PICTURES: dict[str, Callable[[str], str]] = {}
