"""A product may be started before its plan is locked; it is not asked before, and none is left running."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

import steelyard
from steelyard.api import prepare_run
from steelyard.core.errors import CallError, SetError
from steelyard.core.product import Limits
from steelyard.data.label import Label
from steelyard.products import open_product
from steelyard.products._early import Early

SPEC = "miit-2017-315#medical"
LABELS = ["positive", "negative"] * 20
PLAN_IS_THERE = 'answer() if os.path.exists(os.environ["PLAN"]) else os._exit(1)'


def test_nothing_is_asked_before_the_plan_is_locked(
    write_set: Callable[..., Path],
    product_that: Callable[..., str],
    started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    monkeypatch.setenv("PLAN", str(out / "plan.json"))
    product = product_that(PLAN_IS_THERE, every=True)
    with contextlib.closing(
        prepare_run(SPEC, product, test_set=str(write_set(LABELS)), out=out, at_once=True)
    ) as prepared:
        assert comes_true(lambda: started() != [])  # on a busy machine it shows a moment later
        assert not out.exists()
        report = prepared.perform()
    assert (report.answered, report.failures, report.notes) == (len(LABELS), (), ())


def test_a_set_that_is_not_what_its_card_says_leaves_no_product(
    write_set: Callable[..., Path], product_that: Callable[..., str]
) -> None:
    folder = write_set(LABELS)
    card = folder / "card.json"
    card.write_text(card.read_text("utf-8").replace("sha256:", "sha256:0"), "utf-8")
    with pytest.raises(SetError, match="digest"):
        steelyard.run(SPEC, product_that(), test_set=str(folder))


def test_a_run_that_is_not_performed_leaves_no_product(
    write_set: Callable[..., Path],
    product_that: Callable[..., str],
    started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
) -> None:
    prepared = prepare_run(SPEC, product_that(), test_set=str(write_set(LABELS)), at_once=True)
    prepared.close()
    assert comes_true(lambda: started() == []), started()
    prepared.close()  # twice is once


def test_a_folder_with_another_plan_leaves_no_product(
    write_set: Callable[..., Path], product_that: Callable[..., str], tmp_path: Path
) -> None:
    folder, product = write_set(LABELS), product_that()
    steelyard.run(SPEC, product, test_set=str(folder), out=tmp_path / "out")
    with pytest.raises(CallError):
        steelyard.run(SPEC, product, test_set=str(folder), out=tmp_path / "out", seed=1)
    again = steelyard.run(SPEC, product, test_set=str(folder), out=tmp_path / "out")
    assert "nothing was asked" in again.notes[0].en


def test_one_that_is_asked_for_otherwise_is_started_anew(
    product_that: Callable[..., str], started: Callable[[], list[str]]
) -> None:
    early = Early(open_product(product_that()))
    labels = Label(("negative", "positive"))
    early.begin(None, labels, Limits())
    session = early.product.start(None, labels, Limits(answer_seconds=1.0))
    try:
        assert len(started()) <= 2  # the new one and its supervisor
    finally:
        session.close()
    early.close()
