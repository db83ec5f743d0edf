"""What the licence asks of those who use, mix and publish the set."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from steelyard.core.errors import nearest
from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Outcome, Severity
from steelyard.library.quality._examination import Examination

TABLE = Path(__file__).with_name("_licences.toml")
HOW = Words(
    "the card's SPDX expression, term by term, by a table of what each licence asks (_licences.toml, with sources)",
    "按许可条件表（_licences.toml，附出处）逐项解读卡片中的 SPDX 表达式",
)
NO_DERIVATIVES = Words(
    "a changed or mixed set, or a split of it, may not be published", "不得公开修改、混合或拆分后的数据集"
)
NON_COMMERCIAL = Words(
    "no commercial use: a paid test or a product's training may be one",
    "禁止商业使用：有偿检测或产品训练可能属于商业使用",
)
NO_LICENCE = {"", "NONE", "NOASSERTION"}


@dataclass(frozen=True)
class Terms:
    """What a licence asks."""

    name: str
    attribution: bool = False
    non_commercial: bool = False
    no_derivatives: bool = False
    share_alike: tuple[str, ...] = ()
    """Licences that what is made of it may be published under; empty: any."""


@cache
def known() -> dict[str, Terms]:
    """Return the terms of all licences of the table."""
    written = tomllib.loads(TABLE.read_text("utf-8"))["licences"]
    return {
        name: Terms(
            name,
            attribution=bool(terms.get("attribution")),
            non_commercial=bool(terms.get("non_commercial")),
            no_derivatives=bool(terms.get("no_derivatives")),
            share_alike=tuple(terms.get("share_alike", ())),
        )
        for name, terms in written.items()
    }


def alternatives(expression: str) -> list[tuple[str, ...]]:
    """Return what of an SPDX expression must hold at once, for each choice that it leaves.

    Examples
    --------
    >>> alternatives("Apache-2.0 AND (MIT OR CC-BY-4.0)")
    [('Apache-2.0', 'MIT'), ('Apache-2.0', 'CC-BY-4.0')]
    """
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)
    found, rest = _either(tokens)
    if rest:
        raise ValueError(f"unexpected {rest[0]!r}")
    return found


def _either(tokens: list[str]) -> tuple[list[tuple[str, ...]], list[str]]:
    found, rest = _both(tokens)
    while rest and rest[0].upper() == "OR":
        further, rest = _both(rest[1:])
        found = [*found, *further]
    return found, rest


def _both(tokens: list[str]) -> tuple[list[tuple[str, ...]], list[str]]:
    found, rest = _term(tokens)
    while rest and rest[0].upper() == "AND":
        further, rest = _term(rest[1:])
        found = [(*one, *other) for one in found for other in further]
    return found, rest


def _term(tokens: list[str]) -> tuple[list[tuple[str, ...]], list[str]]:
    if not tokens or tokens[0].upper() in ("AND", "OR", ")", "WITH"):
        raise ValueError("a licence is missing")
    if tokens[0] == "(":
        found, rest = _either(tokens[1:])
        if not rest or rest[0] != ")":
            raise ValueError("a bracket is not closed")
        return found, rest[1:]
    name, rest = tokens[0], tokens[1:]
    if len(rest) > 1 and rest[0].upper() == "WITH":
        rest = rest[2:]  # an exception grants more, never less
    return [(name,)], rest


def incompatible(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two licences whose material may not be published as one changed set, or None.

    Examples
    --------
    >>> incompatible(["CC-BY-SA-4.0", "ODbL-1.0"]), incompatible(["CC-BY-SA-3.0", "CC-BY-SA-4.0"])
    (('CC-BY-SA-4.0', 'ODbL-1.0'), None)
    >>> incompatible(["CC-BY-4.0", "CC-BY-ND-4.0"]), incompatible(["CC-BY-SA-4.0", "CC-BY-NC-4.0"])
    (('CC-BY-ND-4.0', 'CC-BY-4.0'), ('CC-BY-SA-4.0', 'CC-BY-NC-4.0'))
    """
    held = [known()[name] for name in dict.fromkeys(names) if name in known()]
    for one in held:
        for other in held:
            if one is other:
                continue
            if one.no_derivatives:
                return one.name, other.name
            if one.share_alike and other.share_alike and not set(one.share_alike) & set(other.share_alike):
                return one.name, other.name
            # Who must pass material on under a licence that allows commercial use cannot forbid it.
            if one.share_alike and not one.non_commercial and other.non_commercial:
                return one.name, other.name
    return None


def find(examination: Examination) -> Outcome:
    """Return what the licence asks, and whether the other set's may be mixed with it."""
    card = examination.stored.card
    found = list(_own(card.licence))
    against = examination.against
    if against is not None:
        found += _mixed(card.licence, against.card.licence, against.card.label)
    return Outcome(tuple(found), how=HOW)


