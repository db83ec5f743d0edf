"""A store that is served is a mirror: of files, of sets, of restricted ones for who has a token, of nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.cli.sets import pull as pull_command
from steelyard.cli.sets import serve as serve_command
from steelyard.cli.sets import verify as verify_command
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError, SteelyardError, UnknownName
from steelyard.core.words import Words
from steelyard.library import recipe, store
from steelyard.library._leaves import content_digest
from steelyard.library.card_file import read_card
from steelyard.library.home import MIRROR
from steelyard.library.sharing import serving
from steelyard.library.sharing.access import Access, read_access
from steelyard.library.sharing.fetching import Way
from steelyard.library.sharing.mirrors import TOKEN, Patience
from steelyard.library.sharing.pulling import pull
from steelyard.library.sharing.shared import Shelf
from steelyard.library.stored_set import VERIFIED, StoredSet
from steelyard.library.verifying import verify
from steelyard.library.writing import write_set

_mischief = runpy.run_path(str(Path(__file__).parent / "mischief.py"))
site = _mischief["site"]

SECRET = "0123456789-right-token"
WAY = Way(patience=Patience(seconds=20.0, tries=2, pause=0.01))
SMALL = "nist-sctk-csrnab"
"""A recipe of two small files."""


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that changes to the store of a name, as if on another machine."""
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.delenv(TOKEN, raising=False)

    def change(name: str) -> Path:
        monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / name))
        return tmp_path / name

    change("theirs")
    return change


@pytest.fixture
def ward(
    tmp_path: Path, homes: Callable[[str], Path], card: Callable[..., Card], table: Callable[..., pa.Table]
) -> Card:
    """A set that the other store has, with recorded answers."""
    homes("theirs")
    said = pa.table({"id": ["a", "c"], "output": ["positive", "negative"]})
    made = card(name="ward-7", answers={"诊所": Words("a clinic", "一家诊所")})
    write_set(tmp_path / "ward-7", made, table(), {"诊所": said})
    return store.add(tmp_path / "ward-7").card


@contextlib.contextmanager
def served(sets: Sequence[str] = (), access: Access | None = None, **files: Path) -> Iterator[str]:
    """Serve the store that is in use until the block ends."""
    running = serving.server(serving.application(Shelf(sets), access or Access()), **files)
    with serving.listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=serving.serve, args=(running, listening, lambda: None))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- Whole sets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["ward-7@1", "ward-7"])
def test_a_set_that_only_another_store_has(
    address: str, ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = store.place_of("ward-7@1")
    with served() as url:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, url)
        pulled = pull(address, WAY)
        assert (pulled.card, pulled.was_there) == (ward, False)
    assert tree(pulled.folder) == tree(theirs)
    assert sorted(path.name for path in ours.iterdir()) == ["files", "sets"]
    assert list((ours / "files").iterdir()) == []
    assert [path.name for path in (ours / "sets").iterdir()] == ["ward-7@1"]
    monkeypatch.delenv(MIRROR)
    assert pull(address, WAY).was_there
    assert store.open_set("ward-7").answers("诊所").to_pydict() == {
        "id": ["a", "c"],
        "output": ["positive", "negative"],
    }
    assert verify("ward-7", deep=True).card == ward


