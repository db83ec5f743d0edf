"""Services over HTTP: what they do wrong is said in words, what the network does wrong is mended or stops the run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import runpy
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steelyard
from steelyard.core.errors import CallError, ProductError, SteelyardError, UnknownName
from steelyard.core.product import Ask, Limits, Reply
from steelyard.core.sample import Fault
from steelyard.core.verdict import Verdict
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.label import Label
from steelyard.data.text import Text
from steelyard.products import open_product
from steelyard.products._address import TOKEN as TOKEN_VARIABLE
from steelyard.products._address import Options

serve = runpy.run_path(str(Path(__file__).parent / "servers" / "loopback.py"))["serve"]
PAGE = Path(__file__).parents[2] / "docs" / "products" / "http.md"
ANSWERS = Label(("negative", "positive"))
REFERENCES = ["positive", "negative"] * 20
SPEC = "miit-2017-315#medical"
TOKEN = "sk-3f9aTq7"
PATIENT = Limits(answer_seconds=120.0)


def right(asked: Any) -> dict[str, Any]:
    return {"output": "negative" if asked.json["input"][0] % 2 else "positive"}


@contextlib.contextmanager
def session(uri: str, seen: Any = None, said: Any = ANSWERS, limits: Limits | None = None) -> Iterator[Any]:
    running = open_product(uri).start(seen or Features(), said, limits or PATIENT)
    try:
        yield running
    finally:
        running.close()


def ask(running: Any, *inputs: Any, go_on: Callable[[], bool] = lambda: True) -> list[Reply]:
    replies = dict(running.ask([Ask("", each) for each in inputs], go_on))
    return [replies[index] for index in sorted(replies)]


def notes(running: Any) -> str:
    return " | ".join(note.en for note in running.notes())


# --- What a service answers ------------------------------------------------------------------------------------------


def drip(asked: Any) -> None:
    """Send the head of an answer, and then a byte every now and then."""
    asked.handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(5000):  # until the bench hangs up
            asked.handler.wfile.write(b" ")
            time.sleep(0.02)
    asked.handler.close_connection = True


def drip_head(asked: Any) -> None:
    """Send a head that does not end."""
    asked.handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with contextlib.suppress(OSError):
        for number in range(5000):
            asked.handler.wfile.write(b"x-%d: a\r\n" % number)
            time.sleep(0.02)
    asked.handler.close_connection = True


def flood(asked: Any) -> None:
    """Send without end and without saying how much."""
    asked.handler.wfile.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            asked.handler.wfile.write(b" " * 65536)
    asked.handler.close_connection = True


def hang_up(asked: Any) -> None:
    asked.handler.close_connection = True


def cut_off(asked: Any) -> None:
    asked.handler.wfile.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"output": ')
    asked.handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "fault", "says"),
    [
        (lambda _: b'{"output": "positive"}', None, ""),
        (lambda _: b'{"output": "negative", "seconds": 3}', None, ""),
        (lambda _: b"<html>welcome</html>", Fault.MALFORMED, "not JSON: .*it begins '<html>welcome"),
        (lambda _: b"", Fault.MALFORMED, "not JSON"),
        (lambda _: b'{"out": 1}', Fault.MALFORMED, 'not {"output": …}.*{"out": 1}'),
        (lambda _: b"[]", Fault.MALFORMED, "the answer is not"),
        (lambda _: b"[" * 9_000, Fault.MALFORMED, "not JSON"),
        (lambda _: {"error": "the model is gone"}, Fault.REFUSED, "the model is gone"),
        (lambda _: (500, {}, b"boom\nat line 3"), Fault.REFUSED, "HTTP 500: boom at line 3"),
        (lambda _: (422, {}, b'{"detail": "no such field"}'), Fault.REFUSED, "HTTP 422: no such field"),
        (lambda _: (400, {}, b'{"error": {"message": "too long"}}'), Fault.REFUSED, "HTTP 400: too long"),
        (lambda _: (403, {}, b"not this one"), Fault.REFUSED, "HTTP 403: not this one"),  # of this input alone
        (lambda _: (200, {"content-encoding": "gzip"}, b"no gzip"), Fault.MALFORMED, "compression"),
        (lambda _: b" " * 20_000, Fault.MALFORMED, "more than 10000 bytes"),
        (flood, Fault.MALFORMED, "more than 10000 bytes"),
        (drip, Fault.TIMEOUT, "no answer within 1 s"),
        (drip_head, Fault.TIMEOUT, "no answer within 1 s"),
        (hang_up, Fault.CRASH, "the connection broke"),
        (cut_off, Fault.CRASH, "the connection broke"),
    ],
)
def test_what_a_service_answers(answer: Callable[[Any], Any], fault: Fault | None, says: str) -> None:
    def answers(asked: Any) -> Any:
        return answer(asked) if asked.json["input"] == [1.0] else right(asked)

    limits = Limits(answer_seconds=1.0 if fault is Fault.TIMEOUT else 60.0, line_bytes=10_000)
    with serve(answers) as service, session(f"{service.url}/x#canaries=0", limits=limits) as running:
        ask(running, [0.0])
        (reply,) = ask(running, [1.0])
        assert reply.fault is fault
        assert re.search(says, reply.detail.en if reply.detail else "")
        assert reply.lost == (fault in (Fault.TIMEOUT, Fault.CRASH))
        assert [each.fault for each in ask(running, [2.0])] == [None]


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(), st.lists))
def test_what_it_says_is_what_the_bench_sees(output: Any) -> None:
    """Of any JSON, and of NaN, which is none but whose fault can then be named."""
    from steelyard.products._http import Answer, json_of

    seen: Any = json_of(Answer(200, {}, json.dumps({"output": output}).encode(), 0.0))
    assert json.dumps(seen) == json.dumps({"output": output})


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (401, {}, "does not let us in: HTTP 401.*STEELYARD_TOKEN, which is not set"),
        (403, {}, "does not let us in: HTTP 403"),
        (404, {}, "is no address to ask: HTTP 404"),
        (405, {}, "is no address to ask: HTTP 405"),
        (
            302,
            {"location": "http://127.0.0.1:9/login?key=hidden"},
            "redirects to http://127.0.0.1:9/login, which is not",
        ),
        (308, {"location": "http://localhost.invalid/x"}, "redirects to http://localhost.invalid/x, which is not"),
        (303, {"location": "/x"}, "redirects to .*/x, which is not"),  # it would become another method
    ],
)
def test_a_wrong_address_is_no_fault_of_a_product(status: int, headers: dict[str, str], says: str) -> None:
    with (
        serve(lambda _: (status, headers, b"no")) as service,
        session(f"{service.url}/x") as running,
        pytest.raises(ProductError, match=re.compile(says, re.DOTALL)),
    ):
        ask(running, [0.0])


def test_a_redirect_on_the_same_host_is_followed() -> None:
    def answers(asked: Any) -> Any:
        return right(asked) if asked.path == "/v2" else (307, {"location": "/v2"}, b"")

    with serve(answers) as service, session(f"{service.url}/v1#canaries=0") as running:
        assert [reply.output for reply in ask(running, [0.0], [1.0])] == ["positive", "negative"]
        assert "requests redirected on the same host: 2" in notes(running)


# --- The network -----------------------------------------------------------------------------------------------------


def test_a_connection_that_fails_is_tried_again_and_counted() -> None:
    def answers(asked: Any) -> Any:
        return hang_up(asked) if len(service.asked) in (2, 3) else right(asked)

    with serve(answers) as service, session(f"{service.url}/x#canaries=0") as running:
        assert [reply.output for reply in ask(running, [0.0], [1.0], [2.0])] == ["positive", "negative", "positive"]
        assert len(service.asked) == 5
        assert "because their connection failed: 2" in notes(running)


@pytest.mark.parametrize("answer", [lambda _: (503, {}, b"later"), lambda _: (429, {}, b"slow down")])
def test_an_answer_is_an_answer_and_never_asked_again(answer: Callable[[Any], Any]) -> None:
    with serve(answer) as service, session(f"{service.url}/x") as running:
        assert [reply.fault for reply in ask(running, [0.0])] == [Fault.REFUSED]
        assert len(service.asked) == 1


def test_nothing_answers() -> None:
    with serve(right) as service:
        pass
    with session(f"{service.url}/x") as running:
        with pytest.raises(
            ProductError, match=r"nothing answers at http://127.0.0.1:\d+: Connection refused"
        ) as caught:
            ask(running, [0.0])
        assert "Start the service" in caught.value.remedy.en  # type: ignore[union-attr]


def test_a_service_that_starts_again_is_waited_for_and_one_that_does_not_stops_the_run(
    comes_true: Callable[[Callable[[], bool]], bool],
) -> None:
    with contextlib.ExitStack() as stack:
        with serve(right) as service:
            patient = stack.enter_context(session(f"{service.url}/x#canaries=0", limits=Limits(start_seconds=600.0)))
            hasty = stack.enter_context(session(f"{service.url}/x#canaries=0", limits=Limits(start_seconds=1.0)))
            ask(patient, [0.0])
            ask(hasty, [0.0])
            service.end()
        replies: list[Reply] = []
        asking = threading.Thread(target=lambda: replies.extend(ask(patient, [1.0])))
        asking.start()
        assert comes_true(lambda: "accepted no connections" in notes(patient))
        with serve(right, service.port) as again:
            asking.join()
            assert [reply.output for reply in replies] == ["negative"]
            assert "times that it accepted no connections, and was waited for: 1" in notes(patient)
            again.end()
        with pytest.raises(ProductError, match="has accepted no connection for 1 s") as caught:
            ask(hasty, [2.0])
        assert "it resumes" in caught.value.remedy.en  # type: ignore[union-attr]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_so_many_requests_at_a_time(concurrency: int) -> None:
    under_way, most = 0, 0
    lock, all_there = threading.Lock(), threading.Event()

    def answers(asked: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            if under_way >= concurrency:
                all_there.set()
        all_there.wait(300.0)  # the first ones, for those that may come beside them
        time.sleep(0.02)  # for one that may not
        with lock:
            under_way -= 1
        return right(asked)

    with serve(answers) as service:
        with session(f"{service.url}/x#canaries=0&concurrency={concurrency}", limits=PATIENT) as running:
            replies = ask(running, *([float(number)] for number in range(24)))
        assert [reply.output for reply in replies] == ["positive", "negative"] * 12
        assert most == concurrency


def test_so_many_requests_a_second() -> None:
    with serve(right) as service:
        with session(f"{service.url}/x#canaries=0&rate=20&concurrency=4") as running:
            ask(running, *([float(number)] for number in range(9)))
        times = [asked.time for asked in service.asked]
    assert times[-1] - times[0] > 0.3  # eight pauses of 0.05 s, less what a timer may be early


def test_connections_are_kept() -> None:
    with serve(right) as service:
        with session(f"{service.url}/x#concurrency=2") as running:
            ask(running, *([float(number)] for number in range(20)))
        assert len({asked.handler.client_address for asked in service.asked}) <= 2


def test_nothing_new_is_sent_once_the_bench_stops() -> None:
    with serve(right) as service:
        with session(f"{service.url}/x") as running:
            turns = iter([True, True, False])
            assert len(ask(running, [0.0], [1.0], [2.0], go_on=lambda: next(turns))) == 2
        assert len(service.asked) == 2  # and no canaries


def test_what_is_under_way_can_be_broken_off() -> None:
    """The service answers only after the bench has let go."""
    release, waited = threading.Event(), []

    def answers(asked: Any) -> Any:
        if asked.json["input"] != [0.0]:
            waited.append(release.wait(300.0))
        return right(asked)

    with serve(answers) as service:
        with session(f"{service.url}/x#concurrency=2", limits=PATIENT) as running:
            replies = running.ask([Ask("", [0.0]), Ask("", [1.0]), Ask("", [2.0])], lambda: True)
            next(replies)
            replies.close()
        release.set()
    assert all(waited)


def test_it_can_be_asked_from_within_an_event_loop() -> None:
    """As notebooks do."""

    async def within(url: str) -> list[Reply]:
        with session(url) as running:
            return ask(running, [0.0])

    with serve(right) as service:
        assert [reply.output for reply in asyncio.run(within(f"{service.url}/x"))] == ["positive"]


def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serve(right, context=context) as service:
        uri = f"https://localhost:{service.port}/x#canaries=0"
        with session(uri) as running, pytest.raises(ProductError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            ask(running, [0.0])
        assert "SSL_CERT_FILE" in str(caught.value.remedy)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with session(uri) as running:
            assert [reply.output for reply in ask(running, [0.0])] == ["positive"]


# --- Drift -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "drifted", "says"),
    [
        (lambda _: "positive", False, ""),
        (lambda _: "negative", True, "drift: asked again at the end, 2 of the first 2 inputs got another answer"),
        (
            lambda count: f"{count}",
            False,
            "2 of the first 2 inputs got yet other answers, or none: it does not repeat itself",
        ),
        (lambda _: 7 / 0, False, "does not repeat itself"),  # it crashes
    ],
)
def test_the_first_inputs_are_asked_again(later: Callable[[int], str], drifted: bool, says: str) -> None:
    def answers(_: Any) -> Any:
        count = len(service.asked)
        return {"output": "positive" if count <= 4 else later(count)}

    with serve(answers) as service, session(f"{service.url}/x#canaries=2", said=Text()) as running:
        ask(running, [0.0], [1.0], [2.0], [3.0])
        running.close()
        assert running.drifted == drifted
        assert says in notes(running)
        assert ("drift:" in notes(running)) == drifted


def test_no_verdict_rests_on_a_service_that_drifted(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    """It is another product at the end than at the start; to repeat the command makes that no better."""

    def answers(_: Any) -> Any:
        return {"output": "positive" if len(service.asked) <= len(REFERENCES) else "negative"}

    folder, out = str(write_set(REFERENCES)), tmp_path / "out"
    with serve(answers) as service:
        report = steelyard.run(SPEC, f"{service.url}/x", test_set=folder, out=out)
        assert (report.verdict, report.exit_code) == (Verdict.INVALID, 12)
        again = steelyard.run(SPEC, f"{service.url}/x", test_set=folder, out=out)
    assert (again.verdict, again.exit_code) == (Verdict.INVALID, 12)
    assert again.findings == report.findings, "what was found stands beside"
    page = (out / "report.html").read_text("utf-8")
    assert "Nothing can be said: drift: asked again at the end" in page
    assert "无法作出结论：漂移" in page


@pytest.mark.parametrize("body", [False, True])
def test_another_version_is_drift(body: bool) -> None:
    def answers(asked: Any) -> Any:
        version = "1.0" if len(service.asked) < 3 else "1.1"
        said = right(asked) | ({"version": version} if body else {})
        return 200, {} if body else {"X-Model-Version": version}, json.dumps(said).encode()

    with serve(answers) as service, session(f"{service.url}/x#version=1.0") as running:
        ask(running, [0.0], [1.0])
        assert "it called itself 1.0" in notes(running)
        assert not running.drifted
        ask(running, [2.0])
        assert "drift: it called itself 1.0, then 1.1" in notes(running)
        assert running.drifted
        assert re.search(r"asked from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ to ", notes(running))


# --- Sound and images ------------------------------------------------------------------------------------------------

SOUND = Audio().encode(np.linspace(-0.5, 0.5, 400, dtype=np.float32))
PICTURE = Image().encode(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))


@pytest.mark.parametrize(
    ("seen", "value", "part"),
    [(Audio(), SOUND, ("input.wav", "audio/wav")), (Image(), PICTURE, ("input.png", "image/png"))],
)
def test_media_are_sent_as_a_form(seen: Any, value: Any, part: tuple[str, str]) -> None:
    def answers(asked: Any) -> Any:
        name, kind, data = asked.form["input"]
        assert (name, kind) == part
        return {"output": str(len(data))}

    with serve(answers) as service, session(f"{service.url}/x", seen=seen, said=Text()) as running:
        ((_, data),) = value.items()
        assert [reply.output for reply in ask(running, value)] == [str(len(data) // 4 * 3 - data.count("="))]


def test_media_can_be_sent_as_json_and_come_back_as_they_are() -> None:
    def answers(asked: Any) -> Any:
        assert asked.json == {"input": SOUND}
        stored = Audio().store(Audio().decode(SOUND))
        return (200, {"content-type": "audio/wav"}, stored) if len(service.asked) > 1 else {"output": SOUND}

    with serve(answers) as service, session(f"{service.url}/x#body=json", seen=Audio(), said=Audio()) as running:
        assert [reply.output for reply in ask(running, SOUND, SOUND)] == [SOUND, SOUND]


# --- The token -------------------------------------------------------------------------------------------------------


def test_the_token_is_sent_and_never_shown(
    tmp_path: Path, write_set: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the service repeats it in answers, errors and headers."""
    monkeypatch.setenv("STEELYARD_TOKEN", TOKEN)

    def answers(asked: Any) -> Any:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        number = asked.json["input"][0]
        if number == 3:
            return 500, {}, f"the token {TOKEN} has expired".encode()
        if number == 5:
            return {"error": f"{TOKEN}?"}
        if number == 7:
            return {"output": TOKEN}
        return 200, {"x-model-version": f"v-{TOKEN}"}, json.dumps(right(asked)).encode()

    with serve(answers) as service:
        report = steelyard.run(SPEC, f"{service.url}/x", test_set=str(write_set(REFERENCES)), out=tmp_path / "out")
    assert {failure.fault: failure.count for failure in report.failures} == {"refused": 2, "malformed": 1}
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in repr(report)


