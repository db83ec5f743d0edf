"""Whether a bundle's rows are those of a set that is at hand: what hashes alone do not tell."""

from __future__ import annotations

import json

from steelyard.core.canonical import digest
from steelyard.library.stored_set import StoredSet
from steelyard.report.proof.bundle import membership
from steelyard.report.proof.evidence import WITHHELD, ids_of, loaded
from steelyard.report.proof.unpacked import BadEvidence, Bundled
from steelyard.report.proof.withheld import IDS


def hold_against(bundled: Bundled, opened: StoredSet) -> None:
    """Raise `BadEvidence` unless rows, ids, groups, units and hashes are those of a set.

    Hashes are made anew from the set's content: whatever its card says, it is the set that the plan locks.
    """
    import numpy as np

    plan, card = bundled.plan, opened.card
    if card.digest != plan.test_set_digest or digest(card) != plan.test_set_card:
        raise BadEvidence(
            f"{card.label} is another set, or has another card, than the plan locks",
            f"{card.label} 与方案锁定的数据集或卡片不同",
        )
    split = opened.positions(plan.split)
    if not np.array_equal(loaded(bundled.members["evidence/rows.npy"], 1), split):
        raise BadEvidence(f"its rows are not those of the split {plan.split}", f"所列各行不是划分 {plan.split} 的各行")
    hidden = IDS not in bundled.members
    if not hidden and bundled.ids != ids_of(opened, split):
        raise BadEvidence("rows have other ids in the set", "各行的编号与数据集不同")
    for place, each in enumerate(json.loads(bundled.members["evidence/index.json"])["codes"]):
        if hidden:
            continue
        codes, names = opened.codes(each["column"])
        said = loaded(bundled.members[f"evidence/codes/{place}.npy"], 1)
        used = np.unique(said).tolist() if WITHHELD in bundled.received else range(len(names))
        known = len(each["names"]) <= len(names) and all(each["names"][code] == names[code] for code in used)
        if not known or not np.array_equal(said, codes[split]):
            raise BadEvidence(
                f"rows belong to other members of {each['column']} in the set", f"各行的 {each['column']} 与数据集不同"
            )
    for name, data in membership(opened, split).items():
        if bundled.members[name] != data:
            raise BadEvidence(f"{name} is another one when made from the set", f"由数据集重新生成的 {name} 不同")
