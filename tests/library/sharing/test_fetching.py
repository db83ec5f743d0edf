"""Files come from mirrors whole and right, or not at all: each way in which a mirror fails is tried with a real one."""

from __future__ import annotations

import gzip
import hashlib
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.core.errors import CallError, SetError, SteelyardError
from steelyard.library.home import MIRROR, hidden, home, mirror_addresses
from steelyard.library.sharing.fetching import FILES, SLACK, Transfer, Wanted, Way, fetch
from steelyard.library.sharing.mirrors import TOKEN, Patience

_mischief = runpy.run_path(str(Path(__file__).parent / "mischief.py"))
site, Request = _mischief["site"], _mischief["Request"]
Behaviour = Callable[[Any, Any, int], None]

PIECE = hashlib.sha256(b"a file").digest()
DATA = b"".join(hashlib.sha256(PIECE + bytes([number % 251, number // 251])).digest() for number in range(10_000))
SHA256 = hashlib.sha256(DATA).hexdigest()
BELOW = "speech/set/a b.wav"
PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"
WANTED = Wanted("made", "https://example.org/made", {BELOW: SHA256}, len(DATA))
QUICK = Patience(seconds=20.0, tries=3, pause=0.01)
HASTY = Patience(seconds=0.4, tries=2, pause=0.01, pace=100_000)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.delenv(TOKEN, raising=False)
    return tmp_path / "home"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Any]]]:
    """Start a server for each behaviour and name them all as mirrors, in order."""
    with ExitStack() as running:

        def start(*behaviours: Behaviour) -> list[Any]:
            sites = [running.enter_context(site(each)) for each in behaviours]
            monkeypatch.setenv(MIRROR, ";".join(each.url for each in sites))
            return sites

        yield start


def got(patience: Patience = QUICK, wanted: Wanted = WANTED) -> bytes:
    return next(iter(fetch(wanted, Way(patience=patience)).values())).read_bytes()


def refused(patience: Patience = QUICK, wanted: Wanted = WANTED) -> SteelyardError:
    with pytest.raises(SetError) as caught:
        fetch(wanted, Way(patience=patience))
    assert caught.value.exit_code == 12
    assert caught.value.remedy is not None
    assert wanted.source in str(caught.value.remedy)
    return caught.value


def left() -> list[str]:
    folder = home() / FILES
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def honest(answer: Any, asked: Any, number: int) -> None:  # noqa: ARG001
    if asked.path == "/speech/set/a%20b.wav":
        answer.send_part(DATA, asked, etag='"1"')
    else:
        answer.send(404)


# --- What works ----------------------------------------------------------------------------------------------------


def test_a_file_comes_once_and_is_kept_by_its_digest(serve: Callable[..., list[Any]]) -> None:
    (mirror,) = serve(honest)
    assert got() == got() == DATA
    assert len(mirror.requests) == 1
    assert left() == [SHA256]
    assert mirror.requests[0].headers["accept-encoding"] == "identity"


def test_a_folder_is_read_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / BELOW).parent.mkdir(parents=True)
    (tmp_path / BELOW).write_bytes(DATA)
    for value in (str(tmp_path), f"{tmp_path / 'none'}; {tmp_path} ", tmp_path.as_uri()):
        monkeypatch.setenv(MIRROR, value)
        assert fetch(WANTED, Way(offline=True)) == {BELOW: tmp_path / BELOW}
        assert str(tmp_path) in hidden()
    assert left() == []


def test_a_copy_of_a_store_is_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILES).mkdir()
    (tmp_path / FILES / SHA256).write_bytes(DATA)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    assert got() == DATA


def test_what_the_disk_has_changed_is_fetched_again(serve: Callable[..., list[Any]]) -> None:
    (mirror,) = serve(honest)
    got()
    (home() / FILES / SHA256).write_bytes(DATA[:-1] + b"!")
    assert got() == DATA
    assert len(mirror.requests) == 2


