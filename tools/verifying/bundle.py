"""A bundle, taken further apart: rows with all their columns, groups and units, and the order of a sequential plan."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from verify_report import Bundle, canonical, demand

from verifying.areas import Array
from verifying.methods import METHODS
from verifying.verdicts import Evidence, Rows


class Further:
    """What the folder's modules ask of a bundle beyond what the one file does."""

    def __init__(self, b: Bundle) -> None:
        self.members, self.json, self.left = b.members, b.json, b.left
        self.unchecked: list[str] = []
        """What the verdict rests on and is not checked."""
        self._array = b.array

    def array(self, name: str, dimensions: int = 1, below: int | None = None) -> Array:
        """Return the array in a member."""
        return self._array(name, None, below, dimensions)

    @property
    def withheld(self) -> bool:
        """Whether hashes stand in the place of rows, since the set is sealed."""
        return "withheld/rows.npy" in self.members

    @cached_property
    def report(self) -> Any:
        return self.json("report.json")

    @cached_property
    def plan(self) -> Any:
        return self.json("plan.json")["plan"]

    @cached_property
    def card(self) -> Any:
        return self.json("card.json")

    @cached_property
    def split(self) -> Array:
        """Rows of the split in the set."""
        return ascending(self.array("evidence/rows", below=self.card["samples"]))

    @cached_property
    def ids(self) -> list[str]:
        found = self.json("evidence/ids.json")
        demand(len(found) == len(self.split) == len(set(map(str, found))), "samples and ids are not one for one")
        return list(map(str, found))

    @property
    def rounds(self) -> int:
        return int(self.plan["repeats"] * self.plan["sessions"])

    @cached_property
    def tables(self) -> dict[tuple[str, str], list[tuple[Array, Array, Array]]]:
        """Values, samples and units of each round, by reading and indicator."""
        index = self.json("evidence/index.json")
        found: dict[tuple[str, str], list[tuple[Array, Array, Array]]] = {}
        clusters = {
            (reading["name"], each["indicator"]): [reading["cluster"]]
            for reading in self.plan["clause"]["readings"]
            for each in reading["requirements"]
        }
        demand(index["rounds"] == self.rounds, f"there are {index['rounds']} rounds, not {self.rounds}")
        for place, table in enumerate(index["tables"]):
            parts = []
            for number in range(self.rounds):
                below = f"evidence/tables/{place}/{number}"
                units = len(self.split) if table["cluster"] is None else len(self.evidence_codes[table["cluster"]][1])
                parts.append(
                    (
                        self.array(f"{below}/values", 2),
                        self.array(f"{below}/samples", below=len(self.split)),
                        self.array(f"{below}/units", 2, units),
                    )
                )
            uses = list(map(tuple, table["uses"]))
            demand(len({*uses} - found.keys()) == len(uses), "rows of one use stand in two tables")
            demand(all(clusters.get(use) == [table["cluster"]] for use in uses), "a table is of something else")
            found |= dict.fromkeys(uses, parts)
        demand(found.keys() == clusters.keys(), "there are other tables than the plan makes")
        return found

    @cached_property
    def evidence_codes(self) -> dict[str, tuple[Array, list[str]]]:
        found = {}
        for place, each in enumerate(self.json("evidence/index.json")["codes"]):
            if self.withheld and each["names"] is None:
                continue
            codes = self.array(f"evidence/codes/{place}", below=len(each["names"]))
            demand(len(codes) == len(self.split), "codes are not of the split's rows")
            found[str(each["column"])] = (codes, list(map(str, each["names"])))
        return found

    @cached_property
    def evidence(self) -> Evidence:
        """What verdicts are computed from; of readings by methods that are known here."""
        rows = {}
        for reading in self.plan["clause"]["readings"]:
            for requirement in reading["requirements"] if self.knows(reading) else ():
                parts = self.tables[reading["name"], requirement["indicator"]]
                values, samples, units = (np.concatenate([part[n] for part in parts]) for n in range(3))
                columns = METHODS[reading["method"]][requirement["indicator"]].columns
                demand(values.shape[1] == len(columns) and units.shape[1] == 1, "a table has other columns")
                named = {name: values[:, place] for place, name in enumerate(columns)}
                rows[reading["name"], requirement["indicator"]] = Rows(named, samples, units[:, 0])
        cluster = self.plan["clause"]["readings"][0]["cluster"]
        hidden = self.withheld and cluster not in self.evidence_codes
        count = self.card["samples"] if hidden else len(self.split)
        count = count if cluster is None or hidden else len(self.evidence_codes[cluster][1])
        order = None if self.plan["sequential"] is None else self.array("evidence/order", below=count)
        tested = ascending(self.array("evidence/tested", below=len(self.split)))
        return Evidence(self.plan, self.card, self.evidence_codes, tested, rows, order)

    def knows(self, reading: Mapping[str, Any]) -> bool:
        """Tell whether a reading can be judged here."""
        indicators = METHODS.get(reading["method"], {})
        versions = (self.plan["method_version"], self.plan["statistics"])
        return (
            not self.withheld
            and versions == ("1", "steelyard/statistics/1")
            and all(requirement["indicator"] in indicators for requirement in reading["requirements"])
        )


def ascending(found: Array) -> Array:
    """Return an array that must ascend."""
    demand(bool((np.diff(found) > 0).all()), "numbers do not ascend")
    return found


def equal(found: Any, said: Any, otherwise: str) -> None:
    """Raise an error unless two values are the same JSON."""
    demand(canonical(found) == canonical(said), otherwise)


def sha256(data: bytes) -> str:
    """Return the digest of bytes as bundles name it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
