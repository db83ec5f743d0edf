"""A bundle's members, taken apart where they are asked for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from steelyard.bench.judging import judge
from steelyard.bench.reopened import plan_of
from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.card import Card
from steelyard.core.plan import Plan
from steelyard.core.specification import Specification
from steelyard.core.verdict import Judgement
from steelyard.core.words import Words
from steelyard.library.card_file import card_of
from steelyard.report.particulars.particulars import MEMBER as PARTICULARS
from steelyard.report.particulars.particulars import Particulars
from steelyard.report.particulars.read import particulars_of
from steelyard.report.proof.evidence import WITHHELD, recomputable
from steelyard.report.proof.withheld import SealedElsewhere
from steelyard.specs.reader import parse

HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""What JSON can spell and no text can hold, unless its other half follows."""


class BadEvidence(Exception):
    """What was looked at is not what it should be."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = Words(en, zh)


class Bundled:
    """A bundle's members, taken apart where they are asked for."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self.members = self.received = members

    def disclosed(self, members: Mapping[str, bytes]) -> Bundled:
        """Return it with what it withholds: other members to compute with, the same ones to hold digests against."""
        whole = Bundled(members)
        whole.received = self.received
        return whole

    @cached_property
    def plan(self) -> Plan:
        return plan_of(json_of(self.members["plan.json"]), Path("plan.json"))

    @cached_property
    def report(self) -> Mapping[str, Any]:
        return object_of(self.members["report.json"])

    @cached_property
    def card(self) -> Card:
        return card_of(object_of(self.members["card.json"]), Path("card.json"))

    @cached_property
    def specification(self) -> Specification:
        return _specification(self.members["specification.yaml"])

    @cached_property
    def particulars(self) -> Particulars | None:
        """What the laboratory says beside the numbers; None where it says nothing."""
        if PARTICULARS not in self.members:
            return None
        found = particulars_of(object_of(self.members[PARTICULARS]))
        if found.document() != self.members[PARTICULARS]:
            raise BadEvidence("they are written in another way", "书写形式不同")
        return found

    @cached_property
    def basis(self) -> tuple[Basis, Scored]:
        basis, scored = recomputable(self.members, self.plan, self.card)
        if WITHHELD in self.received:
            inputs = bool(self.report["sealed"]["inputs"])
            basis = replace(basis, test_set=SealedElsewhere(self.card, Path("bundle"), inputs))
        return basis, scored

    @cached_property
    def ids(self) -> list[str]:
        found = json_of(self.members["evidence/ids.json"])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise BadEvidence("ids are no texts", "编号不是文本")
        return found

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        return judge(*self.basis)


@lru_cache(maxsize=4)
def _specification(data: bytes) -> Specification:
    """Return what a file says: whoever checks many bundles meets the same few specifications."""
    return parse(data, Path("specification.yaml"))


def json_of(data: bytes) -> Any:
    """Return what JSON says, refusing what two readers could understand in two ways."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise BadEvidence("a key stands in an object twice", "对象中有重复的键")
        return made

    def never(constant: str) -> Any:
        raise BadEvidence(f"{constant} is no number", f"{constant} 不是数")

    def finite(digits: str) -> float:
        number = float(digits)
        return number if math.isfinite(number) else never(digits)

    text = data.decode("utf-8")
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=never, parse_float=finite)
        if HALF.search(text):
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BadEvidence("it is nested too deeply", "嵌套过深") from None
    except UnicodeEncodeError:
        raise BadEvidence("it holds half of a surrogate pair, which is no character", "含不成对的代理码点") from None
    return found


def object_of(data: bytes) -> Mapping[str, Any]:
    """Return the object that JSON says."""
    found = json_of(data)
    if not isinstance(found, dict):
        raise BadEvidence("it is no object", "不是对象")
    return found
