"""Checks a bundle without the run, the set or the product: everything that can be computed again is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from steelyard.core.errors import SteelyardError
from steelyard.core.words import Words
from steelyard.library.stored_set import StoredSet
from steelyard.report.particulars.checked import who_stands
from steelyard.report.proof.answers import ANSWERS, HASHES
from steelyard.report.proof.answers_checked import hold_answers, hold_hashes
from steelyard.report.proof.disclosure import Disclosure, hold_disclosure
from steelyard.report.proof.documents_checked import (
    hold_card,
    hold_manifest,
    hold_membership,
    hold_plan,
    hold_specification,
)
from steelyard.report.proof.evidence import WITHHELD
from steelyard.report.proof.held_against import hold_against
from steelyard.report.proof.log_checked import seed_follows
from steelyard.report.proof.rows_checked import (
    hold_complete,
    hold_counts,
    hold_draw,
    hold_estimates,
    hold_records,
    hold_said,
    hold_verdict,
)
from steelyard.report.proof.shapes_checked import hold_shape
from steelyard.report.proof.unpacked import BadEvidence, Bundled
from steelyard.report.proof.withheld import IDS, TABLES
from steelyard.report.proof.without_rows import hold_verdict_said, hold_withheld


@dataclass(frozen=True)
class Checked:
    """One thing that was checked."""

    name: str
    what: Words
    """What holds, where it does."""
    fault: Words | None = None
    """What does not; None where it holds."""


def verify(
    members: Mapping[str, bytes], opened: StoredSet | None = None, disclosed: Disclosure | None = None
) -> tuple[Checked, ...]:
    """Check everything that can be checked of a bundle's members; a check that cannot be made has failed.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the bundle.
    opened : StoredSet, optional
        The set, where it is at hand: rows, ids, groups and units are then held against it too, and where answers are
        in the bundle, they are counted again.
    disclosed : Disclosure, optional
        Of what the bundle withholds: where it is all of it, all is computed again.
    """
    bundled = Bundled(members)
    done = []
    if disclosed is not None:

        def opens(received: Bundled) -> Words:
            nonlocal bundled
            what, whole = hold_disclosure(received.members, disclosed)
            bundled = received.disclosed(whole)
            return what

        what = Words("what is disclosed is what the bundle commits to", "所披露内容与报告包的承诺一致")
        done.append(_checked(_Check("disclosed", what, opens), bundled))
    return (*[_checked(check, bundled) for check in _checks(bundled, opened)], *done)


def withholds(members: Mapping[str, bytes], checks: Sequence[Checked]) -> bool:
    """Whether numbers rest on rows that are withheld, and were not disclosed as a whole."""
    return WITHHELD in members and "estimates" not in {each.name for each in checks}


def _checks(bundled: Bundled, opened: StoredSet | None) -> Iterator[_Check]:
    """Yield the checks that can be made."""
    withheld = WITHHELD in bundled.received
    hidden = withheld and not any(name.startswith(TABLES) for name in bundled.members)
    for check in CHECKS:
        if not hidden:
            yield check
        elif check.name in INSTEAD:
            yield INSTEAD[check.name]
        elif check.name not in ("estimates", "counts") and (check.name != "draw" or IDS in bundled.members):
            yield check
    if withheld:
        yield _WITHHELD
    if ANSWERS in bundled.members and not hidden:
        what = Words("the product's answers are those that were counted", "产品答案即所计数者")
        yield _Check("answers", what, lambda each: hold_answers(each, opened))
    if HASHES in bundled.members:
        yield _HASHED
    if opened is not None:
        yield _against(opened)


def _checked(check: _Check, bundled: Bundled) -> Checked:
    fault = held = None
    try:
        held = check.holds(bundled)
    except BadEvidence as bad:
        fault = bad.words
    except SteelyardError as error:
        fault = error.what
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, AttributeError) as error:
        # Whatever a file holds, it is the file's fault: nothing but its bytes is read here.
        said = f"{type(error).__name__}: {error}"[:300]
        fault = Words(f"it cannot be read ({said})", f"无法读取（{said}）")
    return Checked(check.name, held or check.what, fault)


@dataclass(frozen=True)
class _Check:
    name: str
    what: Words
    holds: Callable[[Bundled], Words | None]
    """Raises `BadEvidence` where it does not; may say more plainly what does."""


def _against(opened: StoredSet) -> _Check:
    label = opened.card.label
    what = Words(
        f"split, ids, groups, units and hashes are those of {label}, as it is here",
        f"划分、编号、分组、抽样单元与摘要均与此处的 {label} 一致",
    )
    return _Check("set", what, lambda bundled: hold_against(bundled, opened))


CHECKS: Sequence[_Check] = (
    _Check("manifest", Words("every file is the one that the manifest names", "各文件与清单一致"), hold_manifest),
    _Check(
        "plan", Words("the report is of the plan, which is locked by its digest", "报告对应以摘要锁定的方案"), hold_plan
    ),
    _Check(
        "seed",
        Words(
            "if it was entered into a log, that log's head is here, and a seed that follows from it does",
            "若已登记入日志，则附有其树头；由其得出的种子亦相符",
        ),
        seed_follows,
    ),
    _Check(
        "specification",
        Words(
            "clause, readings, limits and decision rule are the specification's", "条款、解读、限值与判定规则出自该规范"
        ),
        hold_specification,
    ),
    _Check("card", Words("the set's card is the one that the plan locks", "数据集卡片为方案所锁定者"), hold_card),
    _Check(
        "membership",
        Words(
            "the rows belong to the set (Merkle proof), as many as its split has",
            "所列各行属于该数据集（Merkle 证明），行数与该划分相同",
        ),
        hold_membership,
    ),
    _Check(
        "draw",
        Words("of the ids as named, just those were tested that the plan draws", "按所列编号，所测样本恰为方案抽取者"),
        hold_draw,
    ),
    _Check(
        "complete",
        Words("no sample's result is left out or counted for another", "样本结果无遗漏、无错位"),
        hold_complete,
    ),
    _Check(
        "shape",
        Words(
            "documents have their own parts and no others, and are written in the one way there is",
            "各文档的组成与书写方式均为既定且唯一者",
        ),
        hold_shape,
    ),
    _Check(
        "estimates",
        Words(
            "estimates, bounds and findings, computed again from the rows, are the report's",
            "由计数重新计算的估计、界限与结论与报告一致",
        ),
        hold_estimates,
    ),
    _Check("counts", Words("so are counts and results by group", "计数与分组结果一致"), hold_counts),
    _Check("verdict", Words("the verdict follows from them", "判定由此得出"), hold_verdict),
    _Check(
        "said",
        Words(
            "so do claims and what is not claimed, repeatability, and where a sequential plan stopped",
            "可声明与不作声明的内容、重复性及序贯停止点亦由此得出",
        ),
        hold_said,
    ),
    _Check(
        "particulars",
        Words("the report names who tested, for whom, and who authorises it", "报告载明检测方、委托方与批准人"),
        who_stands,
    ),
)
_WITHHELD = _Check(
    "withheld",
    Words(
        "rows are withheld because the set is sealed, by the report's own word: a salted hash stands for each sample",
        "据报告自述，数据集已密封，故封存各行计数：每个样本以一个加盐摘要代表",
    ),
    hold_withheld,
)
_HASHED = _Check(
    "hashes",
    Words("a salted hash stands for the answers to each sample", "每个样本的答案以一个加盐摘要代表"),
    hold_hashes,
)
INSTEAD: Mapping[str, _Check] = {
    "complete": _Check(
        "complete",
        Words("there is a record of each sample, and failures are counted", "每个样本均有记录，失败计数一致"),
        hold_records,
    ),
    "verdict": _Check(
        "verdict",
        Words(
            "the verdict follows from the findings, and these from their bounds, as the report says them",
            "判定由报告所述各项结论得出，各项结论由所述界限得出",
        ),
        hold_verdict_said,
    ),
    "said": _Check(
        "said",
        Words(
            "claims and what is not claimed follow from the verdict and the plan, and where a sequential plan stopped",
            "可声明与不作声明的内容及序贯停止点与判定和方案一致",
        ),
        hold_said,
    ),
}
"""What is checked in the place of a check where rows are withheld."""