def _own(licence: str) -> Iterator[Finding]:
    if licence.strip().upper() in NO_LICENCE:
        yield Finding(
            "none",
            Severity.SERIOUS,
            Words("the card states no licence", "卡片未写明许可"),
            Words(
                "Ask the makers: without a licence nobody but they may copy it.",
                "请询问制作者：没有许可，他人不得复制。",
            ),
            0,
        )
        return
    try:
        choices = alternatives(licence)
    except ValueError as error:
        yield Finding(
            "unreadable",
            Severity.WARNING,
            Words(f"{licence!r} is no SPDX expression: {error}", f"{licence!r} 不是 SPDX 表达式：{error}"),
            Words(
                "Write identifiers of spdx.org/licenses joined by AND and OR.",
                "请以 AND、OR 连接 spdx.org/licenses 的标识符。",
            ),
            0,
        )
        return
    names = tuple(dict.fromkeys(name for choice in choices for name in choice))
    yield from _unknown(names)
    yield from _asks(choices[0] if len(choices) == 1 else min(choices, key=_burden))
    inner = None if any(incompatible(choice) is None for choice in choices) else incompatible(choices[0])
    if inner is not None:
        yield _clash("parts_clash", *inner, Severity.WARNING, Words("its parts", "其各部分"))


def _burden(names: tuple[str, ...]) -> int:
    terms = [known().get(name) for name in names]
    return sum(
        10 if each is None else 8 * each.no_derivatives + 4 * each.non_commercial + 2 * bool(each.share_alike)
        for each in terms
    )


def _unknown(names: tuple[str, ...]) -> Iterator[Finding]:
    for name in names:
        if name in known():
            continue
        if name.startswith(("LicenseRef-", "DocumentRef-")):
            yield Finding(
                "own_terms",
                Severity.WARNING,
                Words(f"{name}: terms of the makers' own", f"{name}：制作者自定的条款"),
                Words(
                    "Read them at the source before you mix, publish or sell anything made of the set.",
                    "混用、公开或销售其衍生内容前，请先阅读来源处的条款。",
                ),
                0,
                {"licence": name},
            )
            continue
        near = nearest(name, known())
        hint = Words("", "") if near is None else Words(f" Is {near} meant?", f"是否指 {near}？")
        yield Finding(
            "unknown",
            Severity.WARNING,
            Words(f"{name} is not in the table of licences", f"许可条件表中没有 {name}"),
            Words(
                f"Compare it with spdx.org/licenses, and read its text.{hint.en}",
                f"请对照 spdx.org/licenses 并阅读原文。{hint.zh}",
            ),
            0,
            {"licence": name},
        )


def _asks(names: tuple[str, ...]) -> Iterator[Finding]:
    for name in dict.fromkeys(names):
        terms = known().get(name)
        if terms is None:
            continue
        if terms.no_derivatives:
            yield _term_finding(
                "no_derivatives",
                name,
                Severity.WARNING,
                NO_DERIVATIVES,
                Words("Share the recipe, not the samples.", "请共享配方，而非样本。"),
            )
        if terms.non_commercial:
            yield _term_finding(
                "non_commercial",
                name,
                Severity.WARNING,
                NON_COMMERCIAL,
                Words("Ask the makers for leave, or take another set.", "请取得制作者许可，或改用其他数据集。"),
            )
        if terms.share_alike:
            listed = ", ".join(terms.share_alike)
            yield _term_finding(
                "share_alike",
                name,
                Severity.NOTE,
                Words(
                    f"what is made of it must be published under {listed}, if at all",
                    f"其衍生内容如公开，须采用 {listed}",
                ),
                Words("Keep it apart from sets under other terms.", "请与其他许可的数据集分开存放。"),
            )


def _term_finding(kind: str, name: str, severity: Severity, what: Words, remedy: Words) -> Finding:
    return Finding(kind, severity, Words(f"{name}: {what.en}", f"{name}：{what.zh}"), remedy, 0, {"licence": name})


def _mixed(own: str, other: str, label: str) -> Iterator[Finding]:
    try:
        pairs = [(*one, *two) for one in alternatives(own) for two in alternatives(other)]
    except ValueError:
        return
    if all(incompatible(each) is not None for each in pairs):
        clash = incompatible(pairs[0])
        assert clash is not None
        yield _clash("clash", *clash, Severity.WARNING, Words(f"this set and {label}", f"本数据集与 {label}"))


def _clash(kind: str, one: str, other: str, severity: Severity, what: Words) -> Finding:
    return Finding(
        kind,
        severity,
        Words(
            f"{what.en} may be used side by side, but not published as one: {one} does not go with {other}",
            f"{what.zh}可分别使用，但不得合并公开：{one} 与 {other} 不兼容",
        ),
        Words("Publish them apart, each under its own licence.", "请分别公开，各用其许可。"),
        0,
        {"licence": one, "other": other},
    )


CHECK = Check("licence", Words("What may be done with it?", "许可允许做什么？"), find)
