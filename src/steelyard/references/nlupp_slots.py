"""Words in their neighbourhood with a linear classifier, trained on the training part of ``nlupp-slots-en``: slots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steelyard.library.store import open_set

TRAINED_ON = ("nlupp-slots-en@1#training",)

WORD = re.compile(r"\w+|[^\w\s]")
BEFORE, OUTSIDE = "", "O"


class Product:
    """Says of each word whether a slot begins there or goes on, from the word, its shape and its neighbours.

    Multinomial logistic regression, one word after the other; what was said of the word before is known.
    """

    def __init__(self) -> None:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        rows = [
            row
            for batch in open_set("nlupp-slots-en").batches(["input", "reference", "split"])
            for row in batch.to_pylist()
            if row["split"] == "training"
        ]
        seen, said = [], []
        for row in rows:
            words = list(WORD.finditer(row["input"]))
            labels = [_label(word.start(), word.end(), row["reference"]) for word in words]
            seen += [_features(words, place, ([OUTSIDE, *labels])[place]) for place in range(len(words))]
            said += labels
        self._model = make_pipeline(DictVectorizer(), LogisticRegression(C=10.0, max_iter=2000))
        self._model.fit(seen, said)

    def __call__(self, text: str) -> list[dict[str, Any]]:
        """Return the slots of one utterance."""
        words, last = list(WORD.finditer(text)), OUTSIDE
        found: list[dict[str, Any]] = []
        for place, word in enumerate(words):
            label = str(self._model.predict([_features(words, place, last)])[0])
            kind, _, name = label.partition("-")
            if kind == "I" and last.partition("-")[2] == name:
                found[-1]["end"] = word.end()
            elif label != OUTSIDE:
                found.append({"slot": name, "begin": word.start(), "end": word.end()})
            last = label
        return found


def _label(begin: int, end: int, slots: Sequence[Sequence[str]]) -> str:
    """Return what a word is: ``B-date``, ``I-date`` or ``O``; of slots that overlap the first counts."""
    for name, first, last in slots:
        if int(first) <= begin and end <= int(last):
            return f"{'B' if begin == int(first) else 'I'}-{name}"
    return OUTSIDE


def _features(words: Sequence[re.Match[str]], place: int, last: str) -> Mapping[str, Any]:
    return {"last": last} | dict(_seen(words, place))


def _seen(words: Sequence[re.Match[str]], place: int) -> Iterator[tuple[str, Any]]:
    for away in (-2, -1, 0, 1, 2):
        there = place + away
        word = words[there][0] if 0 <= there < len(words) else BEFORE
        yield f"word{away}", word.lower()
        yield f"shape{away}", re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "0", word)))
        if away == 0:
            yield "ending", word[-3:].lower()
            yield "length", len(word)
