"""Attempts are counted by product family and clause, whatever a run says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.registry.logged import ON, PRODUCT, Filled, named

from steelyard.registry.attempts import Tally, attempt_after, families
from steelyard.report.proof.keys import PrivateKey


def product(uri: str = "cmd:./a", name: str | None = None, digest: str | None = None, maker: str | None = None) -> Any:
    return {"uri": uri, "name": name, "maker": maker, "digest": digest}


@pytest.mark.parametrize(
    ("earlier", "later", "attempt"),
    [
        (product(), product(), 2),
        (product(), product("cmd:./b"), 1),
        (product(digest="sha256:1"), product("cmd:./b", digest="sha256:1"), 2),  # the same bytes somewhere else
        (product(digest="sha256:1"), product(digest="sha256:2"), 2),  # a new version at the same place
        (product(name="Ear"), product("cmd:./b", name="Ear"), 2),  # a new version by its name
        (product(name="Ear", maker="A"), product("cmd:./b", name="Ear", maker="B"), 1),
        (product(name="Ear  Pro", maker="A"), product("cmd:./b", name="ear pro", maker=" a"), 2),
        (product(name="Ear"), product(name="Eye"), 1),  # two products that are called in one way
        (product(name="Ear", digest="sha256:1"), product("cmd:./b", name="Eye", digest="sha256:1"), 2),
        (product(name="Ear"), product(), 2),  # the name is left out the second time
        (product(), product(name="Ear"), 2),  # or the first time
    ],
)
def test_what_is_of_one_family(earlier: Any, later: Any, attempt: int) -> None:
    assert attempt_after([{"kind": "plan", **ON, "product": earlier}], {**ON, "product": later}) == attempt


@pytest.mark.parametrize(
    ("on", "attempt"),
    [
        ({}, 2),
        ({"specification": "spec@2"}, 2),  # another edition is no new beginning
        ({"specification": "other@1"}, 1),
        ({"clause": "d"}, 1),
    ],
)
def test_what_is_of_one_clause(on: dict[str, str], attempt: int) -> None:
    assert attempt_after([{"kind": "plan", **ON, "product": PRODUCT}], {**ON, **on, "product": PRODUCT}) == attempt


def test_runs_of_earlier_logs_count_for_nobody() -> None:
    assert attempt_after([{"kind": "plan", **named(0)}, {"kind": "recall"}], {**ON, "product": PRODUCT}) == 1


PRODUCTS = st.builds(
    product,
    st.sampled_from(["cmd:./a", "cmd:./b"]),
    st.sampled_from([None, "Ear", "Eye"]),
    st.sampled_from([None, "sha256:1", "sha256:2"]),
)


def related(one: Any, other: Any) -> bool:
    """The rule as the page states it, for two runs."""
    if one["digest"] is not None and one["digest"] == other["digest"]:
        return True
    if one["name"] is not None and other["name"] is not None:
        return bool(one["name"] == other["name"])
    return bool(one["uri"] == other["uri"])


@settings(deadline=None, max_examples=60)
@given(st.lists(PRODUCTS, max_size=12))
def test_the_tally_counts_pair_by_pair(products: list[Any]) -> None:
    tally = Tally()
    for place, each in enumerate(products):
        assert tally.count({**ON, "product": each}) == 1 + sum(related(each, known) for known in products[:place])


def test_an_audit_lists_runs_by_family(tmp_path: Path, key: PrivateKey) -> None:
    filled = Filled(tmp_path / "log", key)
    for number, each in enumerate([product(name="Ear"), product("cmd:./b"), product("cmd:./c", name="Ear")]):
        filled.run(number, product=each)
    filled.report(2, verdict="does not conform")
    found = filled.log.audit([key.public]).families
    assert [(family.product, family.clause) for family in found] == [("Ear", "spec#c"), ("cmd:./b", "spec#c")]
    assert [(attempt, verdict) for attempt, _, verdict in found[0].runs] == [(1, ()), (2, ("does not conform",))]
    assert families(filled.log.entries()) == found


def test_every_verdict_of_a_run_is_listed(tmp_path: Path, key: PrivateKey) -> None:
    """No later report covers up an earlier one, even in a log that was written by hand."""
    filled = Filled(tmp_path / "log", key)
    filled.run(0)
    filled.report(0, verdict="does not conform")
    entries = filled.log.entries()
    again = [{**entries[1], "bundle": "another", "verdict": verdict} for verdict in ("conforms", "does not conform")]
    (family,) = families([*entries, *again])
    assert [verdicts for _, _, verdicts in family.runs] == [("does not conform", "conforms")]
