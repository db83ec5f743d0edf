"""The product's answers in a bundle: with the set, whoever has them counts the rows again by the method.

They stand as products send them (the data type's wire form), a list for each round, null where there was no answer; or
as salted hashes of the same, a hash for each sample of the split, which are opened one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from steelyard.bench.trial import Basis
from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

ANSWERS = "answers/answers.json"
HASHES = "answers/hashes.npy"
"""A hash for each sample of the split."""


def answers_of(basis: Basis, records: pa.Table) -> list[list[Any]]:
    """Return what was answered in each round, in the order of the samples that were asked; None where nothing was."""
    recorded, count = basis.method.recorded, len(basis.positions)
    faults, stored = records["fault"].to_pylist(), records["output"].to_pylist()
    said = [
        recorded.encode(recorded.load(output)) if fault is None else None
        for fault, output in zip(faults, stored, strict=True)
    ]
    return [said[start : start + count] for start in range(0, len(said), count)]


def written(answers: Sequence[Sequence[Any]]) -> bytes:
    """Return the member that holds answers in clear."""
    return _canonical(answers)


def answer_texts(answers: Sequence[Sequence[Any]], tested: Sequence[int], samples: int) -> list[bytes]:
    """Return for each sample of the split the text that is hashed: its answers in all rounds; of one not asked, none.

    Parameters
    ----------
    answers : sequence of sequence
        As `answers_of` returns them.
    tested : sequence of int
        Places, in the split, of the samples that were asked.
    samples : int
        Of the split.
    """
    texts = [_canonical([])] * samples
    for number, place in enumerate(tested):
        texts[place] = _canonical([each[number] for each in answers])
    return texts


def of_texts(texts: Sequence[Any], tested: Sequence[int], rounds: int) -> list[list[Any]]:
    """Return the answers that texts were made of."""
    found = [texts[place] for place in tested]
    if any(not isinstance(each, list) or len(each) != rounds for each in found):
        raise ValueError("there are answers of other rounds")
    return [[each[number] for each in found] for number in range(rounds)]


def _canonical(value: Any) -> bytes:
    try:
        return canonical(value)
    except ValueError as error:
        raise CallError(
            Words(f"an answer cannot be written as JSON: {error}.", f"有答案无法写成 JSON：{error}。"),
            Words("Bundle the run without --outputs.", "请不带 --outputs 打包。"),
        ) from None
