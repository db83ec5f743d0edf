"""Products in their own process: what they do wrong is theirs alone, and is said in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from steelyard.core.errors import CallError
from steelyard.core.plan import Plan
from steelyard.core.product import Ask, Limits, Reply
from steelyard.core.sample import Fault
from steelyard.data.label import Label
from steelyard.products import open_product
from steelyard.products._process import MOST_UNDER_WAY, ProcessSession
from steelyard.products.python import of_callable

ANSWERS = Label(("negative", "positive"))
LOOP = """
    import json, os, sys, time

    for count, line in enumerate(sys.stdin):
        asked = json.loads(line)
        number = asked["input"]
        def say(text):
            print(text, flush=True)
        def answer(output, name=asked["id"]):
            say(json.dumps({"id": name, "output": output}))
"""


def ask(uri: str, count: int, limits: Limits | None = None) -> tuple[dict[int, Reply], str]:
    session = open_product(uri).start(None, ANSWERS, limits or Limits())
    try:
        replies = dict(session.ask([Ask(f"s{number}", number) for number in range(count)], lambda: True))
        return replies, " ".join(note.en for note in session.notes())
    finally:
        session.close()


def ask_singly(uri: str, count: int) -> None:
    session = open_product(uri).start(None, ANSWERS, Limits())
    try:
        for number in range(count):
            list(session.ask([Ask("s", number)], lambda: True))
    finally:
        session.close()


@pytest.mark.parametrize(
    ("on_three", "then", "fault", "detail"),
    [
        ("pass", True, None, ""),
        ("os._exit(7)", True, "crash", "exit code 7"),
        ("os.kill(os.getpid(), 11)", True, "crash", "SIGSEGV"),
        ('raise ValueError("no such nodule")', True, "crash", "no such nodule"),
        ("time.sleep(60)", True, "timeout", "no answer within 2 s"),
        ('answer("positive", 10**6)', False, "timeout", "no answer"),  # somebody else's id answers nobody
        ('say("x" * 300_000)', False, "timeout", "no answer"),  # a long line of log
        ("""say('{"id": 4, oops')""", False, "malformed", "not JSON"),
        (r"""sys.stdout.buffer.write(b'{"id": \xff}\n'); sys.stdout.flush()""", False, "malformed", "utf-8"),
        ('sys.stdout.write("y" * 3_000_000); sys.stdout.flush(); time.sleep(900)', True, "malformed", "a line of more"),
        ('say(json.dumps({"id": asked["id"]}))', False, "malformed", "neither"),
        ('say(json.dumps({"id": str(asked["id"]), "output": "positive"}))', False, "malformed", "came back as text"),
        ("say(str({'step': number}))", True, None, ""),  # a line of log that looks like an object
        (
            'sys.stdout.write(json.dumps({"id": asked["id"], "output": "positive"})); sys.stdout.flush(); os._exit(0)',
            False,
            None,
            "",
        ),  # the last line need not end
        ('say(json.dumps({"id": asked["id"], "error": chr(0xD800)}))', False, "refused", "?"),
        ('say(json.dumps({"id": asked["id"], "error": "dark"}))', False, "refused", "dark"),
    ],
)
def test_one_bad_sample(
    on_three: str, then: bool, fault: str | None, detail: str, program: Callable[[str], str]
) -> None:
    source = (
        LOOP
        + f"""
        if number == 3:
            {on_three}
        if number != 3 or {then}:
            answer("positive")
    """
    )
    limits = Limits(answer_seconds=2.0 if fault == "timeout" else 120.0, line_bytes=2**20)
    replies, _ = ask(program(source), 8, limits)
    assert sorted(replies) == list(range(8))
    open_ = {index for index, reply in replies.items() if reply.lost}
    for index, reply in replies.items():
        if index == 3 and fault is not None:
            assert reply.fault == fault
            assert detail in reply.detail.en
        elif index not in open_:  # the bench asks again, singly, what a neighbour's crash left open
            assert reply.output == "positive"


def test_answers_out_of_order_find_their_samples(program: Callable[[str], str]) -> None:
    source = """
        import json, sys
        waiting = []
        for line in sys.stdin:
            waiting.append(json.loads(line))
            if len(waiting) == 1 and waiting[0]["input"] < 20:
                one = waiting.pop()
                print(json.dumps({"id": one["id"], "output": one["input"]}), flush=True)
            elif len(waiting) == 5:
                for one in reversed(waiting):
                    print(json.dumps({"id": one["id"], "output": one["input"]}), flush=True)
                waiting.clear()
    """
    replies, _ = ask(program(source), 40)
    assert {index: reply.output for index, reply in replies.items()} == {number: number for number in range(40)}


def test_logging_on_standard_output_is_noted(program: Callable[[str], str]) -> None:
    replies, notes = ask(program(LOOP + '        say("loading …"); answer("positive"); answer("positive")'), 4)
    assert all(reply.output == "positive" for reply in replies.values())
    assert "'loading …'" in notes
    assert "log to standard error" in notes


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("cmd:no-such-program --flag", "there is no program no-such-program"),
        ("cmd:'unclosed", "No closing quotation"),
        ("python:no_such_module:f", "there is no module or file no_such_module"),
        ("python:json", "names no callable"),
        ("python:json:lods", "has no attribute 'lods'"),
        ("python:json:__name__", "not callable"),
        ("python:missing.py:f", "there is no module or file missing.py"),
        ("nonsense", "is not a product URI"),
        ("pyhton:x.py:f", "Did you mean python"),
        ("reference:wdbc_logistics", "Did you mean wdbc_logistic"),
    ],
)
def test_products_that_cannot_start(uri: str, says: str) -> None:
    with pytest.raises(CallError) as caught:
        ask_singly(uri, 4)
    assert caught.value.exit_code == 2
    assert says in str(caught.value)


def test_python_product_answers_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(
        "class Model:\n"
        "    def __init__(self):\n"
        "        print('loading')\n"
        "        self.names = ['negative', 'positive']\n"
        "    def __call__(self, number):\n"
        "        print('called')\n"
        "        return self.names[number]\n"
    )
    replies, notes = ask(f"python:{path}:Model", 3)
    assert [replies[0].output, replies[1].output] == ["negative", "positive"]
    assert replies[2].fault is Fault.REFUSED
    assert replies[2].detail.en == "IndexError: list index out of range"
    assert notes == ""


def test_a_function_of_this_process_keeps_its_closure() -> None:
    names = ("negative", "positive")
    session = of_callable(lambda number: names[number % 2]).start(None, ANSWERS, Limits())
    try:
        replies = dict(session.ask([Ask("s", number) for number in range(4)], lambda: True))
    finally:
        session.close()
    assert [replies[number].output for number in range(4)] == ["negative", "positive"] * 2


def test_going_on_no_more_sends_nothing_new(program: Callable[[str], str]) -> None:
    session = open_product(program(LOOP + '        time.sleep(0.05); answer("positive")')).start(
        None, ANSWERS, Limits()
    )
    try:
        replies: dict[int, Reply] = {}
        asks = [Ask("s", number) for number in range(500)]
        for index, reply in session.ask(asks, lambda: len(replies) < 3):
            replies[index] = reply  # noqa: PERF403 - go_on counts what has come
    finally:
        session.close()
    assert 3 <= len(replies) < 40
    assert sorted(replies) == list(range(len(replies)))


# Notes how many asks it holds, and answers all of them once no more come.
HOLDING = """
    import json, os, select, sys
    held, rest = [], b""
    log = open(sys.argv[1], "w")
    while True:
        more = select.select([0], [], [], 0.1 if held else None)[0]
        if more:
            data = os.read(0, 2**16)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\\n")
            held += [json.loads(line)["id"] for line in lines]
            print(max(held), len(held), file=log, flush=True)
        else:
            print("\\n".join(json.dumps({"id": each, "output": "positive"}) for each in held), flush=True)
            held = []