def test_the_token_goes_to_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_TOKEN", TOKEN)
    with serve(right) as other, serve(lambda _: (307, {"location": f"{other.url}/x"}, b"")) as service:
        with session(f"{service.url}/x") as running, pytest.raises(ProductError, match="which is not followed"):
            ask(running, [0.0])
        assert other.asked == []


def test_a_token_and_a_header_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    with serve(right) as service:
        with session(f"{service.url}/x#token=MY_TOKEN&header=api-key") as running:
            ask(running, [0.0])
        assert service.asked[0].headers["api-key"] == TOKEN
        assert service.asked[0].headers["authorization"] is None


@pytest.mark.parametrize("value", ["two words", "line\nend", "钥匙"])
def test_what_is_no_token_is_refused_unseen(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_TOKEN", value)
    with pytest.raises(ProductError, match="holds what no token can") as caught, session("http://127.0.0.1:9/x"):
        pass
    assert value not in str(caught.value)


# --- Addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "error", "says"),
    [
        ("http:localhost/x", ProductError, "no address of a service"),
        ("http://", ProductError, "no address of a service"),
        ("http://host:99999/x", ProductError, "no address of a service"),
        ("http://ho st/x", ProductError, "no address of a service"),
        ("https://user:hidden@host/x", ProductError, "holds a user name, password or token"),
        ("https://host/x?api_key=hidden", ProductError, "holds a user name, password or token"),
        ("http://host/x#concurency=2", UnknownName, "Did you mean concurrency"),
        ("http://host/x#concurrency=0", ProductError, "'concurrency=0' cannot be read"),
        ("http://host/x#concurrency=two", ProductError, "'concurrency=two' cannot be read"),
        ("http://host/x#rate=0", ProductError, "'rate=0' cannot be read"),
        ("http://host/x#rate=nan", ProductError, "'rate=nan' cannot be read"),
        ("http://host/x#retries", ProductError, "'retries' cannot be read"),
        ("http://host/x#retries=1&retries=2", ProductError, "'retries=2' cannot be read"),
        ("http://host/x#token=sk-12$hidden", ProductError, "cannot be read"),
        ("http://host/x#body=xml", UnknownName, "There is: json, multipart"),
    ],
)
def test_wrong_addresses(uri: str, error: type[SteelyardError], says: str) -> None:
    with pytest.raises(error, match=re.escape(says)) as caught:
        open_product(uri)
    assert caught.value.exit_code == 2
    assert caught.value.remedy is not None
    assert "hidden" not in str(caught.value) or "token=" in uri


