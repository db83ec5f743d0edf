"""Closed loops: episodes keep apart whatever fails, and a simulator comes out the same over every way to a product."""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from steelyard import fields
from steelyard.bench.conversations import Conversations, seen_by
from steelyard.core.episode import Open
from steelyard.core.errors import BenchError, CallError
from steelyard.core.method import Conversation
from steelyard.core.product import Ask, Identity, Limits, Product, Reply
from steelyard.core.sample import Fault, Record, Sample
from steelyard.core.words import Words
from steelyard.data.features import Features
from steelyard.data.label import Label
from steelyard.data.score import Score
from steelyard.products import open_product
from steelyard.products.python import of_callable

serve = runpy.run_path(str(Path(__file__).parent / "servers" / "loopback.py"))["serve"]
executed_page = runpy.run_path(str(Path(__file__).parents[1] / "executed_page.py"))
PAGE = Path(__file__).parents[2] / "docs" / "closed-loops.md"
PATIENT, HASTY = Limits(answer_seconds=120.0), Limits(answer_seconds=2.0)
"""For who answers, on however busy a machine, and for who must be found not to."""
STEPS = 4


def count(sample: Sample) -> Conversation:
    """Tell the product a number; it is to say "more" so many times as steps were asked of it, counted by itself."""
    yield Open(sample.input)
    right = 0
    for step in range(STEPS):
        right += (yield [sample.input[0], float(step)]) == "right"
    return float(right)


METHOD = replace(
    fields.find("medical.diagnosis"),
    name="made.loop",
    input=Features(size=1),
    observation=Features(size=2),
    output=Label(("right", "wrong")),
    record=Score(0.0, 100.0),
    ask=count,
)

# It is right as long as it is asked the steps of each episode one after another, and of its own scenario.
OBJECT = """
    import os, signal, sys, time

    class Counting:
        def open(self, scenario):
            number = int(scenario[0])
            ON_OPEN
            return Episode(number)

    class Episode:
        def __init__(self, number):
            self.number, self.steps = number, 0

        def step(self, observation):
            number, step = map(int, observation)
            if number == 3 and step == 2 and not os.path.exists("MARK"):
                ON_STEP
            right = (self.number, self.steps) == (number, step)
            self.steps += 1
            return "right" if right else "wrong"

        def close(self):
            ON_CLOSE
            with open("closed", "a") as file:
                print(self.number, self.steps, file=file)
"""
PROGRAM = """
    import json, os, sys, time
    episodes = {}
    for line in sys.stdin:
        asked = json.loads(line)
        turn = asked["input"]
        name, output = turn["episode"], None
        if "open" in turn:
            episodes[name] = [turn["open"], 0]
        elif "close" in turn:
            del episodes[name]
        else:
            (number, step), told = map(int, turn["step"]), episodes[name]
            if number == 3 and step == 2 and not os.path.exists("MARK"):
                ON_STEP
            output = "right" if told == [[number], step] else "wrong"
            told[1] += 1
        print(json.dumps({"id": asked["id"], "output": output}), flush=True)
        AFTER
"""


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[str], str]) -> Callable[..., str]:
    """Return a function that makes a product which does as told in its fourth episode's third step, and elsewhere."""
    monkeypatch.chdir(tmp_path)

    def make(way: str, on_step: str = "pass", *, on_open: str = "pass", on_close: str = "pass", after: str = "") -> str:
        source = OBJECT if way == "python" else PROGRAM
        for name, text in (("ON_OPEN", on_open), ("ON_STEP", on_step), ("ON_CLOSE", on_close), ("AFTER", after)):
            source = source.replace(name, text.replace("ONCE", 'open("MARK", "w").close()'))
        if way == "cmd":
            return program(source.replace("MARK", str(tmp_path / "mark")))
        (tmp_path / "counting.py").write_text(dedent(source).replace("MARK", str(tmp_path / "mark")), "utf-8")
        return "python:counting.py:Counting"

    return make


def hold(
    product: Product, numbers: Sequence[int], method: Any = METHOD, limits: Limits = PATIENT
) -> tuple[dict[int, Record], str]:
    """Return the records of a batch, and what else was seen."""
    seen = seen_by(product, method, method.input)
    session = product.start(seen, method.output, limits)
    try:
        talks = Conversations(method, seen, session, lambda: True)
        batch = [(number, Sample(f"s{number}", [float(number)], "right", {}, {})) for number in numbers]
        records = {record.position: record for record in talks.converse(batch)}
        return records, " | ".join(note.en for note in session.notes())
    finally:
        session.close()


WAYS = pytest.mark.parametrize("way", ["python", "cmd"])


