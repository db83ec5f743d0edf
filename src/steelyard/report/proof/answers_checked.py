"""Whether a bundle's rows are what its method counts of the answers beside them: the strongest that can be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steelyard.bench.scoring import Answered, Part, Scored, score
from steelyard.bench.trial import Basis
from steelyard.core.sample import Fault, Records
from steelyard.core.words import Words
from steelyard.library.stored_set import StoredSet
from steelyard.report.proof.answers import ANSWERS, HASHES
from steelyard.report.proof.bundle import FAULTS
from steelyard.report.proof.evidence import hashes_in, loaded, tables_of
from steelyard.report.proof.likeness import CLOSE
from steelyard.report.proof.unpacked import BadEvidence, Bundled, json_of
from steelyard.report.proof.withheld import TABLES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def hold_answers(bundled: Bundled, opened: StoredSet | None) -> Words:
    """Check that there is an answer to each sample; with the set, that the method counts the bundle's rows of them."""
    answers = json_of(bundled.members[ANSWERS])
    basis, scored = bundled.basis
    faults = loaded(bundled.members["records/faults.npy"], 1).tolist()
    seconds = loaded(bundled.members["records/seconds.npy"], 1, float_=True)
    count = len(basis.positions)
    if not isinstance(answers, list) or [len(each) for each in answers] != [count] * len(scored.rounds):
        raise BadEvidence("there are answers to other samples", "答案所属样本不符")
    for number, (answer, fault) in enumerate(zip((one for each in answers for one in each), faults, strict=True)):
        if fault and answer is not None:
            raise BadEvidence(f"record {number} has an answer, and a failure", f"第 {number} 条记录既有答案又记为失败")
        if not fault and answer is None:
            raise BadEvidence(f"record {number} has no answer, and no failure", f"第 {number} 条记录既无回答又未记失败")
    if opened is None:
        return Words("there is an answer to each sample, where it did not fail", "除失败者外，每个样本均有答案")
    split = opened.positions(basis.plan.split)
    whole = Basis(basis.plan, opened, basis.methods, split[basis.positions])
    rounds = [
        score(whole, _as_recorded(whole, said, faults[start : start + count], seconds[start : start + count]))
        for said, start in zip(answers, range(0, len(faults), count), strict=True)
    ]
    _same_rows(bundled.members, tables_of(whole, Scored.of_rounds(rounds)))
    return Words(
        "rows, counted again from the product's answers and the set by the method, are the report's",
        "依据产品答案与数据集按检测方法重新计数，各行与报告一致",
    )


def hold_hashes(bundled: Bundled) -> None:
    """Check that there is a hash for each sample of the split."""
    hashes, rows = hashes_in(bundled.members[HASHES]), loaded(bundled.members["evidence/rows.npy"], 1)
    if len(hashes) != len(rows):
        raise BadEvidence(
            f"there are {len(hashes)} hashes of {len(rows)} samples", f"{len(rows)} 个样本有 {len(hashes)} 个摘要"
        )


def _as_recorded(basis: Basis, said: Sequence[Any], faults: Sequence[int], seconds: NDArray[np.float64]) -> Answered:
    """Return what was answered, as scoring asks for it."""
    method = basis.method

    def answered(part: Part) -> Records:
        failed: list[Fault | None] = [FAULTS[code - 1] if code else None for code in faults[part.place]]
        outputs: list[Any] = []
        for number, (answer, fault) in enumerate(zip(said[part.place], failed, strict=True)):
            if fault is None:
                outputs.append(method.recorded.decode(answer))
            else:
                outputs.append(None if method.no_answer is None else method.no_answer(part.sample(number)))
        return Records(outputs, seconds[part.place], failed)

    return answered


def _same_rows(members: Mapping[str, bytes], made: Mapping[str, bytes]) -> None:
    import numpy as np

    for name in sorted(name for name in members if name.startswith(TABLES) and name not in made):
        raise BadEvidence(f"{name} is counted of no answers", f"{name} 并非由答案计数所得")
    for name, data in made.items():
        if members[name] == data:
            continue
        if name.endswith("values.npy"):
            found, said = (loaded(each, 2, float_=True) for each in (data, members[name]))
            if found.shape == said.shape and np.allclose(found, said, rtol=CLOSE, atol=0.0):
                continue
            if found.shape == said.shape:
                place = int(np.flatnonzero((~np.isclose(found, said, rtol=CLOSE, atol=0.0)).any(axis=1))[0])
                raise BadEvidence(
                    f"{name}: counted from the answers, row {place} is {found[place].tolist()}, not "
                    f"{said[place].tolist()}",
                    f"{name}：依据答案计数，第 {place} 行为 {found[place].tolist()}，而非 {said[place].tolist()}",
                )
        raise BadEvidence(f"{name} is another one when counted from the answers", f"依据答案重新计数，{name} 不同")
