"""What came of checking a bundle, on one screen: what was proved, what was not, and who stands for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import plain, sha256
from steelyard.core.errors import EvidenceError
from steelyard.core.printable import printable
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words, listed
from steelyard.library.stored_set import StoredSet
from steelyard.report._layout import facts, say, table
from steelyard.report.particulars.checked import Unnamed
from steelyard.report.proof.bundle import MANIFEST
from steelyard.report.proof.disclosure import Disclosure
from steelyard.report.proof.keys import PublicKey
from steelyard.report.proof.signing import Signed, signed_by
from steelyard.report.proof.timestamps import Stamp, stamped_keys, stamps
from steelyard.report.proof.verification import Checked, verify, withholds

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rich.console import Console

UNBOUND = Words(
    "That ids, groups, units and the split are those of the rows: the set's rows are here as hashes "
    "only, and no hash tells them. Whoever has the set can hold the bundle against it.",
    "编号、分组、抽样单元与划分确属各行——数据集各行在此仅以摘要出现，由摘要无从得知；持有数据集者可据以核对。",
)
"""What only the set itself can tell."""
REST_ON_WORD = Words(
    "Estimates, bounds and counts: the set is sealed, and the rows that they follow from are withheld. They rest on "
    "the signature, until the laboratory discloses all samples.",
    "估计、界限与计数——数据集已密封，其所依据的逐行计数已封存；在实验室披露全部样本之前，仅由签名者担保。",
)
"""Of a bundle that withholds its rows."""
NOT_PROVED = (
    Words(
        "That the product gave these answers: rows are what was counted of them. Whoever signs stands for that.",
        "这些答案确由该产品给出——报告包所载为其计数。此点由签名者负责。",
    ),
    Words("That reference answers are right.", "参考答案正确。"),
    Words(
        "The page report.html; the laboratory's particulars; the notes on the product, what its failures said, why "
        "other readings were not judged, the environment and the time, as they are named; how long answers took.",
        "report.html 页面内容，以及所述的报告信息、产品备注、失败详情、其他解读未判定的原因、运行环境与时间；"
        "作答用时。",
    ),
)


@dataclass(frozen=True)
class Verified:
    """What came of it."""

    checks: tuple[Checked, ...]
    signed: Signed
    said: Mapping[str, Any]
    """What the bundle says: product, clause, verdict, digests."""
    against_set: bool = False
    """Whether it was held against the set itself."""
    stamps: tuple[Stamp, ...] | None = None
    """When signatures existed, says who is trusted in that; None: nobody was named."""
    unread: int = 0
    """Number of timestamps that were not checked, for nobody was named."""

    withheld: bool = False
    """Whether numbers rest on rows that the bundle withholds."""

    @property
    def holds(self) -> bool:
        """Whether all that can be checked holds."""
        return all(each.fault is None for each in self.checks)

    @property
    def exit_code(self) -> int:
        """Exit code of ``steelyard verify``."""
        if not self.holds:
            return Verdict.INVALID.exit_code
        asked_in_vain = self.withheld or (self.stamps is not None and not self._stamped)
        return 0 if self.signed.trusted and not asked_in_vain else Verdict.UNDETERMINED.exit_code

    @property
    def _stamped(self) -> bool:
        """Whether a signature that was checked bears a timestamp: anybody can have an entry of no key stamped."""
        return bool({stamp.key for stamp in self.stamps or ()} & {key.id for key in self.signed.trusted})

    @property
    def not_proved(self) -> tuple[Words, ...]:
        """What no check shows."""
        left = NOT_PROVED if self.against_set else (UNBOUND, *NOT_PROVED)
        if self.withheld:
            left = (REST_ON_WORD, *left)
        return left if not self.unread else (*left, _unread(self.unread))

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "holds": self.holds,
            "exit_code": self.exit_code,
            "checks": [plain(each) for each in self.checks],
            "signed_by": [{"name": key.name, "id": key.id} for key in self.signed.trusted],
            "signed_by_unknown": list(self.signed.unknown),
            "timestamps": plain(self.stamps),
            "withheld": self.withheld,
            "not_proved": plain(self.not_proved),
            **self.said,
        }


def verified(
    members: Mapping[str, bytes],
    trusted: Sequence[PublicKey],
    opened: StoredSet | None = None,
    authorities: Sequence[Certificate] | None = None,
    disclosed: Disclosure | None = None,
) -> Verified:
    """Check a bundle's members and signatures, and hold it against its set where that is at hand.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the bundle.
    trusted : sequence of PublicKey
        Keys whose signatures count.
    opened : StoredSet, optional
        The set, where it is at hand.
    authorities : sequence of Certificate, optional
        Certificates whose word on times counts; without them no timestamp is checked.
    disclosed : Disclosure, optional
        Of what the bundle withholds.
    """
    what = Words("signatures are of this bundle", "签名针对本报告包")
    try:
        signed, fault = signed_by(members, trusted), None
    except EvidenceError as error:
        signed, fault = Signed((), ()), error.what
    times, found, unread = _timed(members, authorities, signed.trusted)
    checks = (Checked("signatures", what, fault), *times, *verify(members, opened, disclosed))
    withheld = withholds(members, checks)
    return Verified(checks, signed, _said(members), opened is not None, found, unread, withheld)


def _timed(
    members: Mapping[str, bytes], authorities: Sequence[Certificate] | None, signers: Sequence[PublicKey]
) -> tuple[tuple[Checked, ...], tuple[Stamp, ...] | None, int]:
    """Return the check of timestamps where there are any, what they show, and how many of them nobody looked at."""
    what = Words("timestamps stand beside signatures that are here", "时间戳与所附签名对应")
    found: tuple[Stamp, ...] | None = None
    try:
        keys = stamped_keys(members)
        if authorities is not None:
            found = stamps(members, authorities)
        if not keys:
            return (), found, 0
    except EvidenceError as error:
        return (Checked("timestamps", what, error.what),), (), 0
    if found is None:
        return (Checked("timestamps", what),), None, len(keys)
    known = {key.id: key.name for key in signers}
    each = []
    for stamp in found:
        name, short = known.get(stamp.key), f"{stamp.key[:19]}…"
        whose = (
            Words(f"an unverified entry in the name of {short}", f"以 {short} 名义的未经核验的条目")
            if name is None
            else Words(f"the signature of {name}", f"{name} 的签名")
        )
        en = f"{whose.en} existed before {stamp.before}, says {stamp.by}"
        each.append(Words(en, f"{whose.zh}在 {stamp.before} 之前已存在（{stamp.by} 证明）"))
    shown = Words("; ".join(words.en for words in each), "；".join(words.zh for words in each))
    return (Checked("timestamps", shown),), found, 0


def _unread(count: int) -> Words:
    return Words(
        f"When it was signed: its timestamps ({count}) were not checked, for nobody was named who is trusted in that.",
        f"签名时间——所附时间戳（{count} 个）未经核验，因未指明可信的时间戳机构。",
    )


def _said(members: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a bundle says of itself, as far as that can be read."""
    try:
        report = json.loads(members["report.json"])
        plan = report["plan"]
        return {
            "product": str(plan["product"]["uri"]),
            "clause": f"{plan['specification']}#{plan['clause']['name']}",
            "test_set": str(plan["test_set"]),
            "samples": plan["samples"],
            "verdict": Verdict(report["verdict"]).value,
            "created": str(report["created"]),
            "bundle": sha256(members[MANIFEST]),
        }
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def show_verified(console: Console, found: Verified) -> None:
    """Print it."""
    if found.said:
        verdict = Verdict(found.said["verdict"]).words
        facts(
            console,
            {
                Words("product", "产品"): found.said["product"],
                Words("clause", "条款"): found.said["clause"],
                Words("test set", "测试集"): Words(
                    f"{found.said['test_set']}, {found.said['samples']} samples",
                    f"{found.said['test_set']}，{found.said['samples']} 个样本",
                ),
                Words("the report says", "报告结论"): verdict,
                Words("bundle", "报告包"): found.said["bundle"],
            },
        )
        console.print()
    for each in found.checks:
        if each.fault is None and isinstance(each.what, Unnamed):
            say(console, f"– {each.what}", 2, "dim")
        elif each.fault is None:
            say(console, f"✓ {each.what}", 2, "green")
        else:
            say(console, f"✗ {each.what}", 2, "red")
            say(console, printable(str(each.fault), lines=False), 4)
    console.print()
    say(console, Words("Not proved:", "无法证明："), 2, "dim")
    options = {UNBOUND: "--set SET", REST_ON_WORD: "--disclosed FILE"}
    if found.unread:
        options[_unread(found.unread)] = "--trust-timestamps CA.pem"
    for words in found.not_proved:
        how = f" [{options[words]}]" if words in options else ""
        say(console, f"– {words}{how}", 2, "dim")
    console.print()
    say(console, conclusion(found), style="bold")


