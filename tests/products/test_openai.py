"""OpenAI-compatible services: each request is held to the published schema, and what they refuse is said in words."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steelyard
from steelyard.core.errors import CallError, ProductError, SteelyardError, UnknownName
from steelyard.core.product import Ask, Limits, Reply
from steelyard.core.sample import Fault
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.label import Label
from steelyard.data.score import Score
from steelyard.data.text import Text
from steelyard.products import open_product

SERVERS = Path(__file__).parent / "servers"
serve = runpy.run_path(str(SERVERS / "loopback.py"))["serve"]
CONFORMING = runpy.run_path(str(SERVERS / "conforming.py"))
Conforming, refuse = CONFORMING["Conforming"], CONFORMING["refuse"]
PAGE = Path(__file__).parents[2] / "docs" / "products" / "openai.md"
ANSWERS = Label(("negative", "positive"))
REFERENCES = ["positive", "negative"] * 20
SPEC = "miit-2017-315#medical"
SOUND = Audio().encode(np.linspace(-0.5, 0.5, 400, dtype=np.float32))
PICTURE = Image().encode(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))


@contextlib.contextmanager
def asking(
    conforming: Any, seen: Any, said: Any, options: str = "canaries=0", model: str = "diagnosis-1"
) -> Iterator[Any]:
    """Ask a conforming service, and hold that it had nothing to complain of."""
    with serve(conforming) as service:
        product = open_product(f"openai:{model}@{service.url}/v1#{options}")
        running = product.start(seen, said, Limits(answer_seconds=60.0))
        try:
            yield running
        finally:
            running.close()
            asking.asked = service.asked  # type: ignore[attr-defined]
    assert conforming.complaints == []


def ask(running: Any, *inputs: Any) -> list[Reply]:
    replies = dict(running.ask([Ask("", each) for each in inputs], lambda: True))
    return [replies[index] for index in sorted(replies)]


def notes(running: Any) -> str:
    return " | ".join(note.en for note in running.notes())


def sent() -> Any:
    return asking.asked[0]  # type: ignore[attr-defined]


# --- What is sent ----------------------------------------------------------------------------------------------------


def test_chat_sends_the_prompt_and_is_as_repeatable_as_it_can_be(tmp_path: Path) -> None:
    prompt = tmp_path / "my prompt.txt"
    prompt.write_text("You are a pathologist.\n答案只用一个词。\n", "utf-8")
    options = f"canaries=0&prompt={str(prompt).replace(' ', '%20')}&tokens=5"
    with asking(Conforming(), Text(), Text(), options) as running:
        assert [reply.output for reply in ask(running, "杆秤")] == ["杆秤"]
        assert "completion_tokens 2, prompt_tokens 10, total_tokens 12" in notes(running)
        assert "it called itself diagnosis-1-2026-11" in notes(running)
    assert sent().json == {
        "model": "diagnosis-1",
        "messages": [
            {"role": "system", "content": "You are a pathologist.\n答案只用一个词。\n"},
            {"role": "user", "content": "杆秤"},
        ],
        "temperature": 0.0,
        "seed": 0,
        "max_tokens": 5,
    }


@pytest.mark.parametrize(
    ("options", "there"),
    [
        ("canaries=0&temperature=0.7&seed=42", {"temperature": 0.7, "seed": 42}),
        ("canaries=0&temperature=none&seed=none", {}),
    ],
)
def test_temperature_and_seed_can_be_set_and_left_out(options: str, there: dict[str, float]) -> None:
    with asking(Conforming(), Text(), Text(), options) as running:
        ask(running, "a")
    assert {key: value for key, value in sent().json.items() if key not in ("model", "messages")} == there


@pytest.mark.parametrize(
    ("seen", "value", "content"),
    [
        (Text(), "a", "a"),
        (Features(), [0.5, 1.0], "[0.5, 1.0]"),
        (Image(), PICTURE, [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE['png']}"}}]),
    ],
)
def test_a_label_is_asked_for_in_words(seen: Any, value: Any, content: Any) -> None:
    with asking(Conforming(lambda _: " positive\n"), seen, ANSWERS) as running:
        assert [reply.output for reply in ask(running, value)] == ["positive"]
        assert 'its prompt was: Answer with exactly one of these words, and nothing else: ["neg' in notes(running)
    system, user = sent().json["messages"]
    assert '["negative", "positive"]' in system["content"]
    assert user["content"] == content


def test_transcriptions(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("杆秤", "utf-8")
    options = f"canaries=0&language=zh&prompt={prompt}"
    with asking(Conforming(hear=lambda frames: f"{frames} 帧"), Audio(), Text(), options, "whisper-1") as running:
        assert [reply.output for reply in ask(running, SOUND, SOUND)] == ["400 帧", "400 帧"]
        assert "used, as the service counts: seconds 3" in notes(running)
    form = {name: data.decode() for name, (_, _, data) in sent().form.items() if name != "file"}
    assert form == {
        "model": "whisper-1",
        "response_format": "json",
        "temperature": "0",
        "prompt": "杆秤",
        "language": "zh",
    }
    assert sent().form["file"][2] == Audio().store(Audio().decode(SOUND))


def test_embeddings() -> None:
    with asking(Conforming(), Text(), Features(), "canaries=0&dimensions=2", "embedding-1") as running:
        assert [reply.output for reply in ask(running, "杆秤")] == [[2.0, 0.5]]
    assert sent().json == {"model": "embedding-1", "input": "杆秤", "encoding_format": "float", "dimensions": 2}


@pytest.mark.parametrize(
    ("seen", "said"), [(Audio(), Features()), (Text(), Score()), (Features(), Audio()), (None, Text())]
)
def test_what_no_endpoint_does_is_refused(seen: Any, said: Any) -> None:
    with pytest.raises(CallError, match="no endpoint takes"):
        open_product("openai:m@http://127.0.0.1:9/v1").start(seen, said, Limits())


# --- What comes back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chat", "fault", "says"),
    [
        ({"message": {"refusal": "I cannot diagnose."}}, Fault.REFUSED, "I cannot diagnose."),
        ({"message": {"content": ""}, "finish_reason": "content_filter"}, Fault.REFUSED, "content_filter"),
        (refuse(400, "context_length_exceeded", "messages"), Fault.REFUSED, "HTTP 400: context_length_exceeded"),
        ((200, {}, b'{"choices": []}'), Fault.MALFORMED, "not an answer of chat/completions"),
        ((200, {}, b'{"choices": [{"message": {}}]}'), Fault.MALFORMED, "there is no 'content'"),
        ((200, {}, b"[]"), Fault.MALFORMED, "it is no object"),
        ((200, {}, b"data: {}"), Fault.MALFORMED, "not JSON"),
    ],
)
def test_what_is_no_answer(chat: Any, fault: Fault, says: str) -> None:
    with asking(Conforming(lambda text: chat if text == "bad" else text), Text(), Text()) as running:
        good, bad = ask(running, "good", "bad")
        assert (good.fault, bad.fault) == (None, fault)
        assert says in bad.detail.en  # type: ignore[union-attr]
        assert not bad.lost


def test_an_answer_that_was_cut_off_counts_and_is_said() -> None:
    cut = {"message": {"content": "杆"}, "finish_reason": "length"}
    with asking(Conforming(lambda _: dict(cut)), Text(), Text()) as running:
        assert [reply.output for reply in ask(running, "a", "b")] == ["杆", "杆"]
        assert "2 answers were cut off at the most tokens" in notes(running)


@pytest.mark.parametrize(
    ("status", "header"),
    [(408, "seconds"), (429, "seconds"), (500, "seconds"), (503, "seconds"), (429, "date"), (429, "none")],
)
def test_a_busy_service_is_asked_again_when_it_says(status: int, header: str) -> None:
    def first(count: int) -> Any:
        if count > 2:
            return None
        after = {"seconds": "0.2", "date": formatdate(time.time() + 1.0, usegmt=True)}
        return refuse(status, "slow down", **({} if header == "none" else {"retry-after": after[header]}))

    with asking(Conforming(first=first), Text(), Text()) as running:
        (reply,) = ask(running, "a")
        assert reply.output == "a"
        assert reply.seconds >= {"seconds": 0.38, "date": 0.0, "none": 2.9}[header]  # it is the product that kept us
        assert "too busy or failed for a while, and was asked again: 2" in notes(running)


def test_nothing_is_sent_while_a_busy_service_is_waited_for() -> None:
    conforming = Conforming(
        first=lambda count: refuse(429, "slow down", **{"retry-after": "1"}) if count == 3 else None
    )
    with asking(conforming, Text(), Text(), "canaries=0&concurrency=2") as running:
        ask(running, "a", "b")
        ask(running, *"cdefgh")
    times = [asked.time for asked in asking.asked]  # type: ignore[attr-defined]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) > 0.9


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (refuse(429, "Rate limit", **{"retry-after": "86400"}), ProductError, "asks to come back in 86400 s"),
        (
            refuse(429, "You exceeded your current quota", **{"retry-after": "0"}),
            ProductError,
            "stays too busy: You exc",
        ),
        (refuse(401, "Incorrect API key provided"), ProductError, "does not let us in: HTTP 401: Incorrect API key"),
        (refuse(400, "Unsupported value: 'temperature'", "temperature"), ProductError, "#temperature=none&seed=none"),
        (refuse(404, "Not Found"), ProductError, "is no address to ask: HTTP 404: Not Found"),
    ],
)
def test_what_is_no_fault_of_the_product_stops_the_run(answer: Any, error: type[SteelyardError], says: str) -> None:
    with (
        asking(Conforming(first=lambda _: answer), Text(), Text()) as running,
        pytest.raises(error, match=re.escape(says)),
    ):
        ask(running, "a")


def test_what_fails_for_good_counts_against_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.products.openai.AGAIN", 1)
    answer = refuse(500, "boom", **{"retry-after": "0"})
    with asking(Conforming(first=lambda _: answer), Text(), Text()) as running:
        assert [reply.fault for reply in ask(running, "a")] == [Fault.REFUSED]


def test_a_wrong_model_gets_the_near_name() -> None:
    with (
        asking(Conforming(), Text(), Text(), model="diagnosis-2") as running,
        pytest.raises(UnknownName, match="Did you mean diagnosis-1"),
    ):
        ask(running, "a")


# --- Addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("openai:model", "no address of a service"),
        ("openai:@http://host/v1", "names no model"),
        ("openai:m@ftp://host/v1", "no address of a service"),
        ("openai:m@http://user:hidden@host/v1", "holds a user name, password or token"),
        ("openai:m@http://host/v1#prompt=no-such-file.txt", "cannot read the prompt no-such-file.txt"),
        ("openai:m@http://host/v1#temperature=3", "'temperature=3' cannot be read"),
        ("openai:m@http://host/v1#seed=-1", "'seed=-1' cannot be read"),
        ("openai:m@http://host/v1#tokens=0", "'tokens=0' cannot be read"),
        ("openai:m@http://host/v1#promt=a", "Did you mean prompt"),
    ],
)
def test_wrong_addresses(uri: str, says: str) -> None:
    with pytest.raises(CallError, match=re.escape(says)) as caught:
        open_product(uri)
    assert caught.value.remedy is not None
    assert "hidden" not in str(caught.value)


def test_what_is_sent_is_part_of_the_identity(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    uri = f"openai:org/model@v2@http://host/v1#prompt={prompt}"
    identities = []
    for text in ("a", "b", "a"):
        prompt.write_text(text)
        identities.append(open_product(uri).identity)
    assert identities[0] == identities[2]
    assert identities[0].digest != identities[1].digest
    assert "temperature 0, seed 0" in identities[0].covers.en
    assert "a prompt" in identities[0].covers.en
    assert open_product("openai:m@http://h/v1").identity != open_product("openai:m@http://h/v1#seed=1").identity


def test_schemas_are_read_and_would_notice() -> None:
    """A file that nobody reads says nothing; and a wrong request must not pass."""
    complaint, read = CONFORMING["complaint"], set()
    good: dict[str, Any] = {
        "chat.request": {"model": "m", "messages": [{"role": "user", "content": "a"}]},
        "transcription.request": {"model": "m"},
        "embedding.request": {"model": "m", "input": "a"},
    }
    for name, value in good.items():
        read.add(name)
        assert not complaint(name, value)
        assert complaint(name, value | {"temprature": 0})
        assert complaint(name, {key: each for key, each in value.items() if key != "model"})
    answers = {name for name in CONFORMING["SCHEMAS"] if name.endswith(".response")}
    assert all(complaint(name, {}) for name in answers)
    assert read | answers == CONFORMING["SCHEMAS"].keys()


# --- Whole runs ------------------------------------------------------------------------------------------------------


def test_a_chat_can_be_judged(tmp_path: Path, write_set: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_TOKEN", "sk-made-up-3f9a")
    conforming = Conforming(lambda content: "negative" if json.loads(content)[0] % 2 else "Positive.")
    with serve(conforming) as service:
        uri = f"openai:diagnosis-1@{service.url}/v1#concurrency=4"
        report = steelyard.run(SPEC, uri, test_set=str(write_set(REFERENCES)), out=tmp_path / "out")
        assert {asked.headers["authorization"] for asked in service.asked} == {"Bearer sk-made-up-3f9a"}
    assert conforming.complaints == []
    assert {failure.fault: failure.count for failure in report.failures} == {"malformed": 20}
    assert "did you mean 'positive'?" in report.failures[0].first.en  # type: ignore[union-attr]
    assert any("total_tokens" in note.en for note in report.notes)
    assert not [path for path in (tmp_path / "out").rglob("*.*") if b"made-up-3f9a" in path.read_bytes()]


@pytest.mark.usefixtures("mirror")
def test_the_page_s_commands_work(tmp_path: Path) -> None:
    found = re.search(
        r"<!-- executed by .*? -->\n```text\n(.*?)```\n+```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    (tmp_path / "prompt.txt").write_text(found[1], "utf-8")
    conforming = Conforming(lambda content: "positive" if json.loads(content)[0] > 15 else "negative")
    commands = found[2].strip().replace("\\\n", "").splitlines()
    with serve(conforming) as service:
        for command, code in zip(commands, (0, 10), strict=True):
            words = shlex.split(command.replace("http://localhost:11434", service.url).replace("qwen3", "diagnosis-1"))
            ran = subprocess.run(
                [sys.executable, "-W", "error", "-m", *words],
                cwd=tmp_path,
                env=os.environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == code, ran.stdout + ran.stderr
        assert service.asked[0].json["messages"][0]["content"] == found[1]
    assert conforming.complaints == []


def test_the_page_tells_every_option() -> None:
    from steelyard.products.openai import OWN

    for option in OWN:
        assert re.search(rf"^\| `{option}` \|", PAGE.read_text("utf-8"), re.MULTILINE), option