def test_a_token_that_is_named_must_be_set() -> None:
    with (
        pytest.raises(ProductError, match="NO_SUCH_TOKEN is not set"),
        session("http://127.0.0.1:9/x#token=NO_SUCH_TOKEN"),
    ):
        pass


def test_what_is_declared_is_in_the_plan_and_is_said() -> None:
    product = open_product("https://models.example/x?size=small#concurrency=4&version=2.1")
    assert product.identity.kind == "declared"
    assert product.identity.uri.endswith("x?size=small#concurrency=4&version=2.1")
    assert "https://models.example, version 2.1" in product.identity.covers.en


@pytest.mark.parametrize("limits", [Limits(memory_bytes=10**9), Limits(processes=4)])
@pytest.mark.parametrize("scheme", ["http:", "oip:http:", "openai:m@http:"])
def test_what_cannot_be_limited_is_refused_before_anything_is_written(
    limits: Limits, scheme: str, write_set: Callable[..., Path], tmp_path: Path
) -> None:
    uri, out = f"{scheme}//127.0.0.1:9/v2/models/m", tmp_path / "out"
    with pytest.raises(CallError, match="cannot be granted to a service"):
        steelyard.run(SPEC, uri, test_set=str(write_set(REFERENCES)), out=out, limits=limits)
    assert not out.exists()


