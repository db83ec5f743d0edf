"""A run enters the log before it begins: the log counts the attempt, and may give the seed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steelyard.api import prepare_run
from steelyard.bench.relocking import chosen_seed, is_seeded
from steelyard.bench.reopened import plan_of
from steelyard.bench.trial import Trial
from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.log_seed import FOLLOWS, IDLE, log_seed, unseeded
from steelyard.core.plan import Plan
from steelyard.core.product import Limits
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words
from steelyard.products import open_product
from steelyard.registry.entering import enter_run
from steelyard.registry.entries import report_of
from steelyard.registry.log import Log
from steelyard.report.proof.keys import PrivateKey

MEDICAL = "miit-2017-315#medical"


@pytest.fixture
def product(tmp_path: Path) -> str:
    (tmp_path / "model.py").write_text("def call(numbers):\n    return 'positive'\n")
    return f"python:{tmp_path / 'model.py'}:call"


@pytest.fixture
def trial(product: str) -> Trial:
    return prepare_run(MEDICAL, product, limit=30, attempt=1).trial


@pytest.fixture
def enter(tmp_path: Path, key: PrivateKey) -> Callable[..., Plan]:
    def entered(trial: Trial, out: str = "run", **said: Any) -> Plan:
        return enter_run(trial, tmp_path / out, tmp_path / "log", key.public.name, **said).plan

    return entered


def faults(folder: Path, key: PrivateKey) -> tuple[Any, ...]:
    return Log(folder / "log").audit([key.public]).faults


def test_the_seed_is_what_the_page_says(trial: Trial, enter: Callable[..., Plan], tmp_path: Path) -> None:
    """Computed with hashlib and json alone, from the files that a stranger has."""
    enter(trial, "first")
    plan = enter(trial, "second", seeded=True)
    written = json.loads(canonical(plan.written()))
    left_out = "seed log samples sequential trained_apart batch batch_bytes limits isolation product_card format"
    kept = {name: value for name, value in written.items() if name not in left_out.split()} | {"sequential": False}
    kept["product"] = {"digest": written["product"]["digest"]}

    def digest(value: Any) -> bytes:
        # No number of this plan is written otherwise by RFC 8785 than by Python.
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()

    first = (tmp_path / "log" / "entries.jsonl").read_bytes().splitlines()[0]
    root = hashlib.sha256(b"\0" + first).hexdigest()  # RFC 9162: the root of a tree of one leaf
    seed = int.from_bytes(digest([f"sha256:{digest(kept).hex()}", root]), "big") >> 203
    assert (plan.seed, plan.log and plan.log.root) == (seed, root)


def test_the_draw_follows_the_seed_and_the_plan_says_so(
    trial: Trial, enter: Callable[..., Plan], product: str, tmp_path: Path, key: PrivateKey
) -> None:
    plan = enter(trial, seeded=True)
    assert plan.seed != trial.plan.seed
    chosen = prepare_run(MEDICAL, product, limit=30, attempt=1, seed=plan.seed).trial
    drawn = enter_run(trial, tmp_path / "run", tmp_path / "log", "keeper", seeded=True).positions.tolist()
    assert drawn == chosen.positions.tolist() != trial.positions.tolist()
    assert (plan.attempts.en, plan.attempt) == ("attempt 1, as the log counts; the seed follows from the log", 1)
    assert plan_of(json.loads(json.dumps(plan.document())), Path("plan.json")) == plan
    assert faults(tmp_path, key) == ()


def test_a_run_that_is_resumed_is_the_same_whatever_came_since(
    trial: Trial, enter: Callable[..., Plan], tmp_path: Path, key: PrivateKey
) -> None:
    plan = enter(trial, seeded=True)
    other = enter(trial, "other", seeded=True)
    assert (other.attempt, other.seed == plan.seed) == (2, False)
    assert enter(trial, seeded=True) == plan
    assert enter(trial, seeded=True, attempt=1) == plan
    assert len(Log(tmp_path / "log").entries()) == 2
    with pytest.raises(CallError, match="entered the log with another plan"):
        enter(trial)  # now with a chosen seed
    assert faults(tmp_path, key) == ()


def test_another_entry_comes_between(
    trial: Trial, enter: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: PrivateKey
) -> None:
    last_head, crowd = Log.last_head, iter(["a", "b"])

    def overtaken(log: Log, secret: PrivateKey) -> Any:
        head = last_head(log, secret)
        for out in crowd:
            monkeypatch.setattr(Log, "last_head", last_head)
            enter(trial, out, seeded=True)
            monkeypatch.setattr(Log, "last_head", overtaken)
            break
        return head

    monkeypatch.setattr(Log, "last_head", overtaken)
    plan = enter(trial, seeded=True)
    assert plan.log is not None
    assert (plan.attempt, plan.log.size) == (3, 2)
    assert faults(tmp_path, key) == ()


def test_what_was_stopped_before_it_entered_enters_later(
    trial: Trial, enter: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: PrivateKey
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Log, "append_made", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            enter(trial, seeded=True)
    assert (tmp_path / "run" / "run.json").is_file()
    enter(trial, "other")
    plan = enter(trial, seeded=True)
    assert (plan.attempt, plan.log and plan.log.size) == (2, 1)
    assert faults(tmp_path, key) == ()


def test_another_attempt_than_the_log_counts_is_refused(trial: Trial, enter: Callable[..., Plan]) -> None:
    with pytest.raises(CallError, match="--attempt 2: by the log it is attempt 1"):
        enter(trial, attempt=2)
    enter(trial, attempt=1)
    with pytest.raises(CallError, match="--attempt 1: by the log it is attempt 2"):
        enter(trial, "again", attempt=1)


def test_at_assurance_a_the_log_decides_the_share_of_the_risk(product: str, enter: Callable[..., Plan]) -> None:
    watched = replace(open_product(product), assurance="A")
    trial = prepare_run(MEDICAL, watched, attempt=1).trial
    assert is_seeded(None, trial)
    with pytest.raises(CallError, match="is not chosen"):
        is_seeded("0", trial)
    confidences = [enter(trial, f"run{number}", seeded=True).decision.confidence for number in range(3)]
    assert confidences == pytest.approx([0.975, 0.9875, 0.99375])


def test_an_open_set_may_have_a_chosen_seed(trial: Trial) -> None:
    assert [is_seeded(said, trial) for said in (None, "0", "log")] == [False, False, True]


@pytest.mark.parametrize(
    ("said", "says"), [("lgo", "that is no seed"), ("1.5", "that is no seed"), ("", "no seed"), ("9" * 17, "no seed")]
)
def test_what_is_no_seed(said: str, says: str) -> None:
    with pytest.raises(CallError, match=says):
        chosen_seed(said, logged=True)


def test_a_run_that_began_elsewhere_cannot_enter(trial: Trial, enter: Callable[..., Plan], tmp_path: Path) -> None:
    enter(trial)
    (tmp_path / "run" / "journal").mkdir()
    (tmp_path / "run" / "journal" / "part").touch()
    with pytest.raises(CallError, match="has begun without the log"):  # it stands in another log, not in this one
        enter_run(trial, tmp_path / "run", tmp_path / "second", "keeper")
    assert enter(trial) == enter(trial)


def test_a_run_of_an_earlier_log_goes_on(
    trial: Trial, enter: Callable[..., Plan], tmp_path: Path, key: PrivateKey
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes(canonical({"run": "ab"}))
    Log(tmp_path / "log").append({"kind": "plan", "plan": trial.plan.digest, "run": "ab"}, key)
    assert enter(trial).attempt is None
    assert enter(trial, attempt=4).attempt == 4
    assert enter(trial, "new").attempt == 1  # of which product the earlier one was, nobody knows
    assert faults(tmp_path, key) == ()


@pytest.mark.parametrize("left", [[], ["lock"], ["note.txt"]])
def test_a_run_whose_answers_are_gone_is_not_asked_anew(
    left: list[str], trial: Trial, enter: Callable[..., Plan], tmp_path: Path
) -> None:
    plan, run = enter(trial), tmp_path / "run"
    (run / "journal").mkdir()
    (run / "journal" / "00.arrow").touch()
    (run / "plan.json").write_text(json.dumps(plan.document()))
    assert enter(trial) == plan
    (run / "journal" / "00.arrow").unlink()
    for name in left:
        (run / "journal" / name).touch()
    with pytest.raises(CallError, match="its answers are not there") as refused:
        enter(trial)
    assert refused.value.remedy is not None
    assert "choose another --out" in refused.value.remedy.en
    assert enter(trial, "other").attempt == 2


def test_a_run_that_was_reported_is_not_asked_anew(
    trial: Trial, enter: Callable[..., Plan], tmp_path: Path, key: PrivateKey
) -> None:
    """Whatever else was removed from its folder, the log has its report."""
    plan, log = enter(trial), Log(tmp_path / "log")
    (entry,) = log.entries()
    said = {"bundle": "b", "verdict": "conforms", **report_of(plan)}
    log.append({"kind": "report", "run": entry["run"], **said}, key)
    with pytest.raises(CallError, match="its answers are not there"):
        enter(trial)


def test_the_head_beside_a_run_is_needed(trial: Trial, enter: Callable[..., Plan], tmp_path: Path) -> None:
    enter(trial)
    (tmp_path / "run" / "head.json").unlink()
    with pytest.raises(CallError, match=r"cannot read .*head\.json"):
        enter(trial)


def test_no_idle_word_draws_anew(trial: Trial) -> None:
    """Neither batches nor what the product may use, nor its card, can be turned until a draw suits."""
    idle = replace(
        trial.plan,
        batch=7,
        batch_bytes=1,
        limits=Limits(answer_seconds=1),
        isolation="bwrap",
        product_card=ProductCard("a", "1"),
        trained_apart=("a@1#training",),
        seed=9,
    )
    assert unseeded(idle) == unseeded(trial.plan)
    moved = replace(trial.plan.product, uri="python:./elsewhere.py:call", kind="k", covers=Words("a", "b"))
    assert unseeded(replace(trial.plan, product=moved)) == unseeded(trial.plan)
    one, other = (replace(trial.plan, product=replace(moved, uri=uri, digest=None)) for uri in ("cmd:a", "cmd:b"))
    assert unseeded(one) != unseeded(other)  # nothing else names a product that is merely declared
    product = replace(trial.plan.product, digest="sha256:00")
    for told in ({"product": product}, {"limit": 31}, {"attempt": 2}, {"test_set_digest": "a"}, {"sequential": ()}):
        assert unseeded(replace(trial.plan, **told)) != unseeded(trial.plan)  # type: ignore[arg-type]
    assert {*FOLLOWS, *IDLE} <= trial.plan.document()["plan"].keys() | {"log"}  # type: ignore[union-attr]


def test_no_spelling_of_an_address_draws_anew(trial: Trial, product: str, tmp_path: Path) -> None:
    (tmp_path / "again.py").symlink_to(tmp_path / "model.py")
    for uri in (product.replace("model.py", "./model.py"), product.replace("model.py", "again.py")):
        spelled = prepare_run(MEDICAL, uri, limit=30, attempt=1).trial.plan
        assert (spelled.product.uri == product, unseeded(spelled)) == (False, unseeded(trial.plan))


def test_both_programs_find_the_same_seed(trial: Trial) -> None:
    for digest in (trial.plan.product.digest, None):
        plan = replace(trial.plan, product=replace(trial.plan.product, digest=digest))
        program = "import json, sys; from verifying.seeds import log_seed; print(log_seed(json.load(sys.stdin), 'ab'))"
        ended = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2] / "tools",
            input=canonical(plan.written()).decode(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(ended.stdout) == log_seed(unseeded(plan), "ab")


def test_seeds_are_spread_evenly() -> None:
    """Chi-squared over 64 cells of their first bits; 110.6 is the quantile of 0.9998 with 63 degrees of freedom."""
    cells = [0] * 64
    for number in range(6400):
        cells[log_seed(f"sha256:{number}", "00") >> 47] += 1
    assert sum((count - 100) ** 2 / 100 for count in cells) < 110.6