@WAYS
def test_every_episode_has_a_memory_of_its_own(way: str, counting: Callable[..., str], tmp_path: Path) -> None:
    records, notes = hold(open_product(counting(way)), range(150))
    assert [records[number].output for number in range(150)] == [STEPS] * 150
    assert notes == ""
    if way == "python":
        closed = (tmp_path / "closed").read_text("utf-8").splitlines()
        assert sorted(closed) == sorted(f"{number} {STEPS}" for number in range(150))


@WAYS
@pytest.mark.parametrize(
    ("on_step", "fault", "says"),
    [
        ("ONCE; os._exit(7)", None, ""),  # once: alone it does well
        ("os._exit(7)", Fault.CRASH, "exit code 7"),
        ("ONCE; time.sleep(3600)", None, ""),
        ("time.sleep(3600)", Fault.TIMEOUT, "no answer within 2 s"),
    ],
)
def test_what_breaks_in_the_middle_is_begun_anew_alone(
    way: str, on_step: str, fault: Fault | None, says: str, counting: Callable[..., str]
) -> None:
    limits = HASTY if "sleep" in on_step else PATIENT
    records, notes = hold(open_product(counting(way, on_step)), range(6), limits=limits)
    for number in range(6):
        expected = fault if number == 3 else None
        assert records[number].fault is expected, records[number]
        # None of the others goes on in the new process with what the old one knew: all steps of all are right.
        assert records[number].output == (None if expected else STEPS)
    if fault is not None:
        assert says in records[3].detail.en
    assert re.search("it had to be started [23] times", notes)


@WAYS
@pytest.mark.parametrize(
    ("on_step", "fault", "says"),
    [
        ('raise ValueError("no brake")', Fault.REFUSED, "ValueError: no brake"),
        ('return "sideways"', Fault.MALFORMED, "'sideways' is not one of"),
    ],
)
def test_an_action_that_is_none_ends_its_episode_alone(
    way: str, on_step: str, fault: Fault, says: str, counting: Callable[..., str], tmp_path: Path
) -> None:
    if way == "cmd":
        said = {"error": "ValueError: no brake"} if fault is Fault.REFUSED else {"output": "sideways"}
        on_step = f'print(json.dumps({{"id": asked["id"], **{said!r}}}), flush=True); continue'
    records, notes = hold(open_product(counting(way, on_step)), range(6))
    assert [records[number].output for number in (0, 1, 2, 4, 5)] == [STEPS] * 5
    assert records[3].fault is fault
    assert says in records[3].detail.en
    assert notes == ""
    if way == "python":
        assert "3 2" in (tmp_path / "closed").read_text("utf-8").splitlines()


def test_a_process_that_ends_between_two_steps_takes_its_episode_with_it(counting: Callable[..., str]) -> None:
    after = "if 'step' in turn and (number, step) == (3, 1): os._exit(0)"
    records, _ = hold(open_product(counting("cmd", after=after)), range(6))
    assert [records[number].output for number in (0, 1, 2, 4, 5)] == [STEPS] * 5
    assert records[3].fault is Fault.CRASH


@pytest.mark.parametrize("number", [0, 3])
def test_a_scenario_that_is_refused_is_no_episode(number: int, counting: Callable[..., str], tmp_path: Path) -> None:
    on_open = f'if number == {number}: raise RuntimeError("no map")'
    records, notes = hold(open_product(counting("python", on_open=on_open)), range(6))
    assert {each for each in records if records[each].fault is None} == set(range(6)) - {number}
    assert (records[number].fault, records[number].detail) == (Fault.REFUSED, Words(*["RuntimeError: no map"] * 2))
    assert notes == ""
    assert len((tmp_path / "closed").read_text("utf-8").splitlines()) == 5


def test_what_fails_at_the_close_counts_all_the_same_and_is_said(counting: Callable[..., str]) -> None:
    product = open_product(counting("python", on_close='if self.number == 3: raise OSError("full")'))
    records, notes = hold(product, range(6))
    assert [records[number].output for number in range(6)] == [STEPS] * 6
    assert notes == "1 episodes were over when it failed to close them; their results count"


def test_a_product_that_takes_scenarios_and_never_acts_is_given_up(counting: Callable[..., str]) -> None:
    after = "if 'open' in turn: os._exit(1)"
    records, notes = hold(open_product(counting("cmd", after=after)), range(20))
    assert {record.fault for record in records.values()} == {Fault.CRASH}
    assert "none ever did" in records[19].detail.en
    assert "started 9 times" in notes or "started 8 times" in notes