def test_it_cannot_be_isolated(write_set: Callable[..., Path], needs: Callable[..., None]) -> None:
    needs(isolation="bwrap")
    with pytest.raises(CallError, match="a service runs elsewhere"):
        steelyard.run(SPEC, "http://127.0.0.1:9/x", test_set=str(write_set(REFERENCES)), isolation="bwrap")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ProductError, match=r"pip install 'steelyard\[http\]'"):
        open_product("http://localhost/x")


# --- Whole runs ------------------------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    folder, out = str(write_set(REFERENCES)), tmp_path / "out"
    gone = False

    def answers(asked: Any) -> Any:
        return (401, {}, b"expired") if gone and len(service.asked) > 20 else right(asked)

    with serve(answers) as service:
        gone = True
        with pytest.raises(ProductError, match="does not let us in"):
            steelyard.run(SPEC, f"{service.url}/x", test_set=folder, out=out)
        gone = False
        report = steelyard.run(SPEC, f"{service.url}/x", test_set=folder, out=out)
        assert report.answered == len(REFERENCES)
        assert report.failures == ()
        asked = sorted(each.json["input"][0] for each in service.asked)
        assert set(asked) == set(map(float, range(len(REFERENCES))))
        whole = steelyard.run(SPEC, f"{service.url}/x", test_set=folder, out=tmp_path / "whole")
    assert [each.estimate for each in whole.findings] == [each.estimate for each in report.findings]


@pytest.mark.usefixtures("mirror")
def test_the_page_s_service_can_be_checked_and_judged(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    found = re.search(r"<!-- executed by .*? -->\n```python\n(.*?)```\n+```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    (tmp_path / "service.py").write_text(found[1], "utf-8")
    start, *commands = found[2].strip().replace("\\\n", "").splitlines()
    assert start == "python service.py 8000 &"
    with subprocess.Popen(
        [sys.executable, "service.py", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            for command, code in zip(commands, (0, 10), strict=True):
                words = shlex.split(command.replace("http://localhost:8000", url))
                ran = subprocess.run(
                    [sys.executable, "-W", "error", "-m", *words],
                    cwd=tmp_path,
                    env=os.environ,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert ran.returncode == code, ran.stdout + ran.stderr
                assert "it called itself" in ran.stdout
        finally:
            process.kill()


def test_the_page_tells_every_option_and_its_default() -> None:
    page = PAGE.read_text("utf-8")
    for option in fields(Options):
        default = TOKEN_VARIABLE if option.name == "token" else option.default
        assert re.search(rf"^\| `{option.name}` \|( `?({default}|no limit)`?)? \|", page, re.MULTILINE), option.name
