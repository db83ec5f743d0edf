"""What a run's evidence is made of before anything of it is withheld: a bundle is made of it, and disclosures are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.bench.reopened import reopen, scored_as_run
from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.report.proof import answers, withheld
from steelyard.report.proof.commitments import commitments, salt_of, secret_of
from steelyard.report.proof.evidence import WITHHELD, evidence, loaded, saved

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Answers(Enum):
    """How the product's answers stand in a bundle."""

    NONE = "none"
    CLEAR = "clear"
    HASHED = "hashed"


def answers_named(name: str) -> Answers:
    """Return how answers stand in a bundle, by its name.

    Examples
    --------
    >>> answers_named("hashed")
    <Answers.HASHED: 'hashed'>
    """
    known = [each.value for each in Answers]
    if name not in known:
        raise UnknownName(Words("way to hold answers", "答案存放方式"), name, known)
    return Answers(name)


@dataclass(frozen=True)
class Parts:
    """A run that was judged, counted again."""

    folder: Path
    basis: Basis
    scored: Scored
    records: pa.Table

    @cached_property
    def evidence(self) -> Mapping[str, bytes]:
        """All rows, ids, groups and units."""
        return evidence(self.basis, self.scored)

    @cached_property
    def ids(self) -> list[str]:
        """Of the split's samples."""
        found: list[str] = json.loads(self.evidence[withheld.IDS])
        return found

    @cached_property
    def _answers(self) -> list[list[Any]]:
        return answers.answers_of(self.basis, self.records)

    @cached_property
    def _kept(self) -> bytes:
        return secret_of(self.folder, self.basis.test_set.lock, draw=False)

    def texts(self, member: str) -> list[bytes]:
        """Return what is hashed in a member, for each sample of the split."""
        sealing = self.basis.test_set.sealing
        if member == WITHHELD:
            return withheld.withheld_texts(self.evidence, inputs=sealing is not None and sealing.inputs)
        tested = loaded(self.evidence["evidence/tested.npy"], 1).tolist()
        return answers.answer_texts(self._answers, tested, len(self.ids))

    def salt(self, member: str, place: int) -> bytes:
        """Return the salt of a text."""
        return salt_of(self._kept, self.basis.plan.digest, member, place)

    def members(self, outputs: Answers) -> dict[str, bytes]:
        """Return evidence and answers as a bundle has them: of a sealed set as hashes.

        Raises
        ------
        CallError
            Where answers are to stand in clear, and the set is sealed.
        """
        sealing = self.basis.test_set.sealing
        found = dict(self.evidence)
        if sealing is not None:
            if outputs is Answers.CLEAR:
                raise CallError(
                    Words(
                        f"{self.folder} is of a run on a sealed set: what a good product answers is the reference.",
                        f"{self.folder} 是密封数据集上的检测：好产品的答案即参考答案。",
                    ),
                    Words("Say --outputs hashed.", "请用 --outputs hashed。"),
                )
            found = withheld.without_rows(found, self._hashes(WITHHELD), inputs=sealing.inputs)
        if outputs is Answers.CLEAR:
            found[answers.ANSWERS] = answers.written(self._answers)
        elif outputs is Answers.HASHED:
            found[answers.HASHES] = saved(self._hashes(answers.HASHES))
        return found

    def _hashes(self, member: str) -> NDArray[np.uint8]:
        return commitments(
            secret_of(self.folder, self.basis.test_set.lock), self.basis.plan.digest, member, self.texts(member)
        )


def parts_of(folder: Path, test_set: str | None = None) -> Parts:
    """Return what a run's bundle is made of.

    Raises
    ------
    CallError
        Where the run is not complete, or its set is not at hand.
    """
    return Parts(folder, *scored_as_run(reopen(folder, test_set), folder))