def test_a_python_product_is_opened_or_called_or_refused(tmp_path: Path) -> None:
    def stateless(observation: list[float]) -> str:
        return "right" if observation[1] < 2 else "wrong"

    records, _ = hold(of_callable(stateless), range(3))
    assert [records[number].output for number in range(3)] == [2.0] * 3
    (tmp_path / "neither.py").write_text("thing = 3\n", "utf-8")
    with pytest.raises(CallError, match=r"int has no open\(scenario\), and cannot be called either"):
        hold(open_product(f"python:{tmp_path / 'neither.py'}:thing"), range(3))


# --- What goes over the wire -----------------------------------------------------------------------------------------


class Written:
    """A session that acts right and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[Ask]] = []

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        self.asked.append(list(asks))
        for index, _ in enumerate(asks):
            if go_on():
                yield index, Reply("right", 0.5)

    def notes(self) -> tuple[Words, ...]:
        return ()

    def close(self) -> None:
        pass


def written(*, keeps_episodes: bool, answered: frozenset[str] | None = None) -> tuple[Product, Written]:
    session = Written()
    identity = Identity("made:", "declared", None, Words("made", "造"))
    return Product(identity, "B", lambda *_: session, answered=answered, keeps_episodes=keeps_episodes), session


def test_a_batch_s_episodes_move_in_step_under_names_of_their_own() -> None:
    product, session = written(keeps_episodes=True)
    records, _ = hold(product, [7, 8, 9])
    assert [records[number] for number in (7, 8, 9)] == [Record(n, float(STEPS), 0.5 * (STEPS + 1)) for n in (7, 8, 9)]
    alone, together = session.asked[: STEPS + 2], session.asked[STEPS + 2 :]
    assert [[ask.act for ask in asks] for asks in alone] == [["open"], *[["step"]] * STEPS, ["close"]]
    assert [[ask.act for ask in asks] for asks in together] == [["open"] * 2, *[["step"] * 2] * STEPS, ["close"] * 2]
    names = {ask.episode for asks in session.asked for ask in asks}
    assert len(names) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)
    name = alone[0][0].episode
    assert [ask.input for asks in alone for ask in asks] == [
        {"episode": name, "open": [7.0]},
        *({"episode": name, "step": [7.0, float(step)]} for step in range(STEPS)),
        {"episode": name, "close": True},
    ]


def test_a_product_that_keeps_no_episodes_is_asked_observations_alone() -> None:
    product, session = written(keeps_episodes=False)
    records, _ = hold(product, [7])
    assert records[7].output == STEPS
    assert session.asked == [[Ask("s7", [7.0, float(step)])] for step in range(STEPS)]


def test_a_policy_that_was_exported_as_a_model_acts(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="models are made with onnx: pip install 'steelyard[test]'")
    if find_spec("onnxruntime") is None:  # not imported: it keeps files open
        pytest.skip("models are run by ONNX Runtime: pip install 'steelyard[onnx]'")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = np.array([[0, 0], [-1, 1]], np.float32), np.array([1.5, -1.5], np.float32)  # right before step 2
    graph = make.make_graph(
        [make.make_node("Gemm", ["observation", "w", "b"], ["action"])],
        "policy",
        [make.make_tensor_value_info("observation", kind, ["n", 2])],
        [make.make_tensor_value_info("action", kind, ["n", 2])],
        [onnx.numpy_helper.from_array(value, name) for value, name in zip(weights, "wb", strict=True)],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "policy.onnx")
    records, _ = hold(open_product(f"onnx:{tmp_path}/policy.onnx#threads=1"), range(30))
    assert [records[number].output for number in range(30)] == [2.0] * 30


def test_episodes_under_way_are_finished_and_closed_when_the_user_stops() -> None:
    product, session = written(keeps_episodes=True)
    go_on = iter([True, True, True, True, True])  # before the batch, for its first sample, and for three more turns
    seen = seen_by(product, METHOD, METHOD.input)
    talks = Conversations(METHOD, seen, session, lambda: next(go_on, False))
    batch = [(number, Sample(f"s{number}", [float(number)], "right", {}, {})) for number in range(6)]
    records = list(talks.converse(batch))
    assert records
    assert {record.output for record in records} == {float(STEPS)}
    opened = {ask.episode for asks in session.asked for ask in asks if ask.act == "open"}
    closed = {ask.episode for asks in session.asked for ask in asks if ask.act == "close"}
    assert len(closed) == len(records) < len(opened), "those that were never sent are no episodes"


def test_recorded_answers_cannot_act() -> None:
    product, _ = written(keeps_episodes=False, answered=frozenset({"s7"}))
    with pytest.raises(CallError, match=r"made\.loop is a closed loop"):
        hold(product, [7])


def unopened(sample: Sample) -> Conversation:
    return (yield [*sample.input, 0.0])


def opened_twice(sample: Sample) -> Conversation:
    yield Open(sample.input)
    yield Open(sample.input)


@pytest.mark.parametrize(
    "wrong", [{"ask": unopened}, {"observation": None}, {"ask": opened_twice}], ids=["unopened", "undeclared", "twice"]
)
def test_a_method_that_breaks_the_rules_is_the_bench_s_fault(wrong: dict[str, Any]) -> None:
    product, _ = written(keeps_episodes=True)
    with pytest.raises(BenchError, match=r"Open\(scenario\)"):
        hold(product, [7], replace(METHOD, **wrong))


# --- Services --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def acting(disturb: Callable[[Any, dict[str, Any]], Any] = lambda *_: None) -> Iterator[Any]:
    """Serve a product that is right as long as each step comes once; ``disturb`` may answer in its place."""
    episodes: dict[str, list[Any]] = {}

    def answer(asked: Any) -> Any:
        turn = asked.json["input"]
        name = turn["episode"]
        said = None
        if "open" in turn:
            episodes[name] = [turn["open"], 0]
        elif "close" in turn:
            del episodes[name]
        else:
            number, step = map(int, turn["step"])
            said = "right" if episodes[name] == [[number], step] else "wrong"
            episodes[name][1] += 1
        instead = disturb(asked, turn)
        return {"output": said} if instead is None else instead

    with serve(answer) as service:
        service.episodes = episodes
        yield service


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_service_acts(concurrency: int) -> None:
    with acting() as service:
        records, notes = hold(open_product(f"{service.url}/act#concurrency={concurrency}"), range(20))
        assert [records[number].output for number in range(20)] == [STEPS] * 20
        assert service.episodes == {}
        assert len(service.asked) == 20 * (STEPS + 2), "nothing is asked again at the end"
        assert json.loads(service.asked[0].body)["input"]["open"] == [0.0]
    assert "drift was looked for in its version only" in notes


def test_a_service_that_took_a_step_and_lost_its_answer_is_not_sent_it_again() -> None:
    broken = []

    def disturb(asked: Any, turn: dict[str, Any]) -> Any:
        if turn.get("step") == [3.0, 2.0] and not broken:
            broken.append(turn["episode"])
            asked.handler.close_connection = True
            return (200, {"content-length": "99"}, b"")  # and no more
        return None

    with acting(disturb) as service:
        records, _ = hold(open_product(f"{service.url}/act#retries=5"), range(6))
        assert [records[number].output for number in range(6)] == [STEPS] * 6
        assert list(service.episodes) == broken, "what was lost is not closed: it may still be under way"


def test_a_service_that_fails_to_close_is_named() -> None:
    with acting(lambda _, turn: (500, {}, b"stuck") if "close" in turn else None) as service:
        records, notes = hold(open_product(f"{service.url}/act"), range(3))
    assert [records[number].output for number in range(3)] == [STEPS] * 3
    assert "3 episodes were over when it failed to close them" in notes


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_s_controllers_are_judged_alike_over_every_way(tmp_path: Path) -> None:
    pytest.importorskip("gymnasium", reason="the simulator is not installed: pip install gymnasium")
    if shutil.which("node") is None:
        pytest.skip("there is no node, which the page's program needs")
    executed_page["write_files"](PAGE, tmp_path)
    executed_page["install"](tmp_path)
    typed: list[Any] = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert [each for each in typed if each.code != each.expected] == []
    reports = {
        name: json.loads((tmp_path / "runs" / name / "report.json").read_text("utf-8"))
        for name in ("python", "bad", "cmd", "http")
    }
    verdicts = {name: report["verdict"] for name, report in reports.items()}
    assert verdicts == {"python": "conforms", "bad": "does not conform", "cmd": "conforms", "http": "conforms"}
    shared = [sys.executable, "-m", "steelyard", "run", "poles.yaml", "--set", "./poles", "--out", "runs/shared"]
    shared += ["--product", "python:good.py:Controller", "--workers", "2"]
    ran = subprocess.run(shared, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}, check=False)
    assert ran.returncode == 0
    reports["shared"] = json.loads((tmp_path / "runs" / "shared" / "report.json").read_text("utf-8"))
    assert reports["shared"]["judgements"] == reports["python"]["judgements"]
    good, cmd, http = (reports[name]["judgements"] for name in ("python", "cmd", "http"))
    assert good == cmd == http
    assert good[0]["findings"][0]["estimate"]["value"] == 1.0
