"""What must hold of a log, entry by entry: anybody who has its lines and heads can go through it.

- Every head is signed by a trusted key and is the root of the entries before it; what was seen elsewhere is continued.
- A run enters before its report; seeds follow from the log before them, attempts are as many as the log counts.
- What runs and reports say agrees (:mod:`steelyard.registry.following`): one run has one set of answers, one verdict.
- Events on reports follow one another as they may, and were signed for this place in this log by a trusted key.
- Times never run backwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from steelyard.core.errors import CallError
from steelyard.core.log_seed import log_seed
from steelyard.core.merkle import Tree, leaf_hash
from steelyard.core.words import Words
from steelyard.registry.attempts import Family, Tally, families, names_product
from steelyard.registry.following import report_fault, run_fault
from steelyard.registry.heads import Head
from steelyard.registry.kinds import run_of
from steelyard.registry.lifecycle import Life, entered
from steelyard.registry.recalls import affected, recalled_by
from steelyard.registry.signed import signers
from steelyard.report.proof.keys import PublicKey

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Audit:
    """What came of going through a log."""

    size: int
    heads: int
    faults: tuple[Words, ...]
    unreported: tuple[Entry, ...]
    """Plans that no report followed."""
    withdrawn: tuple[Entry, ...]
    """Reports that stand in it and are withdrawn."""
    families: tuple[Family, ...] = ()
    """Runs, by product and clause, with their attempts."""
    lives: tuple[tuple[Entry, Life], ...] = ()
    """Reports, and what they are after the last entry."""
    recalled: tuple[tuple[Entry, tuple[Entry, ...], tuple[Entry, ...]], ...] = ()
    """Recalls, the reports that they reach, and those of which nothing is known."""

    def document(self, day: date) -> dict[str, Any]:
        """Return it as plain data, with reports as they are on a day (UTC)."""
        gone = {entry["bundle"] for _, reports, _ in self.recalled for entry in reports}
        return {
            "day": day.isoformat(),
            "holds": not self.faults,
            "faults": [{"en": each.en, "zh": each.zh} for each in self.faults],
            "entries": self.size,
            "heads": self.heads,
            "unreported": [dict(entry) for entry in self.unreported],
            "withdrawn": [dict(entry) for entry in self.withdrawn],
            "reports": [_lived(entry, life.on(day), entry["bundle"] in gone) for entry, life in self.lives],
            "recalls": [
                {
                    "recall": dict(entry),
                    "reports": [str(each["bundle"]) for each in reports],
                    "unknown": [str(each["bundle"]) for each in unknown],
                }
                for entry, reports, unknown in self.recalled
            ],
            "families": [
                {
                    "product": family.product,
                    "clause": family.clause,
                    "runs": [
                        {"attempt": attempt, "entry": dict(entry), "verdicts": list(verdicts)}
                        for attempt, entry, verdicts in family.runs
                    ],
                }
                for family in self.families
            ],
        }


def _lived(entry: Entry, life: Life, recalled: bool) -> dict[str, Any]:
    return {
        "bundle": str(entry["bundle"]),
        "verdict": str(entry["verdict"]),
        "state": life.state.value,
        "since": life.since,
        "until": life.until,
        "recalled": recalled,
        "valid": life.state.valid and not recalled,
    }


def audited(
    lines: Sequence[tuple[Entry, bytes]],
    heads: Sequence[Head],
    trusted: Sequence[PublicKey],
    seen: Sequence[Head] = (),
) -> Audit:
    """Go through a log.

    Parameters
    ----------
    lines : sequence of (mapping, bytes)
        Entries, and the lines that they were read from.
    heads : sequence of Head
        Of the log itself, the oldest first.
    trusted : sequence of PublicKey
        Keys that may sign heads and events.
    seen : sequence of Head
        That others were shown (gossip).
    """
    entries = [entry for entry, _ in lines]
    walk = _Walk(trusted, heads)
    order = [fault for entry, line in lines for fault in walk.faults(entry, line)]
    faults = [*_head_faults(walk.roots, heads, trusted, seen), *order]
    reports = {str(entry["bundle"]): entry for entry in reversed(entries) if entry["kind"] == "report"}
    lives = tuple((reports[bundle], life) for bundle, life in walk.lives.items())
    gone = {entry["bundle"] for entry in entries if entry["kind"] == "withdrawn" or entry.get("event") == "withdrawn"}
    reported = {run_of(entry) for entry in entries if entry["kind"] == "report"}
    return Audit(
        len(lines),
        len(heads),
        tuple(faults),
        tuple(entry for entry in entries if entry["kind"] == "plan" and run_of(entry) not in reported),
        tuple(entry for entry in entries if entry["kind"] == "report" and entry["bundle"] in gone),
        families(entries),
        lives,
        tuple(_reached(entry, entries) for entry in entries if entry["kind"] == "recall"),
    )


def _reached(recall: Entry, entries: Sequence[Entry]) -> tuple[Entry, tuple[Entry, ...], tuple[Entry, ...]]:
    try:
        found = affected(recalled_by(recall), entries)
    except CallError:  # nothing bears this name, by this log
        return recall, (), ()
    return recall, found.reports, found.unknown


def _head_faults(
    roots: Sequence[str], heads: Sequence[Head], trusted: Sequence[PublicKey], seen: Sequence[Head]
) -> Iterator[Words]:
    size = len(roots) - 1
    for place, head in enumerate([*heads, *seen]):
        name = f"head {head.size}" if place < len(heads) else f"the head of {head.size} entries that was seen"
        name_zh = f"第 {head.size} 条处的树头" if place < len(heads) else f"他处所见 {head.size} 条的树头"
        if not head.signed_by(trusted):
            yield Words(f"{name} is not signed by a trusted key", f"{name_zh}没有可信签名")
        if not 0 <= head.size <= size:
            yield Words(f"{name}: the log has {size} entries now", f"{name_zh}：日志现仅有 {size} 条")
        elif roots[head.size] != head.root:
            yield Words(f"{name}: the entries before it are others", f"{name_zh}：此前条目已改变")
    if size and (not heads or heads[-1].size != size):
        yield Words("entries follow the last head", "最后树头之后另有条目")


class _Walk:
    """Goes through a log and remembers what later entries must agree with."""

    def __init__(self, trusted: Sequence[PublicKey], heads: Sequence[Head]) -> None:
        self._trusted = trusted
        self._signed_at = {head.size: head.at for head in heads}
        self._tree = Tree()
        self.roots = [self._tree.root().hex()]
        """Of the entries before each, and of all."""
        self._runs: dict[tuple[Any, Any], tuple[Entry, str]] = {}
        self._reports = defaultdict[tuple[Any, Any], list[Entry]](list)
        self._named = False
        """Whether entries so far say of which products they are."""
        self.lives: dict[str, Life] = {}
        self._tally = Tally()
        self._last = ""

    def faults(self, entry: Entry, line: bytes) -> Iterator[Words]:
        """Yield what does not hold of the next entry."""
        number = len(self._tree)
        check = {"plan": self._plan, "report": self._report, "recall": self._signature}.get(entry["kind"], self._event)
        for fault in check(entry):
            yield Words(f"entry {number + 1}: {fault.en}", f"第 {number + 1} 条：{fault.zh}")
        if str(entry["at"]) < self._last:
            yield Words(
                f"entry {number + 1}: it is older than the one before it", f"第 {number + 1} 条：时间早于前一条"
            )
        elif str(entry["at"]) < self._signed_at.get(number, ""):
            yield Words(
                f"entry {number + 1}: it is older than the head before it", f"第 {number + 1} 条：时间早于此前树头"
            )
        self._last = str(entry["at"])
        self._tree.extend(leaf_hash(line))
        self.roots.append(self._tree.root().hex())

    def _plan(self, entry: Entry) -> Iterator[Words]:
        self._runs.setdefault(run_of(entry), (entry, self.roots[-1]))
        if not names_product(entry):
            fault = run_fault(entry, self._named)
            if fault is not None:
                yield fault
            return  # of an earlier log
        self._named = True
        attempt = self._tally.count(entry)
        if entry.get("attempt") != attempt:
            yield Words(
                f"it is attempt {attempt}, and says {entry.get('attempt')}",
                f"应为第 {attempt} 次检测，所载为第 {entry.get('attempt')} 次",
            )
        seed = log_seed(str(entry.get("unseeded")), self.roots[-1])
        if entry.get("seeded") and entry.get("seed") != seed:
            yield Words("its seed does not follow from the log before it", "种子并非由此前日志得出")

    def _report(self, entry: Entry) -> Iterator[Words]:
        bundle = str(entry["bundle"])
        if bundle not in self.lives:
            self.lives[bundle] = entered(entry)
        plan, root = self._runs.get(run_of(entry), (None, None))
        earlier = self._reports[run_of(entry)]
        if plan is None:
            yield Words("a report without a plan before it", "报告之前没有方案")
        elif (fault := report_fault(entry, plan, str(root), earlier)) is not None:
            yield fault
        earlier.append(entry)

    def _event(self, entry: Entry) -> Iterator[Words]:
        bundle = str(entry["bundle"])
        life = self.lives.get(bundle)
        if entry["kind"] == "event":
            yield from self._signature(entry)
        if life is None:
            yield Words("nothing was issued that it could withdraw", "无可撤回的报告")
            return
        try:
            self.lives[bundle] = life.after(entry)
        except CallError as error:
            yield error.what
        except (ValueError, KeyError):
            yield Words("it names no event, or no day", "未载明事件或日期")

    def _signature(self, entry: Entry) -> Iterator[Words]:
        if not signers(entry, self._trusted):
            yield Words("no trusted key has signed it", "没有可信密钥签名")
        if entry["root"] != self.roots[-1]:
            yield Words("it was signed for another log, or another place in it", "所签署的是另一日志或另一位置")
        if not self._last <= str(entry["on"]) <= str(entry["at"]):
            yield Words("it was signed at another time than it was entered", "签署时间与登记时间不符")
