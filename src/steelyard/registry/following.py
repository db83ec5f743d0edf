"""What the entry of a run or a report must agree with among those before it.

An audit finds what does not, and nothing enters that an audit would find.

- Once entries name their products, each run names its own: a run without one would escape the count of attempts.
- A report that speaks of the log has a run which names its product, and says the same of attempt, seed and place.
- A run is reported by one set of answers, with one verdict: who asks anew enters a new run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.core.words import Words
from steelyard.registry.attempts import names_product
from steelyard.registry.kinds import agrees

Entry = Mapping[str, Any]

UNNAMED = Words(
    "it does not say of which product and clause it is, while runs before it do",
    "未载明产品与条款，而此前的检测均已载明",
)
UNCOUNTED = Words(
    "its run's entry does not say of which product and clause it is, so that attempt and seed are nobody's",
    "其检测条目未载明产品与条款，次数与种子无从核对",
)
ELSEWHERE = Words(
    "its plan names another place in the log, attempt or seed than its run's entry",
    "其方案所载日志位置、次数或种子与检测条目不符",
)
ASKED_ANEW = Words(
    "a report of the same run stands before it, with other answers or another verdict",
    "此前已有同一检测的报告，其答案或判定不同",
)
OF_A_LOG = ("root", "seeded", "unseeded", "attempt")
"""What reports say where their plans entered a log that counts; any of it binds them to the log."""


def run_fault(entry: Entry, named: bool) -> Words | None:
    """Return what does not hold of a run's entry; None: nothing.

    Parameters
    ----------
    entry : mapping
        Of the run.
    named : bool
        Whether an entry before it says of which product it is.
    """
    return UNNAMED if named and not names_product(entry) else None


def report_fault(entry: Entry, run: Entry, root: str, earlier: Sequence[Entry]) -> Words | None:
    """Return what does not hold of a report's entry; None: nothing.

    Parameters
    ----------
    entry : mapping
        Of the report.
    run : mapping
        The entry of its run.
    root : str
        Of the log before its run, hexadecimal.
    earlier : sequence of mapping
        Reports of the same run that stand before it.
    """
    if names_product(run):
        if not agrees(entry, run, root):
            return ELSEWHERE
    elif any(name in entry for name in OF_A_LOG):
        return UNCOUNTED
    return ASKED_ANEW if any(_differ(each, entry) for each in earlier) else None


def _differ(known: Entry, entry: Entry) -> bool:
    """Whether two reports of one run cannot be of the same answers; those of earlier logs have verdicts only."""
    if known["verdict"] != entry["verdict"]:
        return True
    return "answers" in known and known["answers"] != entry.get("answers")