"""


def test_two_batches_at_most_are_under_way_and_the_next_is_sent_before_answers_are_looked_at(
    program: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    comes_true: Callable[[Callable[[], bool]], bool],
) -> None:
    monkeypatch.setattr("steelyard.products._process.WINDOW_SECONDS", 1e6)  # however slow, it is given all it may hold
    log, asked = tmp_path / "asked.log", 64 * 3 + 1

    def noted() -> list[list[int]]:
        return [list(map(int, line.split())) for line in log.read_text().splitlines()]

    session = open_product(program(HOLDING, str(log))).start(None, ANSWERS, Limits())
    try:
        list(session.ask([Ask("s", 0)], lambda: True))  # it must show first that it answers
        answered = 0
        for _ in session.ask([Ask("s", number) for number in range(asked)], lambda: True):
            answered += 1
            sent = min(answered + 1 + 64, asked + 1) if answered % 64 == 1 else 0
            assert comes_true(lambda: max(number for number, _ in noted()) >= sent)  # noqa: B023 - it is called here
    finally:
        session.close()
    assert answered == asked
    assert max(held for _, held in noted()) == MOST_UNDER_WAY == 2 * Plan.batch


def test_who_answers_one_by_one_is_not_asked_one_by_one(
    program: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.products._process.WINDOW_SECONDS", 1e6)
    writes, write = [], ProcessSession._write
    monkeypatch.setattr(ProcessSession, "_write", lambda session: (writes.append(1), write(session)))
    replies, _ = ask(program(LOOP + '        answer("positive")'), 1 + 32 * 20)
    assert len(replies) == 1 + 32 * 20
    assert len(writes) <= 30


def test_nothing_is_left_behind(
    program: Callable[[str], str], tmp_path: Path, comes_true: Callable[[Callable[[], bool]], bool]
) -> None:
    """Descriptors are looked at by `nothing_is_left`."""
    note = tmp_path / "child"
    source = (
        LOOP
        + f"""
        if count == 0:
            child = os.fork()
            if child == 0:
                time.sleep(600)
            open({str(note)!r}, "w").write(str(child))
        answer("positive")
    """
    )
    ask(program(source), 3)
    child = int(note.read_text())

    def gone() -> bool:
        try:
            return Path(f"/proc/{child}/stat").read_text().split()[2] == "Z"
        except OSError:
            return True

    assert comes_true(gone), "the product's child outlived it"


def test_environment_tells_the_schema_and_hides_where_sets_lie(
    program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STEELYARD_MIRROR", "STEELYARD_MIRROR_TOKEN", "STEELYARD_SEAL_KEY"):
        monkeypatch.setenv(name, "/somewhere")
    source = (
        LOOP
        + """
        ours = ("STEELYARD_MIRROR", "STEELYARD_HOME", "STEELYARD_SEAL")
        seen = [name for name in os.environ if name.startswith(ours)]
        answer([seen, json.loads(os.environ["STEELYARD_OUTPUT"])])
    """
    )
    replies, _ = ask(program(source), 1)
    assert replies[0].output == [[], ANSWERS.schema()]


def test_later_starts_are_granted_what_the_first_one_needed(
    program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash on one sample must not make the rest late, nor a hang cost a whole start."""
    does = """
        if number == 3:
            os._exit(1)
        if number == 6:
            time.sleep(3600)
        answer("positive")
    """
    granted, grant = list[float](), ProcessSession._granted

    def noted(session: ProcessSession) -> float:
        granted.append(grant(session))
        return granted[-1]

    monkeypatch.setattr(ProcessSession, "_granted", noted)
    product = program("import time; time.sleep(0.4)\n" + dedent(LOOP + does))
    session = open_product(product).start(None, ANSWERS, Limits(answer_seconds=2.0, start_seconds=3600.0))
    faults, most = [], []
    try:
        for number in range(8):
            faults += [reply.fault for _, reply in session.ask([Ask("s", number)], lambda: True)]
            most.append(max(granted))
            granted.clear()
    finally:
        session.close()
    assert faults == [None, None, None, Fault.CRASH, None, None, Fault.TIMEOUT, None]
    assert most[0] == 3600.0
    assert [most[number] for number in (1, 2, 5)] == [2.0] * 3
    # What starts anew, at once or with the next sample, has 10 s at least, and never again all that the first one had.
    assert all(10.0 <= max(most[number : number + 2]) < 3600.0 for number in (3, 6))
