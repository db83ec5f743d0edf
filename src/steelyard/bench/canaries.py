"""Canaries of a sealed set: samples whose answers are arbitrary, so that whoever gives them has seen the copy.

They are asked apart, when all else was answered, and no verdict rests on them. An arbitrary answer was drawn from K
different ones, each as likely, whatever the right one is. A product that never saw the copy answers alike with
probability 1/K at most, be it good or bad, and so does each canary by itself: how many are alike is binomial.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from steelyard.bench.conversations import Placed
from steelyard.bench.durable import write_durably
from steelyard.bench.executor import Executor
from steelyard.bench.run import Notes, ask_apart
from steelyard.bench.trial import Trial
from steelyard.core.canonical import plain
from steelyard.core.sample import Record, Sample
from steelyard.core.words import Words
from steelyard.library.sealed.sealed_set import SealedSet

FILE = "canaries.json"
SUSPICIOUS = 1e-4
"""Where fewer products that never saw the copy would answer so many alike, the report says what that means."""


@dataclass(frozen=True)
class Canaries:
    """How many canaries a product answered as its copy has them."""

    plan: str
    """Digest of the plan."""
    copy: str
    """Merkle root of the copy."""
    asked: int
    alike: int
    choices: int
    """Different answers that each was drawn from."""

    @property
    def probability(self) -> float:
        """Of as many alike or more, by a product that never saw the copy.

        Examples
        --------
        >>> round(Canaries("", "", asked=20, alike=14, choices=2).probability, 4)
        0.0577
        """
        from scipy.special import bdtrc

        return float(bdtrc(self.alike - 1, self.asked, 1.0 / self.choices)) if self.alike else 1.0

    @property
    def words(self) -> Words:
        """What is said of it, of the product."""
        found = self.probability
        leaked = found <= SUSPICIOUS
        return Words(
            f"answered {self.alike} of {self.asked} canaries as this copy of the set has them; one that never saw the "
            f"copy answers so many alike with probability {found:.2g} at most"
            + (": it was made with a copy that leaked, or could read it here" if leaked else ""),
            f"{self.asked} 个金丝雀样本中有 {self.alike} 个的回答与本份数据集所载一致；从未见过本份数据集的产品"
            f"达到此数的概率至多为 {found:.2g}" + ("：其研制使用了泄露的副本，或在此处读到了答案" if leaked else ""),
        )


def ask_canaries(trial: Trial, out: Path, ended: Notes, executor: Executor | None = None) -> Canaries | None:
    """Ask the canaries of a sealed set, and count those that are answered as the copy has them.

    Parameters
    ----------
    trial : Trial
        That was performed.
    out : Path
        Its folder; counts are kept there, so that to resume asks none twice.
    ended : callable
        Waits until the product that was asked before has ended: two of them may not fit a machine.
    executor : Executor, optional
        Who does the work; by default one product process.

    Returns
    -------
    Canaries or None
        None where there are none, or the method's outputs are not answers that could be alike.
    """
    opened = trial.test_set
    if not isinstance(opened, SealedSet) or not opened.sealing.canaries:
        return None
    kept = _kept(out / FILE)
    if kept is not None and (kept.plan, kept.copy) == (trial.plan.digest, opened.unsealed.copy.root):
        return kept
    placed = list(_placed(opened))
    expected = [trial.method.oracle(sample) for _, sample in placed]
    if not all(isinstance(answer, str) for answer in expected):
        return None
    ended()
    size = trial.plan.batch
    batches = [placed[start : start + size] for start in range(0, len(placed), size)]
    records = ask_apart(trial, out, batches, executor)
    alike = sum(_alike(record, expected[record.position]) for record in records)
    found = Canaries(trial.plan.digest, opened.unsealed.copy.root, len(placed), alike, opened.sealing.choices)
    write_durably(out / FILE, f"{json.dumps(plain(found), indent=2)}\n".encode())
    return found


def _alike(record: Record, answer: str) -> bool:
    return record.fault is None and isinstance(record.output, str) and record.output.strip() == answer.strip()


def _placed(opened: SealedSet) -> Iterator[Placed]:
    """Yield the canaries, numbered by themselves."""
    seen, card = opened.input, opened.card
    columns = ["id", "reference", *card.groups, *card.units, *([] if seen is None else ["input"])]
    rows = (row for batch in opened.canaries(columns) for row in batch.to_pylist())
    for number, row in enumerate(rows):
        value = None if seen is None else seen.load(row["input"])
        groups, units = ({name: row[name] for name in names} for names in (card.groups, card.units))
        yield number, Sample(row["id"], value, row["reference"], groups, units)


def _kept(path: Path) -> Canaries | None:
    try:
        return Canaries(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # then they are asked