def conclusion(found: Verified) -> Words:
    """Return what to think of it, in a sentence or two."""
    if not found.holds:
        return Words("This bundle does not hold: do not rely on it.", "该报告包不成立：请勿采信。")
    unknown = "" if not found.signed.unknown else ", ".join(each[:19] + "…" for each in found.signed.unknown)
    beside = (
        Words(f" Also signed by unknown keys: {unknown}.", f"另有未知密钥签名：{unknown}。")
        if unknown
        else Words("", "")
    )
    if found.stamps is not None and not found._stamped:
        on = Words(" on a signature that you trust", "在您信任的签名上") if found.stamps else Words("", "")
        beside = Words(f" It bears no timestamp{on.en}.{beside.en}", f"{on.zh}未附时间戳。{beside.zh}")
    if found.withheld:
        beside = Words(
            f" The numbers rest on rows that are withheld: they are not proved by this file.{beside.en}",
            f"数值所依据的逐行计数已封存：本文件不足以证明。{beside.zh}",
        )
    if not found.signed.trusted:
        return Words(
            f"All holds, and nobody whom you trust has signed it.{beside.en}",
            f"全部成立，但没有您信任的签名。{beside.zh}",
        )
    names = listed([Words(key.name, key.name) for key in found.signed.trusted])
    return Words(f"All holds. Signed by {names.en}.{beside.en}", f"全部成立。签名者：{names.zh}。{beside.zh}")


def show_keys(console: Console, own: Sequence[PublicKey], trusted: Sequence[PublicKey]) -> None:
    """List keys that sign here and keys that are trusted."""
    rows = table(Words("key", "密钥"), Words("id", "编号"), Words("use", "用途"))
    ours = {key.id for key in own}
    for key in [*own, *(key for key in trusted if key.id not in ours)]:
        use = Words("signs here, trusted", "本机签名，可信") if key.id in ours else Words("trusted", "可信")
        rows.add_row(key.name, key.id, str(use))
    console.print(rows)