def test_a_mirror_that_keeps_files_by_digest_is_asked_so_from_then_on(serve: Callable[..., list[Any]]) -> None:
    def by_digest(answer: Any, asked: Any, number: int) -> None:  # noqa: ARG001
        found = {f"/files/{hashlib.sha256(each).hexdigest()}": each for each in (b"one", b"two", b"three")}
        answer.send(200, found[asked.path]) if asked.path in found else answer.send(404)

    (mirror,) = serve(by_digest)
    files = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("one", "two", "three")}
    found = fetch(Wanted("made", "here", files), Way(patience=QUICK))
    assert {name: path.read_text() for name, path in found.items()} == {name: name for name in files}
    assert len(mirror.requests) == 4


def test_progress_is_told(serve: Callable[..., list[Any]]) -> None:
    serve(honest)
    told: list[Transfer] = []
    fetch(WANTED, Way(patience=QUICK, told=told.append))
    assert [each.bytes for each in told] == sorted(each.bytes for each in told)
    assert told[-1] == Transfer(BELOW, "", 1, 1, len(DATA), len(DATA))
    assert told[0].source.startswith("http://127.0.0.1:")


def test_the_original_is_asked_last_and_only_where_that_is_wanted(
    serve: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (mirror,) = serve(honest)
    monkeypatch.delenv(MIRROR)
    wanted = replace(WANTED, urls={BELOW: f"{mirror.url}/speech/set/a b.wav"})
    with pytest.raises(SetError, match=MIRROR):
        fetch(wanted)
    with pytest.raises(SetError, match=MIRROR):
        fetch(wanted, Way(offline=True, originals=True))
    assert mirror.requests == []
    assert fetch(wanted, Way(originals=True))[BELOW].read_bytes() == DATA


# --- What breaks and is resumed ------------------------------------------------------------------------------------


def half(answer: Any, asked: Any, number: int) -> None:
    if number == 0:
        answer.send_part(DATA, asked, stop=len(DATA) // 2, etag='"1"')
    else:
        honest(answer, asked, number)


def test_what_broke_off_is_continued_under_the_condition_that_it_is_the_same(serve: Callable[..., list[Any]]) -> None:
    (mirror,) = serve(half)
    assert got() == DATA
    assert 0 < mirror.requests[1].start <= len(DATA) // 2
    assert mirror.requests[1].headers["if-range"] == '"1"'
    assert left() == [SHA256]


def test_a_later_call_goes_on(serve: Callable[..., list[Any]]) -> None:
    broken = True

    def behave(answer: Any, asked: Any, number: int) -> None:
        if broken and asked.start == 0:
            answer.send_part(DATA, asked, stop=len(DATA) // 2, etag='"1"')
        elif broken:
            answer.hang_up()
        else:
            honest(answer, asked, number)

    (mirror,) = serve(behave)
    assert "the connection broke" in str(refused().what)
    assert left() == [f"{SHA256}.part", f"{SHA256}.part.json"]
    broken = False
    assert got() == DATA
    assert mirror.requests[-1].start > 0
    assert mirror.requests[-1].headers["if-range"] == '"1"'
    assert left() == [SHA256]


def test_without_ranges_it_begins_again(serve: Callable[..., list[Any]]) -> None:
    def behave(answer: Any, asked: Any, number: int) -> None:
        answer.send_part(DATA, Request(asked.path, {}), stop=len(DATA) // 2 if number == 0 else None)

    (mirror,) = serve(behave)
    assert got() == DATA
    assert [each.start > 0 for each in mirror.requests] == [False, True]


def test_a_file_that_changed_between_two_parts_begins_again(serve: Callable[..., list[Any]]) -> None:
    other = bytes(len(DATA))

    def behave(answer: Any, asked: Any, number: int) -> None:
        if number == 0:
            answer.send_part(other, asked, stop=len(DATA) // 2, etag='"old"')
        elif asked.headers.get("if-range") == '"new"':
            answer.send_part(DATA, asked, etag='"new"')
        else:
            answer.send_part(DATA, Request(asked.path, {}), etag='"new"')

    (mirror,) = serve(behave)
    assert got() == DATA
    assert [each.headers.get("if-range") for each in mirror.requests] == [None, '"old"']


def test_a_file_that_changed_unnoticed_begins_again(serve: Callable[..., list[Any]]) -> None:
    def behave(answer: Any, asked: Any, number: int) -> None:
        answer.send_part(bytes(len(DATA)) if number == 0 else DATA, asked, stop=len(DATA) // 2 if number == 0 else None)

    (mirror,) = serve(behave)
    assert got() == DATA
    assert [each.start > 0 for each in mirror.requests] == [False, True, False]


def test_the_next_mirror_goes_on_with_the_part_of_the_first(serve: Callable[..., list[Any]]) -> None:
    def broken(answer: Any, asked: Any, number: int) -> None:
        answer.send_part(DATA, asked, stop=len(DATA) // 2, etag='"1"') if number == 0 else answer.hang_up()

    _, second = serve(broken, honest)
    assert got() == DATA
    assert second.requests[0].start > 0
    assert "if-range" not in second.requests[0].headers  # another server's tags say other things


@pytest.mark.parametrize("range_", ["bytes 7-9/10", "lines 1-2/3", "", "bytes 9999999999999999999999-1/*"])
def test_another_part_than_asked_for_is_not_taken(range_: str, serve: Callable[..., list[Any]]) -> None:
    def behave(answer: Any, asked: Any, number: int) -> None:
        if number == 0:
            answer.send_part(DATA, asked, stop=len(DATA) // 2)
        elif number == 1:
            answer.send(206, DATA[7:], content_range=range_)
        else:
            honest(answer, asked, number)

    (mirror,) = serve(behave)
    assert got() == DATA
    assert mirror.requests[2].start == 0


@pytest.mark.parametrize("stated", [f"bytes */{len(DATA)}", "bytes */5", ""])
def test_a_part_that_is_the_whole(stated: str, serve: Callable[..., list[Any]]) -> None:
    def behave(answer: Any, asked: Any, number: int) -> None:
        answer.send(416, content_range=stated) if asked.start else honest(answer, asked, number)

    (home() / FILES).mkdir(parents=True)
    (home() / FILES / f"{SHA256}.part").write_bytes(DATA)
    serve(behave)
    assert got() == DATA


def test_a_server_that_is_busy_is_asked_again(serve: Callable[..., list[Any]]) -> None:
    def behave(answer: Any, asked: Any, number: int) -> None:
        answer.send(503, retry_after="0") if number < 2 else honest(answer, asked, number)

    (mirror,) = serve(behave)
    assert got() == DATA
    assert len(mirror.requests) == 3


def test_a_compression_that_nobody_asked_for_is_undone(serve: Callable[..., list[Any]]) -> None:
    serve(lambda answer, *_: answer.send(200, gzip.compress(DATA), content_encoding="gzip"))
    assert got() == DATA


def test_a_packed_file_that_a_server_calls_a_compression_stays_packed(serve: Callable[..., list[Any]]) -> None:
    packed = gzip.compress(DATA, mtime=0)
    serve(lambda answer, *_: answer.send(200, packed, content_encoding="gzip"))
    assert got(wanted=Wanted("made", "here", {"a.csv.gz": hashlib.sha256(packed).hexdigest()})) == packed


def test_a_file_that_is_a_web_page_can_be_fetched(serve: Callable[..., list[Any]]) -> None:
    serve(lambda answer, *_: answer.send(200, PAGE, content_type="text/html"))
    assert got(wanted=Wanted("made", "here", {"a.html": hashlib.sha256(PAGE).hexdigest()})) == PAGE


# --- What is refused -----------------------------------------------------------------------------------------------


def drip(answer: Any, *_: object) -> None:
    answer.send(200, b"", content_length=str(len(DATA)))
    pause = threading.Event()
    for number in range(60):
        answer.wfile.write(DATA[number : number + 1])
        pause.wait(0.05)
    answer.hang_up()


def silence(answer: Any, *_: object) -> None:
    threading.Event().wait(1.5)
    answer.hang_up()


def gibberish(answer: Any, *_: object) -> None:
    answer.wfile.write(b"220 ready\r\n\r\n")
    answer.hang_up()


def redirect(answer: Any, *_: object) -> None:
    answer.send(302, location="/again")


TOO_MUCH = bytes(len(DATA) + SLACK + 1)


def says(status: int, body: bytes = b"", *, then: str = "", **headers: str) -> Behaviour:
    def behave(answer: Any, *_: object) -> None:
        answer.send(status, body, **headers)
        if then:
            answer.hang_up()

    return behave


NOT_IT = f"not {SHA256}"
REFUSED: list[tuple[str, Behaviour, Patience, str]] = [
    ("a web page", says(200, PAGE, content_type="text/html; charset=utf-8"), QUICK, "web page"),
    ("a web page by another name", says(200, b"\n" + PAGE), QUICK, "web page"),
    ("nothing there", says(404, PAGE, content_type="text/html"), QUICK, r"does not exist \(HTTP 404\)"),
    ("not allowed", says(403), QUICK, f"HTTP 403, it wants a token: set {TOKEN}"),
    ("a teapot", says(418), QUICK, "HTTP 418"),
    ("busy for ever", says(503), QUICK, r"HTTP 503 \(3 tries\)"),
    ("other bytes", says(200, DATA[:-1] + b"!"), QUICK, NOT_IT),
    ("nothing", says(200), QUICK, NOT_IT),
    ("less, with a length that fits it", says(200, DATA[:1000]), QUICK, NOT_IT),
    ("a length below what is sent", says(200, DATA, content_length="1000"), QUICK, NOT_IT),
    ("too long, as stated", says(200, TOO_MUCH), QUICK, "larger than can be"),
    (
        "too long, not stated",
        says(200, TOO_MUCH, content_length="", connection="close", then="hangs up"),
        QUICK,
        "the connection broke|larger than can be",
    ),
    ("packed, but not right", says(200, gzip.compress(DATA)[:-9], content_encoding="gzip"), QUICK, NOT_IT),
    ("a bomb", says(200, gzip.compress(bytes(2**24)), content_encoding="gzip"), QUICK, NOT_IT),
    ("round and round", redirect, QUICK, "leads nowhere"),
    ("away to nothing known", says(302, location="gopher://x/"), QUICK, "leads nowhere"),
    ("no HTTP at all", gibberish, QUICK, "the connection broke"),
    ("hangs up", lambda answer, *_: answer.hang_up(), QUICK, "the connection broke: .*3 tries"),
    ("a drip", drip, HASTY, "drips|sent nothing"),
    ("silence", silence, HASTY, r"sent nothing for 0\.4 s"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("behave", "patience", "pattern"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_anything_else_is_refused_and_the_next_mirror_is_asked(
    behave: Behaviour, patience: Patience, pattern: str, serve: Callable[..., list[Any]]
) -> None:
    (bad,) = serve(behave)
    error = refused(patience)
    assert error.what.en.startswith(f"{BELOW} cannot be had")
    assert bad.url in error.what.en
    assert re.search(pattern, error.what.en), error.what.en
    assert error.what.zh != error.what.en
    drips = pattern.startswith("drips")
    assert [name for name in left() if not (drips and name.endswith((".part", ".part.json")))] == []
    serve(behave, honest)
    assert got(patience) == DATA
    assert left() == [SHA256]


def test_all_that_was_tried_is_told(
    serve: Callable[..., list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = serve(lambda answer, *_: answer.send(200, b"other"))
    folder = tmp_path / "mirror"
    monkeypatch.setenv(MIRROR, f"{folder};{bad.url}/;http://anna:secret@127.0.0.1:9/sets?key=secret")
    said = str(refused(Patience(seconds=5.0, tries=1, pause=0.0)))
    assert str(folder / BELOW) in said
    assert f"{bad.url}/{BELOW} has SHA-256" in said
    assert f"http://127.0.0.1:9/sets/{BELOW}: the connection broke" in said
    assert "secret" not in said


@pytest.mark.parametrize("value", ["gopher://example.org/x", "nosuch://x"])
def test_an_address_that_nothing_reaches(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, value)
    with pytest.raises(CallError, match="cannot be a mirror"):
        fetch(WANTED)


def test_offline_asks_nobody(serve: Callable[..., list[Any]]) -> None:
    (mirror,) = serve(honest)
    with pytest.raises(SetError, match="offline"):
        fetch(WANTED, Way(offline=True))
    assert mirror.requests == []
    got()
    assert fetch(WANTED, Way(offline=True))[BELOW].read_bytes() == DATA


def test_a_store_that_cannot_be_written(
    serve: Callable[..., list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(honest)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(CallError, match="cannot write"):
        fetch(WANTED)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_but_the_right_ones_are_taken(data: st.DataObject, serve: Callable[..., list[Any]]) -> None:
    """Cut, flipped, swapped or anything else: it is refused, and nothing is left."""
    small = DATA[:200]
    place, last = data.draw(st.integers(0, 199)), data.draw(st.integers(0, 199))
    sent = data.draw(
        st.sampled_from([small[:place], small + b"\0", small[place:] + small[:place], b"\0" * place])
        | st.binary(max_size=300)
        | st.integers(1, 255).map(lambda bits: small[:last] + bytes([small[last] ^ bits]) + small[last + 1 :])
    )
    wanted = Wanted("made", "here", {"a": hashlib.sha256(small).hexdigest()}, 200)
    serve(lambda answer, *_: answer.send(200, sent))
    if sent == small:
        assert got(wanted=wanted) == small
        (home() / FILES / wanted.files["a"]).unlink()
    else:
        refused(wanted=wanted)
    assert left() == []


# --- Two at once ---------------------------------------------------------------------------------------------------


PROGRAM = """
import sys
from steelyard.library.sharing.fetching import Wanted, Way, fetch

below, sha256 = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
print(fetch(Wanted("made", "here", {below: sha256}))[below])
"""


def test_two_processes_fetch_a_file_once(serve: Callable[..., list[Any]]) -> None:
    def slow(answer: Any, asked: Any, number: int) -> None:
        threading.Event().wait(0.3)
        honest(answer, asked, number)

    (mirror,) = serve(slow)
    with ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, BELOW, SHA256],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        said = [process.communicate(timeout=120)[0] for process in _started(processes)]
    assert said == [f"{home() / FILES / SHA256}\n"] * 2
    assert len(mirror.requests) == 1
    assert left() == [SHA256]


def _started(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Let all of them go on, before any is waited for."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


# --- Tokens --------------------------------------------------------------------------------------------------------


def locked(answer: Any, asked: Any, number: int) -> None:
    if asked.headers.get("authorization") == "Bearer right-token-0123":
        honest(answer, asked, number)
    else:
        answer.send(401)


def test_a_token_is_shown_and_never_told(
    serve: Callable[..., list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(locked)
    assert f"HTTP 401, it wants a token: set {TOKEN}" in str(refused())
    monkeypatch.setenv(TOKEN, "wrong-token-0123")
    said = str(refused())
    assert "HTTP 401, the token is not accepted" in said
    assert "wrong-token" not in said
    monkeypatch.delenv(TOKEN)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login steelyard password right-token-0123\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert got() == DATA


def test_a_token_goes_to_its_own_server_only(serve: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    (other,) = serve(honest)
    serve(
        lambda answer, asked, _: answer.send(302, location=f"{other.url.replace('127.0.0.1', 'localhost')}{asked.path}")
    )
    monkeypatch.setenv(TOKEN, "right-token-0123")
    assert got() == DATA
    assert "authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    ("mirror", "token", "says"),
    [
        ("http://127.0.0.1:9;http://127.0.0.1:10", "right-token-0123", "whose is it"),
        ("http://mirror.example", "right-token-0123", "readable to all"),
        ("http://127.0.0.1:9", "two words", "holds what no token can"),
        ("http://127.0.0.1:9", "a\nb", "holds what no token can"),
    ],
)
def test_a_token_that_is_not_sent(mirror: str, token: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, mirror)
    monkeypatch.setenv(TOKEN, token)
    with pytest.raises(CallError, match=says) as caught:
        fetch(WANTED)
    assert token not in str(caught.value)


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, " ; ")
    assert mirror_addresses() == []
    with pytest.raises(SetError, match=MIRROR):
        fetch(WANTED)
