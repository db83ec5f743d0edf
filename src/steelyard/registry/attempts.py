"""Which attempt a run is: counted from the log, whatever the one who runs it says.

Two runs are of one family where they were on the same clause of a specification, whatever its edition, and their
products

- have the same digest, or
- bear the same name of the same maker, by the cards that their makers gave, whatever version; or
- have the same address, where one of them bears no name.

A new version of a product is thus a further attempt. Who gives a product another name *and* other bytes begins anew;
both names stand in the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.plan import Plan
from steelyard.registry.kinds import run_of

Key = tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """Runs of one family."""

    product: str
    """What the first of them was called."""
    clause: str
    runs: tuple[tuple[int, Mapping[str, Any], tuple[str, ...]], ...]
    """Of each: the attempt, its entry, and every verdict that was reported, in order; more than one is a fault."""


class Tally:
    """Counts the runs of a log, entry by entry.

    Examples
    --------
    >>> tally = Tally()
    >>> on = {"specification": "s@1", "clause": "c"}
    >>> one = {"uri": "cmd:a", "name": None, "maker": None, "digest": "sha256:1"}
    >>> [tally.count({**on, "product": product}) for product in (one, one, {**one, "uri": "cmd:b", "digest": None})]
    [1, 2, 1]
    """

    def __init__(self) -> None:
        self._known: defaultdict[Key, set[int]] = defaultdict(set)
        self._size = 0

    def related(self, entry: Mapping[str, Any]) -> set[int]:
        """Return the earlier runs of the family that a run is of, by the order in which they were counted."""
        on, product = _on(entry), entry["product"]
        name, uri = _name(product), str(product.get("uri"))
        found = set(self._known[*on, "uri of none", uri])
        if product.get("digest") is not None:
            found |= self._known[*on, "digest", str(product["digest"])]
        if name is None:
            return found | self._known[*on, "uri", uri]
        return found | self._known[*on, "name", *name]

    def count(self, entry: Mapping[str, Any]) -> int:
        """Return which attempt a run is, and count it."""
        attempt = len(self.related(entry)) + 1
        on, product = _on(entry), entry["product"]
        name, uri = _name(product), str(product.get("uri"))
        keys: list[Key] = [(*on, "uri", uri), (*on, "uri of none", uri) if name is None else (*on, "name", *name)]
        if product.get("digest") is not None:
            keys.append((*on, "digest", str(product["digest"])))
        for key in keys:
            self._known[key].add(self._size)
        self._size += 1
        return attempt


def _on(entry: Mapping[str, Any]) -> Key:
    return str(entry["specification"]).partition("@")[0], str(entry["clause"])


def _name(product: Mapping[str, Any]) -> Key | None:
    """Return maker and name, however they are spaced and capitalised; None where no name was given."""
    if product.get("name") is None:
        return None
    return tuple(" ".join(str(product.get(each) or "").split()).casefold() for each in ("maker", "name"))


def product_of(plan: Plan) -> dict[str, str | None]:
    """Return what a log says of a plan's product."""
    card, product = plan.product_card, plan.product
    return {
        "uri": product.uri,
        "digest": product.digest,
        "name": None if card is None else card.name,
        "maker": None if card is None else card.maker,
    }


def names_product(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is of a run and says of which product; those of earlier logs do not."""
    return entry["kind"] == "plan" and {"product", "specification", "clause"} <= entry.keys()


def attempt_after(entries: Iterable[Mapping[str, Any]], entry: Mapping[str, Any]) -> int:
    """Return which attempt a run is that enters a log after some entries."""
    tally = Tally()
    for each in filter(names_product, entries):
        tally.count(each)
    return tally.count(entry)


def families(entries: Sequence[Mapping[str, Any]]) -> tuple[Family, ...]:
    """Return the runs of a log by family, in the order in which the families began."""
    verdicts = defaultdict[Any, dict[str, None]](dict)
    for each in entries:
        if each["kind"] == "report":
            verdicts[run_of(each)][str(each["verdict"])] = None
    tally, first = Tally(), list[int]()
    runs = defaultdict[int, list[tuple[int, Mapping[str, Any], tuple[str, ...]]]](list)
    for place, entry in enumerate(filter(names_product, entries)):
        first.append(min((first[each] for each in tally.related(entry)), default=place))
        runs[first[-1]].append((tally.count(entry), entry, tuple(verdicts[run_of(entry)])))
    return tuple(
        Family(
            str(found[0][1]["product"].get("name") or found[0][1]["product"].get("uri")),
            "#".join(_on(found[0][1])),
            tuple(found),
        )
        for found in runs.values()
    )