@pytest.mark.parametrize("refused", [False, True])
def test_a_file_that_the_store_has_stays_there(
    refused: bool, ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = (store.place_of(ward.label) / "samples.parquet").read_bytes()
    with served() as url:
        ours = homes("ours")
        kept = ours / "files" / hashlib.sha256(samples).hexdigest()
        kept.parent.mkdir(parents=True)
        kept.write_bytes(samples)
        monkeypatch.setenv(MIRROR, url)
        if refused:
            with pytest.raises(SetError):
                pull(ward.label, WAY, digest="0" * 64)
        else:
            assert pull(ward.label, WAY).card == ward
    assert kept.read_bytes() == samples, "a recipe's files may be the same"


def test_a_file_that_the_disk_changed_is_fetched_again(
    ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = (store.place_of(ward.label) / "samples.parquet").read_bytes()
    with served() as url:
        kept = homes("ours") / "files" / hashlib.sha256(samples).hexdigest()
        kept.parent.mkdir(parents=True)
        kept.write_bytes(samples[:-1])
        monkeypatch.setenv(MIRROR, url)
        assert pull(ward.label, WAY).card == ward


def test_a_copy_of_a_store_in_a_folder_is_a_mirror_also_offline(
    ward: Card, tmp_path: Path, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    homes("ours")
    monkeypatch.setenv(MIRROR, str(tmp_path / "theirs"))
    assert pull("ward-7@1", replace(WAY, offline=True)).card == ward


def test_a_server_that_cannot_list_is_asked_for_what_a_set_has(
    ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.place_of("ward-7@1")

    def files_only(answer: Any, asked: Any, _: int) -> None:
        name = httpx.URL(asked.path).path.removeprefix("/x/sets/ward-7@1/")
        there = "/" not in name and (folder / name).is_file()
        answer.send(200, (folder / name).read_bytes()) if there else answer.send(404)

    with site(files_only) as mirror:
        homes("ours")
        monkeypatch.setenv(MIRROR, f"{mirror.url}/x/")
        assert pull("ward-7@1", WAY).card == ward


def test_a_digest_that_somebody_vouches_for(
    ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as url:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, url)
        with pytest.raises(SetError, match=r"has the digest sha256:[0-9a-f]{64}, not sha256:00"):
            pull("ward-7@1", WAY, digest="sha256:" + "0" * 64)
        assert list((ours / "sets").iterdir()) == []
        assert pull("ward-7@1", WAY, digest=ward.digest.upper().replace("SHA256:", "sha256:")).card == ward


def test_names_that_nobody_has(ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as url:
        homes("ours")
        monkeypatch.setenv(MIRROR, url)
        with pytest.raises(UnknownName, match="Did you mean ward-7@1"):
            pull("ward-8@1", WAY)
        with pytest.raises(UnknownName, match="Did you mean ward-7@1"):
            pull("ward-8", WAY)
        with pytest.raises(UnknownName):
            pull("ward-7@..", WAY)
        with pytest.raises(CallError, match="is a folder"):
            pull("./ward-7", WAY)
    assert ward.name == "ward-7"


# --- Files of recipes ----------------------------------------------------------------------------------------------


def test_files_of_a_recipe_come_from_a_mirror_of_a_mirror(
    mirror: Path, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(SMALL, WAY)  # so that it is shared; its files stay in the folder
    assert not (homes("theirs") / "files").exists()
    with served([SMALL]) as url:
        monkeypatch.setenv(MIRROR, f"{mirror.parent / 'none'};{url}")
        ours = homes("ours")
        pulled = pull(SMALL, WAY)
        wanted = recipe.read(SMALL).files
        assert sorted(path.name for path in (ours / "files").iterdir()) == sorted(wanted.values())
        assert not pulled.was_there
        other = next(iter(recipe.read("wmt22-general").files.values()))
        assert httpx.get(f"{url}/files/{other}").status_code == 404, "it was not shared"


@pytest.mark.usefixtures("mirror")
def test_a_set_whose_files_are_gone_comes_whole(homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    pull(SMALL, WAY)
    monkeypatch.delenv(MIRROR)
    with served() as url:
        homes("ours")
        monkeypatch.setenv(MIRROR, url)
        assert pull(SMALL, WAY).card == recipe.read(SMALL).card
        assert not pull("wdbc", WAY).was_there, "what ships in a dependency needs no mirror"


# --- Mirrors that lie ----------------------------------------------------------------------------------------------


def lying(folder: Path, **other: bytes) -> Callable[..., None]:
    """Serve a set, but some of its files otherwise."""

    def behave(answer: Any, asked: Any, _: int) -> None:
        name = httpx.URL(asked.path).path.removeprefix("/sets/ward-7@1/")
        if name == "files.json" and "files_json" in other:
            answer.send(200, other["files_json"])
        elif name.removesuffix(".parquet").removesuffix(".json") in other:
            answer.send(200, other[name.removesuffix(".parquet").removesuffix(".json")])
        elif "/" not in name and (folder / name).is_file():
            answer.send(200, (folder / name).read_bytes())
        else:
            answer.send(404)

    return behave


def changed(card: Card, **changes: object) -> bytes:
    from steelyard.core.canonical import plain

    return json.dumps({**plain(card), **changes}).encode()


LIES: list[tuple[str, Callable[[Card, bytes], dict[str, bytes]], str]] = [
    ("samples cut", lambda _, data: {"samples": data[: len(data) // 2]}, "cannot read"),
    ("a bit flipped", lambda _, data: {"samples": data[:40] + bytes([data[40] ^ 1]) + data[41:]}, "ward-7@1"),
    ("samples swapped for answers", lambda *_: {"samples": b"PAR1"}, "cannot read"),
    ("a page for a card", lambda *_: {"card": b"<!doctype html><p>Sign in"}, "web page"),
    ("no card", lambda *_: {"card": b"{}"}, "cannot read the card"),
    ("a count that is wrong", lambda card, _: {"card": changed(card, samples=7)}, "7|is not what its card says"),
    ("another name", lambda card, _: {"card": changed(card, name="ward-9")}, "its card says ward-9@1"),
    ("another digest", lambda card, _: {"card": changed(card, digest="sha256:" + "0" * 64)}, "not what its card says"),
    (
        "answers that lead elsewhere",
        lambda card, _: {"card": changed(card, answers={"x/../../../evil": {"en": "x", "zh": "x"}})},
        "names files that cannot be",
    ),
    ("files outside", lambda *_: {"files_json": b'{"card.json": {}, "../../evil": {}}'}, "names files that cannot be"),
    ("hidden files", lambda *_: {"files_json": b'{"card.json": {}, ".evil": {}}'}, "names files that cannot be"),
    (
        "a digest that is not the file's",
        lambda *_: {"files_json": json.dumps({"card.json": {"sha256": "0" * 64}}).encode()},
        "has SHA-256",
    ),
]


@pytest.mark.parametrize(("lie", "says"), [each[1:] for each in LIES], ids=[each[0] for each in LIES])
def test_a_lie_is_refused_and_the_store_is_as_it_was(
    lie: Callable[[Card, bytes], dict[str, bytes]],
    says: str,
    ward: Card,
    homes: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = store.place_of("ward-7@1")
    with site(lying(folder, **lie(ward, (folder / "samples.parquet").read_bytes()))) as liar:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, liar.url)
        with pytest.raises(SetError, match=says) as caught:
            pull("ward-7@1", WAY)
        assert "The store is as it was" in str(caught.value.remedy)
        assert str(ours) not in str(caught.value), "it names the mirror, not a folder that is gone"
        assert tree(ours) == {}
        monkeypatch.setenv(MIRROR, f"{liar.url};{folder.parents[1]}")
        assert pull("ward-7@1", WAY).card == ward


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_on_the_way_the_rows_are_the_same_or_nothing_comes(
    data: st.DataObject,
    ward: Card,
    tmp_path_factory: pytest.TempPathFactory,
    homes: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mirror = tmp_path_factory.mktemp("mirror")
    shutil.copytree(homes("theirs") / "sets", mirror / "sets")
    ours = homes(f"ours-{mirror.name}")
    path = data.draw(st.sampled_from(sorted((mirror / "sets" / "ward-7@1").iterdir())))
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "swap"]))
    if how == "flip":
        whole[place] ^= data.draw(st.integers(1, 255))
    else:
        whole = whole[:place] if how == "cut" else whole[place:] + whole[:place]
    path.write_bytes(whole)
    monkeypatch.setenv(MIRROR, str(mirror))
    try:
        pulled = pull("ward-7@1", WAY)
    except SteelyardError as error:
        refused = error.exit_code
    else:
        assert content_digest(StoredSet(ward, pulled.folder).batches()) == ward.digest == pulled.card.digest
        return
    assert refused in (2, 12)
    assert tree(ours) == {}


def test_what_was_verified_elsewhere_is_not_believed(
    ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.place_of("ward-7@1")
    listed = json.dumps({name: {} for name in ("card.json", "samples.parquet", VERIFIED, "answers-诊所.parquet")})
    with site(lying(folder, files_json=listed.encode(), verified=b"not even JSON")) as mirror:
        homes("ours")
        monkeypatch.setenv(MIRROR, mirror.url)
        pulled = pull("ward-7@1", WAY)
    assert pulled.card == ward
    assert b"not even" not in (pulled.folder / VERIFIED).read_bytes()


# --- Who may have what ---------------------------------------------------------------------------------------------


@pytest.fixture
def access(tmp_path: Path) -> Access:
    (tmp_path / "tokens").write_text(f"# who  what\n{SECRET} ward-7  # a friend\n\n", "utf-8")
    return read_access(tmp_path / "tokens", ["ward-7@1"])


def test_a_restricted_set_needs_its_token(
    ward: Card, access: Access, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.open_set("wdbc")
    with served(access=access) as url:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, url)
        for token, says in ((None, f"it wants a token: set {TOKEN}"), ("0123456789-wrong-token", "not accepted")):
            if token:
                monkeypatch.setenv(TOKEN, token)
            with pytest.raises(SetError, match=says) as caught:
                pull("ward-7@1", WAY)
            assert "wrong-token" not in str(caught.value)
            assert tree(ours) == {}
            shown = {"authorization": f"Bearer {token}"} if token else {}
            answer = httpx.get(f"{url}/sets/ward-7@1/card.json", headers=shown)
            assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
            assert "token" in answer.json()["error"]
            assert list(httpx.get(f"{url}/sets/files.json", headers=shown).json()) == ["wdbc@1"]
        monkeypatch.setenv(TOKEN, SECRET)
        assert pull("ward-7@1", WAY).card == ward
        right = {"authorization": f"Bearer {SECRET}"}
        assert list(httpx.get(f"{url}/sets/files.json", headers=right).json()) == ["ward-7@1", "wdbc@1"]
        assert httpx.get(f"{url}/sets/ward-7@1/card.json?token={SECRET}").status_code == 401
        assert httpx.get(f"{url}/sets/ward-7@1/card.json", headers=right).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("short ward-7", r"tokens:1: a line is a token of 16 characters"),
        (f"\n{SECRET}", r"tokens:2: a line is"),
        ("sha256:12 ward-7", r"tokens:1: a line is"),
        (f"{SECRET} ward-8", r"Did you mean ward-7"),
        ("\udcff", "cannot read"),
    ],
)
def test_a_line_of_tokens_that_cannot_be_read(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CallError, match=says) as caught:
        read_access(tmp_path / "tokens", ["ward-7@1"])
    assert SECRET not in str(caught.value)


def test_tokens_as_their_digests_and_for_all_sets(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "tokens"
    path.write_text(f"sha256:{hashlib.sha256(SECRET.encode()).hexdigest()} *\nanother-token-of-mine b@2\n", "utf-8")
    held = read_access(path, ["a@1", "b@1", "b@2"])
    assert all(held.restricted(label) and held.admits(label, SECRET) for label in ("a@1", "b@2"))
    assert held.admits("b@2", "another-token-of-mine")
    assert not held.admits("b@1", "another-token-of-mine")
    assert not held.admits("a@1", None)


# --- What is served ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ward")
def test_paths_lead_nowhere_else(tmp_path: Path) -> None:
    folder = store.place_of("ward-7@1")
    (tmp_path / "secret").write_text("secret")
    (folder / "link.json").symlink_to(tmp_path / "secret")
    (folder / ".hidden").write_text("secret")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "clip.wav").write_text("sound")
    with served() as url:
        host = url.removeprefix("http://")
        listed = httpx.get(f"{url}/sets/ward-7@1/files.json").json()
        assert sorted(listed) == ["answers-诊所.parquet", "card.json", "deeper/clip.wav", "samples.parquet"]
        assert httpx.get(f"{url}/sets/ward-7@1/deeper/clip.wav").text == "sound"
        for path in (
            "/", "/sets", "/sets/", "/sets/ward-7@1", "/sets/ward-7@1/", "/files", "/files/", "/files/" + "0" * 64,
            "/sets/ward-7@1/link.json", "/sets/ward-7@1/.hidden", f"/sets/ward-7@1/{VERIFIED}", "/sets/ward-7@1/deeper",
            "/sets/ward-7@1/../../../secret", "/sets/ward-7@1/%2e%2e/%2e%2e/%2e%2e/secret", "/sets/../../secret",
            "/sets/%2e%2e/%2e%2e/secret", f"/sets/ward-7@1/{tmp_path}/secret", f"/sets/ward-7@1/%2F{tmp_path}/secret",
            "/sets/ward-7@1/..%2f..%2f..%2fsecret", "/sets/ward-7@1/card.json%00", f"/files/{tmp_path}/secret",
            "/sets/ward-7@1/%ff", "/sets/ward-7@1/..\\secret", "//etc/passwd", f"{tmp_path}/secret",
        ):  # fmt: skip
            status, body = raw(host, path)
            assert status == 404, path
            assert "secret" not in body


def raw(host: str, path: str) -> tuple[int, str]:
    """Ask for a path exactly as it is written."""
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode("utf-8", "replace")


@pytest.mark.usefixtures("ward")
def test_ranges_and_conditions() -> None:
    data = (store.place_of("ward-7@1") / "samples.parquet").read_bytes()
    with served() as url, httpx.Client(base_url=f"{url}/sets/ward-7@1") as client:
        whole = client.get("/samples.parquet")
        tag = whole.headers["etag"]
        listed = client.get("/files.json").json()["samples.parquet"]
        assert (whole.content, listed) == (data, {"bytes": len(data), "sha256": tag.strip('"')})

        def asked(method: str = "GET", **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.request(method, "/samples.parquet", headers=named)

        part = asked(range="bytes=5-9")
        assert (part.status_code, part.content) == (206, data[5:10])
        assert part.headers["content-range"] == f"bytes 5-9/{len(data)}"
        assert asked(range="bytes=-4").content == data[-4:]
        assert asked(range="bytes=5-9", if_range=tag).status_code == 206
        assert asked(range="bytes=5-9", if_range='"other"').content == data
        assert asked(range=f"bytes={len(data)}-").status_code == 416
        assert asked(if_none_match=tag).status_code == asked(if_none_match=f'"x", W/{tag}').status_code == 304
        assert asked(if_none_match='"other"').status_code == 200
        head = asked("HEAD")
        assert (head.content, head.headers["content-length"], head.headers["etag"]) == (b"", str(len(data)), tag)
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert asked(method).status_code == 405


def test_a_file_that_is_not_what_it_should_be_is_not_given_away(
    mirror: Path, tmp_path: Path, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(SMALL, WAY)
    below, sha256 = next(iter(recipe.read(SMALL).files.items()))
    path = homes("theirs") / "files" / sha256
    path.parent.mkdir()
    shutil.copy(mirror / below, path)
    monkeypatch.setenv(MIRROR, str(tmp_path / "none"))
    with served() as url:
        assert httpx.get(f"{url}/files/{sha256}").headers["etag"] == f'"{sha256}"'
        path.write_bytes(b"something else")
        assert httpx.get(f"{url}/files/{sha256}").status_code == 404


def test_sealed_sets_are_served_as_they_are(
    ward: Card, tmp_path: Path, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pyrage = pytest.importorskip("pyrage", reason="sealed sets need pyrage")
    from steelyard.library.sealed.sealing import seal_set

    key = pyrage.x25519.Identity.generate()
    opened = store.open_set("ward-7@1")
    sealed = tmp_path / "sealed"
    seal_set(replace(opened, card=replace(opened.card, answers={}, answers_digest={})), sealed, [str(key.to_public())])
    label = read_card(sealed).label
    with served([str(sealed)]) as url:
        homes("ours")
        monkeypatch.setenv(MIRROR, url)
        pulled = pull(label, WAY)
    assert tree(pulled.folder) == tree(sealed)
    assert verify(label).sealed
    copy = next(path for path in pulled.folder.iterdir() if path.suffix == ".age")
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(SetError, match="not the file that was sealed"):
        verify(label)
    assert ward.name == "ward-7"


# --- As a user does it ---------------------------------------------------------------------------------------------


def test_two_processes_pull_a_set_at_once(
    ward: Card, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as url:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, url)

        def pulled(_: int) -> tuple[str, int]:
            words = [sys.executable, "-m", "steelyard", "sets", "pull", "ward-7@1", "--json"]
            ran = subprocess.run(words, capture_output=True, text=True, check=False)
            return json.loads(ran.stdout)["digest"], ran.returncode

        with ThreadPoolExecutor(2) as pool:
            assert set(pool.map(pulled, range(2))) == {(ward.digest, 0)}
        assert sorted(path.name for path in (ours / "sets").iterdir()) == ["ward-7@1"]


PULLING = """
import sys
from steelyard.library.sharing import pulling

download = pulling.download


def last_together(mirror, below, *rest):
    path = download(mirror, below, *rest)
    if below.endswith("samples.parquet"):
        print("came", flush=True)
        sys.stdin.readline()
    return path


pulling.download = last_together
print(pulling.pull(sys.argv[1]).card.digest)
"""


def test_two_processes_pull_two_sets_that_share_a_file(
    ward: Card,
    tmp_path: Path,
    homes: Callable[[str], Path],
    table: Callable[..., pa.Table],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_set(tmp_path / "ward-8", replace(ward, name="ward-8", answers={}, answers_digest={}), table())
    twin = store.add(tmp_path / "ward-8").folder
    assert (twin / "samples.parquet").read_bytes() == (store.place_of(ward.label) / "samples.parquet").read_bytes()
    with served() as url, contextlib.ExitStack() as running:
        ours = homes("ours")
        monkeypatch.setenv(MIRROR, url)
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", PULLING, label], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for label in ("ward-7@1", "ward-8@1")
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "came\n"
        said = [process.communicate("\n", timeout=120)[0] for process in processes]
    assert said == [f"{ward.digest}\n"] * 2
    assert sorted(path.name for path in (ours / "sets").iterdir()) == ["ward-7@1", "ward-8@1"]
    assert list((ours / "files").iterdir()) == []


@pytest.mark.usefixtures("ward")
def test_the_commands(
    tmp_path: Path,
    homes: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "tokens").write_text(f"{SECRET} ward-7\n", "utf-8")
    steelyard = [sys.executable, "-m", "steelyard", "sets"]
    words = [*steelyard, "serve", "--port", "0", "--token-file", str(tmp_path / "tokens")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("1 sets at http://127.0.0.1:")
            assert ", 1 of them for token holders" in said
            homes("ours")
            monkeypatch.setenv(MIRROR, said.split()[3].rstrip(","))

            ran = subprocess.run([*steelyard, "pull", "ward-7@1", "wdbc"], capture_output=True, text=True, check=False)
            assert ran.returncode == 12
            assert ran.stdout.startswith("wdbc@1: pulled, 569 samples, sha256:")
            assert "HTTP 401" in ran.stderr
            monkeypatch.setenv(TOKEN, SECRET)
            monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
            pull_command.command(["ward-7@1"])
            pull_command.command(["ward-7"])
            verify_command.command(["ward-7", "wdbc"], deep=True)
            shown = capsys.readouterr().out.splitlines()
            begins = [
                "ward-7@1：已获取，6 个样本",
                "ward-7@1：已在库中",
                "ward-7@1：6 个样本与卡片一致",
                "wdbc@1：569 个样本",
            ]
            assert [line.startswith(begin) for line, begin in zip(shown, begins, strict=True)] == [True] * 4
        finally:
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "Nothing is shared any more." in out


def test_a_token_crosses_a_network_encrypted(
    ward: Card, access: Access, tmp_path: Path, homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: there is no certificate")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1"
    words = [*make.split(), "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(words, check=True, capture_output=True)
    with served(access=access, certificate=certificate, key=key) as url:
        homes("ours")
        monkeypatch.setenv(MIRROR, url.replace("http://", "https://"))
        monkeypatch.setenv(TOKEN, SECRET)
        with pytest.raises(SetError, match="export SSL_CERT_FILE"):
            pull("ward-7@1", WAY)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert pull("ward-7@1", WAY).card == ward


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"port": 99999}, "cannot listen"),
        ({"host": "192.0.2.1"}, "cannot listen"),
        ({"certificate": Path("x")}, "go together"),
        ({"certificate": Path("x"), "key": Path("y")}, "are of no use"),
        ({"token_file": Path("nowhere")}, "cannot read nowhere"),
        ({"sets": ["wdcb"]}, "Did you mean wdbc"),
        ({"sets": ["banking77"]}, "not in the store yet"),
    ],
)
def test_wrong_calls_of_serve(words: dict[str, Any], says: str, homes: Callable[[str], Path]) -> None:
    homes("ours")
    with pytest.raises(CallError, match=says):
        serve_command.command(**{"port": 0} | words)


def test_wrong_calls_of_pull_and_verify(homes: Callable[[str], Path]) -> None:
    homes("ours")
    for words in ({"sets": []}, {"sets": ["wdbc"], "every": True}, {"sets": ["wdbc", "a"], "digest": "sha256:0"}):
        with pytest.raises(CallError, match="name the sets"):
            pull_command.command(**words)  # type: ignore[arg-type]
    with pytest.raises(CallError, match="steelyard sets pull banking77"):
        verify_command.command(["banking77"])
    with pytest.raises(typer.Exit) as ended:
        verify_command.command(["banking77", "wdbc"])
    assert ended.value.exit_code == 2
