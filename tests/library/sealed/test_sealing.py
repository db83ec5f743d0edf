"""A sealed set is opened by its key alone, is what was committed to, and leaves nothing readable behind."""

from __future__ import annotations

import itertools
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import steelyard
from steelyard.core.canonical import sha256
from steelyard.core.errors import CallError, SetError
from steelyard.core.merkle import prove, root_from
from steelyard.library import store
from steelyard.library._leaves import content_digest, leaves
from steelyard.library.sealed import marks
from steelyard.library.sealed.age import KEY, Keys, keys
from steelyard.library.sealed.marks import ledger_of
from steelyard.library.sealed.sealed_set import SealedSet, open_into, open_sealed
from steelyard.library.sealed.sealing import SEALING, check_commitment, read_sealing, seal_set
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set
from steelyard.products import _sandbox
from steelyard.report.proof.bundle import bundle
from steelyard.report.proof.bundle_parts import Answers

sealable = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "sealable.py")))
SPEC = "miit-2017-315#speech.recognition"
SAMPLES = 36


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A key that is set to be used."""
    made = sealable.make_key(tmp_path / "key.txt")
    monkeypatch.setenv(KEY, str(made.path))
    return made


@pytest.fixture
def spoken(tmp_path: Path) -> StoredSet:
    """A set in clear."""
    return write_set(tmp_path / "spoken", *sealable.speech(SAMPLES))


@pytest.fixture
def seal(tmp_path: Path, key: Any, spoken: StoredSet) -> Callable[..., Path]:
    """Return a function that seals the set in clear and gives the folder."""

    def make(name: str = "sealed", **options: Any) -> Path:
        seal_set(spoken, tmp_path / name, [key.public], **options)
        return tmp_path / name

    return make


def rows(opened: StoredSet, *columns: str) -> list[dict[str, Any]]:
    table = pa.Table.from_batches(opened.batches(list(columns) or None))
    return sorted(table.to_pylist(), key=lambda row: row["id"])


@pytest.mark.parametrize("inputs", [False, True])
def test_what_was_sealed_is_opened(seal: Callable[..., Path], spoken: StoredSet, inputs: bool) -> None:
    folder = seal(inputs=inputs)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["card.json", "copy-1.age", SEALING, *([] if inputs else ["public.parquet"])]
    )
    opened = store.open_set(str(folder), sealed=True)
    assert isinstance(opened, SealedSet)
    assert opened.sealing.inputs is inputs
    columns = ["id", "input", "reference", "scene", "speaker", "rater"]
    assert rows(opened, *columns) == rows(spoken, *columns)
    assert opened.card == replace(spoken.card, digest=opened.sealing.commitment)
    assert opened.positions("test").tolist() == list(range(SAMPLES))
    assert opened.codes("speaker")[1] == spoken.codes("speaker")[1]
    opened.verify()
    assert store.card(str(folder)) == opened.card  # without a key
    assert ledger_of(folder).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("inputs", [False, True])
def test_nothing_readable_is_on_the_disk(
    seal: Callable[..., Path], spoken: StoredSet, tmp_path: Path, inputs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    folder = seal(inputs=inputs, canaries=6)
    open_sealed(folder)
    table = pq.read_table(spoken.folder / "samples.parquet")
    hidden = ["reference", "rater", *(["id", "input", "scene", "speaker"] if inputs else [])]
    words = sealable.secrets_of(table, hidden)
    assert sealable.left_in(spoken.folder, words)  # the search would find them
    shutil.rmtree(spoken.folder)
    assert sealable.left_in(tmp_path, words) == []


def test_nothing_is_written_in_clear_even_for_a_moment(key: Any, spoken: StoredSet, tmp_path: Path) -> None:
    program = """
import os, sys
written = []
def see(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, str) and flags & (os.O_WRONLY | os.O_RDWR) and not path.endswith(".pyc"):
            written.append(path)
sys.addaudithook(see)
from pathlib import Path
from steelyard.library.sealed.sealing import seal_set
from steelyard.library.stored_set import StoredSet
from steelyard.library.card_file import read_card
from steelyard.library.sealed.sealed_set import open_sealed
source, folder, public = sys.argv[1:]
seal_set(StoredSet(read_card(Path(source)), Path(source)), Path(folder), [public], inputs=True, canaries=4)
open_sealed(Path(folder))
print(*written, sep="\\n")
"""
    command = [sys.executable, "-c", program, str(spoken.folder), str(tmp_path / "sealed"), key.public]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    names = {Path(line).name for line in ran.stdout.splitlines()} - {"null"}
    assert names == {"copy-1.age", SEALING, "card.json", "sealed.ledger.json"}


def test_answers_cannot_be_found_by_trying_all_labels(write_set: Callable[..., Path], tmp_path: Path, key: Any) -> None:
    labels, truth = ("negative", "positive"), ["positive", "negative", "negative", "positive"]
    clear = store.open_set(str(write_set(truth)))
    known = pa.Table.from_batches(clear.batches()).drop_columns(["reference"])

    def guessed(table: pa.Table, digests: set[str]) -> list[tuple[str, ...]]:
        """Try all labels, in each order that a copy could have."""
        found = []
        for said in itertools.product(labels, repeat=len(truth)):
            whole = table.append_column("reference", pa.array(said, pa.string()))
            orders = map(list, itertools.permutations(range(len(truth))))
            if any(content_digest(whole.take(order).to_batches()) in digests for order in orders):
                found.append(said)
        return found

    assert guessed(known, {clear.card.digest}) == [tuple(truth)]  # a root without nonces gives all away
    sealing = seal_set(clear, tmp_path / "sealed", [key.public])
    roots = {sealing.commitment, *(copy.root for copy in sealing.copies)}
    assert guessed(known, roots) == []
    # Nor does a nonce that somebody guesses help, nor that of another sealing.
    again = seal_set(clear, tmp_path / "again", [key.public])
    assert again.commitment != sealing.commitment
    nonces = pa.Table.from_batches(open_sealed(tmp_path / "again").batches(["nonce"]))["nonce"]
    assert guessed(known.append_column("nonce", nonces), roots) == []
    assert all(len(nonce) == 16 for nonce in nonces.to_pylist())
    assert len(set(nonces.to_pylist())) == len(truth)


def other_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, str(sealable.make_key(folder.parent / "other.txt").path))


def no_key(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY)


def lost_key(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder.parent / "key.txt").unlink()


def shown_key(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder.parent / "key.txt").chmod(0o640)


def public_key_only(folder: Path, _: pytest.MonkeyPatch) -> None:
    path = folder.parent / "key.txt"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "SECRET" not in line))


def cut_key(folder: Path, _: pytest.MonkeyPatch) -> None:
    path = folder.parent / "key.txt"
    path.write_text(path.read_text()[:-4])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_key, "opens none of the 1 copies"),
        (no_key, "there is no key"),
        (lost_key, "cannot read the key"),
        (shown_key, "others can read the key"),
        (public_key_only, "holds no age key"),
        (cut_key, "holds no age key"),
    ],
)
def test_without_the_right_key_nothing_opens(
    seal: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, spoil: Callable[..., None], said: str
) -> None:
    folder = seal()
    secret = (folder.parent / "key.txt").read_text().split()[-1]
    spoil(folder, monkeypatch)
    with pytest.raises(CallError, match=said) as caught:
        store.open_set(str(folder), sealed=True)
    assert secret[:30] not in f"{caught.value!r} {caught.value}"


def test_a_key_s_secret_is_in_no_traceback(key: Any) -> None:
    assert "SECRET" not in repr(keys(key.path))
    assert isinstance(keys(key.path), Keys)


def flipped(folder: Path) -> None:
    data = bytearray((folder / "copy-1.age").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "copy-1.age").write_bytes(data)


def truncated(folder: Path) -> None:
    (folder / "copy-1.age").write_bytes((folder / "copy-1.age").read_bytes()[:-100])


def removed(folder: Path) -> None:
    (folder / "copy-1.age").unlink()


def public_changed(folder: Path) -> None:
    table = pq.read_table(folder / "public.parquet")
    pq.write_table(table.take([1, 0, *range(2, table.num_rows)]), folder / "public.parquet")


def card_changed(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"digest": "sha256:" + "0" * 64}))


def sealing_cut(folder: Path) -> None:
    (folder / SEALING).write_text((folder / SEALING).read_text()[:-20])


def outside(folder: Path) -> None:
    text = (folder / SEALING).read_text()
    (folder / SEALING).write_text(text.replace("copy-1.age", "../key.txt"))


DAMAGE = [
    (flipped, "copy-1.age is not what was sealed: its digest"),
    (truncated, "copy-1.age is not what was sealed: its digest"),
    (removed, "cannot read .*copy-1.age"),
    (public_changed, "public.parquet is not what was sealed"),
    (card_changed, "its rows are not those of the commitment"),
    (sealing_cut, "cannot read .*sealing.json"),
    (outside, "cannot read .*sealing.json"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE)
def test_what_is_damaged_is_not_run(seal: Callable[..., Path], damage: Callable[[Path], None], said: str) -> None:
    folder = seal()
    damage(folder)
    with pytest.raises(SetError, match=said):
        store.open_set(str(folder), sealed=True)


def rewrite(folder: Path, data: bytes) -> None:
    """Put other bytes in, with a digest that fits them, as one would who wants it unnoticed."""
    (folder / "copy-1.age").write_bytes(data)
    written = json.loads((folder / SEALING).read_text())
    written["copies"][0]["sha256"] = sha256(data)
    (folder / SEALING).write_text(json.dumps(written))


def forge(folder: Path, other: Path, key: Any) -> dict[str, bytes]:
    own = (folder / "copy-1.age").read_bytes()
    middle = bytearray(own)
    middle[len(middle) // 2] ^= 1
    return {
        "flipped": bytes(middle),
        "cut": own[:-100],
        "headless": own[:30],
        "of another set": (other / "copy-1.age").read_bytes(),
        "no rows": keys(key.path).seal(b"anything"),
    }


@pytest.mark.parametrize("how", ["flipped", "cut", "headless", "of another set", "no rows"])
def test_digests_that_were_made_to_fit_help_nobody(
    seal: Callable[..., Path], tmp_path: Path, key: Any, how: str
) -> None:
    folder = seal()
    seal_set(write_set(tmp_path / "two", *sealable.speech(SAMPLES, 2)), tmp_path / "other", [key.public])
    rewrite(folder, forge(folder, tmp_path / "other", key)[how])
    with pytest.raises(SetError, match=r"copy-1.age is (damaged|not what was sealed)"):
        store.open_set(str(folder), sealed=True)


def test_one_set_is_not_another_however_well_it_was_forged(seal: Callable[..., Path], tmp_path: Path, key: Any) -> None:
    # The whole of another sealed set, with the commitment of this one: only the rows themselves give it away.
    folder, other = seal(), tmp_path / "other"
    seal_set(write_set(tmp_path / "two", *sealable.speech(SAMPLES, 2)), other, [key.public])
    said = json.loads((other / SEALING).read_text()) | {"commitment": read_sealing(folder).commitment}
    (other / SEALING).write_text(json.dumps(said))
    shutil.copy(folder / "card.json", other / "card.json")
    with pytest.raises(SetError, match="not those of the commitment"):
        store.open_set(str(other), sealed=True)


def test_inputs_that_were_changed_are_found_out_by_the_root(seal: Callable[..., Path]) -> None:
    folder = seal()
    table = pq.read_table(folder / "public.parquet")
    swapped = table.set_column(1, "input", table["input"].take([1, 0, *range(2, SAMPLES)]))
    pq.write_table(swapped, folder / "public.parquet")
    said = json.loads((folder / SEALING).read_text())
    said["public"] = sha256((folder / "public.parquet").read_bytes())
    (folder / SEALING).write_text(json.dumps(said))
    with pytest.raises(SetError, match="its rows have another root"):
        store.open_set(str(folder), sealed=True)


def test_an_answer_that_a_key_s_holder_changed_is_found_out_by_the_commitment(
    seal: Callable[..., Path], key: Any
) -> None:
    folder = seal(inputs=True)
    plaintext = keys(key.path).open((folder / "copy-1.age").read_bytes(), folder)
    assert plaintext is not None
    table = pq.read_table(pa.BufferReader(plaintext))
    answers = pa.array(["改", *table["reference"].to_pylist()[1:]])
    table = table.set_column(table.column_names.index("reference"), "reference", answers)
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    rewrite(folder, keys(key.path).seal(buffer.getvalue().to_pybytes()))
    with pytest.raises(SetError, match="its rows have another root"):
        store.open_set(str(folder), sealed=True)
    said = json.loads((folder / SEALING).read_text())
    said["copies"][0]["root"] = content_digest(table.drop_columns(["canary"]).to_batches())
    (folder / SEALING).write_text(json.dumps(said))
    with pytest.raises(SetError, match="not those of the commitment"):
        store.open_set(str(folder), sealed=True)


def test_the_published_set_is_what_was_committed_to(seal: Callable[..., Path], tmp_path: Path) -> None:
    folder = seal(canaries=5, inputs=True)
    published = open_into(folder, tmp_path / "published", publish=True)
    assert check_commitment(folder, published.card.digest) is None
    assert published.card.samples == SAMPLES - 5
    copy = check_commitment(folder, open_into(folder, tmp_path / "mine").card.digest)
    assert copy is not None
    assert copy.file == "copy-1.age"
    store.open_set(str(tmp_path / "published")).verify()  # an ordinary set from now on
    # Some rows of it, with the proof that they belong to what was sealed: nobody needs the others.
    hashes = b"".join(leaves(published.batches()))
    some = [0, 3, 8]
    proof = prove(hashes, some)
    root = root_from(proof, [hashes[32 * place : 32 * place + 32] for place in some])
    assert check_commitment(folder, f"sha256:{root.hex()}") is None
    # One answer that was changed since, by whoever published it.
    table = pq.read_table(tmp_path / "published" / "samples.parquet")
    changed = table.set_column(
        table.column_names.index("reference"), "reference", pa.array(["改", *table["reference"].to_pylist()[1:]])
    )
    with pytest.raises(SetError, match="not the rows that were sealed"):
        check_commitment(folder, write_set(tmp_path / "changed", published.card, changed).card.digest)
    again = seal("again", canaries=5)
    with pytest.raises(SetError, match="not the rows that were sealed"):
        check_commitment(again, published.card.digest)  # the same samples; another commitment


def test_who_is_named_has_a_copy_and_nobody_else(spoken: StoredSet, tmp_path: Path) -> None:
    one, two, other = (sealable.make_key(tmp_path / f"{name}.txt") for name in ("one", "two", "other"))
    seal_set(spoken, tmp_path / "sealed", [one.public, str(two.path)], canaries=8)
    opened = [open_sealed(tmp_path / "sealed", keys(each.path)) for each in (one, two)]
    assert [each.unsealed.copy.file for each in opened] == ["copy-1.age", "copy-2.age"]
    assert rows(opened[0]) == rows(opened[1])  # what is judged is the same, to the last bit
    orders = [each.unsealed.rows["id"].to_pylist() for each in opened]
    assert orders[0] != orders[1]
    assert set(orders[0]) == set(orders[1])
    answers = [
        dict(zip(*(each.unsealed.canaries[name].to_pylist() for name in ("id", "reference")), strict=True))
        for each in opened
    ]
    assert answers[0].keys() == answers[1].keys()
    assert answers[0] != answers[1]
    with pytest.raises(CallError, match="opens none of the 2 copies"):
        open_sealed(tmp_path / "sealed", keys(other.path))


@pytest.mark.parametrize(
    ("recipients", "options", "said"),
    [
        ([], {}, "sealed for somebody"),
        (["age1nobody"], {}, "is no age key"),
        (["nowhere.txt"], {}, "neither a recipient nor a file"),
        (["KEY", "KEY"], {}, "named twice"),
        (["KEY"], {"canaries": SAMPLES}, "some must be left"),
        (["KEY"], {"canaries": -1}, "some must be left"),
    ],
)
def test_wrong_calls_leave_nothing(
    spoken: StoredSet, key: Any, tmp_path: Path, recipients: list[str], options: dict[str, Any], said: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    named = [key.public if each == "KEY" else each for each in recipients]
    with pytest.raises(CallError, match=said):
        seal_set(spoken, tmp_path / "sealed", named, **options)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_set_that_cannot_get_its_name_leaves_no_ledger(
    spoken: StoredSet, key: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, before = tmp_path / "sealed", sorted(tmp_path.rglob("*"))
    write = marks.write_ledger

    def another_is_first(*given: Any) -> None:
        write(*given)
        (folder / "theirs").mkdir(parents=True)

    monkeypatch.setattr(marks, "write_ledger", another_is_first)
    with pytest.raises(CallError, match=r"cannot write to .*sealed: Directory not empty"):
        seal_set(spoken, folder, [key.public])
    shutil.rmtree(folder)
    assert sorted(tmp_path.rglob("*")) == before
    monkeypatch.undo()
    seal_set(spoken, folder, [key.public])


def test_half_a_ledger_is_not_left(
    spoken: StoredSet, key: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(tmp_path.rglob("*"))

    def full(_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(marks, "plain", full)
    with pytest.raises(OSError, match="No space left"):
        seal_set(spoken, tmp_path / "sealed", [key.public])
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_written_over(seal: Callable[..., Path], spoken: StoredSet, key: Any) -> None:
    folder = seal()
    with pytest.raises(CallError, match="exists already"):
        seal_set(spoken, folder, [key.public])
    shutil.rmtree(folder)
    with pytest.raises(CallError, match=r"ledger\.json exists already"):  # it tells of copies that are about
        seal_set(spoken, folder, [key.public])


def test_what_would_write_it_in_clear_is_refused(seal: Callable[..., Path]) -> None:
    folder = seal()
    with pytest.raises(CallError, match="is sealed"):
        store.open_set(str(folder))


def test_a_sealed_set_is_kept_in_the_store_as_it_is(
    seal: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    folder = seal()
    store.add(folder)
    opened = store.open_set("said@1", sealed=True)
    assert opened.folder != folder
    assert opened.card == store.card(str(folder))
    with pytest.raises(CallError, match="is sealed"):
        store.open_set("said@1")
    other = seal("other")
    truncated(other)
    with pytest.raises(SetError, match="is not the file that was sealed"):
        store.add(other)


def test_a_missing_extra_is_named(seal: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = seal()
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(CallError, match=r"steelyard\[seal\]"):
        store.open_set(str(folder), sealed=True)


# --- Runs ----------------------------------------------------------------------------------------------------------

TELLTALE = """
import base64, io, json, sys, wave
for line in sys.stdin:
    asked = json.loads(line)
    with wave.open(io.BytesIO(base64.b64decode(asked["input"]["wav"]))) as file:
        heard = file.readframes(file.getnframes()).decode("utf-16-le")
    number = sum(map(ord, heard)) % 6
    print("I heard", heard, file=sys.stderr, flush=True)
    if number == 0:
        print(json.dumps({"id": asked["id"], "error": heard}), flush=True)  # fails, and says why
    elif number == 1:
        print("debug: " + heard, flush=True)  # answers nothing
        print(json.dumps({"id": asked["id"], "output": heard[::-1]}), flush=True)
    else:
        print(json.dumps({"id": asked["id"], "output": heard}), flush=True)
"""


@pytest.mark.parametrize("inputs", [False, True])
def test_a_run_leaves_nothing_readable(
    seal: Callable[..., Path],
    spoken: StoredSet,
    program: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    inputs: bool,
) -> None:
    for name, variable in (("home", "HOME"), ("scratch", "TMPDIR"), ("store", "STEELYARD_HOME")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", None)
    folder = seal(inputs=inputs, canaries=4)
    table = pq.read_table(spoken.folder / "samples.parquet")
    shutil.rmtree(spoken.folder)
    report = steelyard.run(SPEC, program(TELLTALE), test_set=str(folder), out=tmp_path / "out")
    assert report.answered < SAMPLES  # it failed on some, and said why
    assert report.counts["substitutions"] > 0
    # Of scenes the clause itself asks, and the verdict names those that it lacks speakers of.
    words = sealable.secrets_of(table, ["reference", *(["id", "input", "speaker"] if inputs else [])])
    assert sealable.left_in(tmp_path, words) == []
    said = capfd.readouterr()
    assert not [word for word in words if word in said.err.encode() or word in said.out.encode()]
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    root = read_sealing(folder).commitment
    assert page.count(root) >= 2
    assert "are withheld" in page
    assert root in " ".join(words.en for words in report.non_claims)
    assert "could have read what the user can read" in " ".join(words.en for words in report.non_claims)
    assert report.plan.assurance == "B"
    # Going on with it asks nothing anew, and finds the same.
    again = steelyard.run(SPEC, program(TELLTALE), test_set=str(folder), out=tmp_path / "out")
    assert again.findings == report.findings
    assert "nothing was asked" in again.notes[0].en


def test_the_verdict_is_that_on_the_open_set_to_the_last_bit(
    seal: Callable[..., Path], spoken: StoredSet, program: Callable[[str], str], tmp_path: Path
) -> None:
    product = program(TELLTALE)
    reports = [
        steelyard.run(SPEC, product, test_set=str(each), out=tmp_path / f"out-{number}")
        for number, each in enumerate([spoken.folder, seal("one"), seal("two", inputs=True)])
    ]
    assert [report.judgements for report in reports[1:]] == [reports[0].judgements] * 2
    assert [report.verdict for report in reports[1:]] == [reports[0].verdict] * 2
    with_canaries = seal("three", canaries=6)
    published = open_into(with_canaries, tmp_path / "published", publish=True)
    judged, checked = (
        steelyard.run(SPEC, product, test_set=str(each), out=tmp_path / name)
        for each, name in ((with_canaries, "out-sealed"), (published.folder, "out-published"))
    )
    assert judged.judgements == checked.judgements
    assert judged.plan == checked.plan  # whoever has the published set can plan, and judge, the same again
    assert judged.plan.samples == SAMPLES - 6


def test_a_sealed_run_s_journal_opens_with_the_key_alone(
    seal: Callable[..., Path],
    key: Any,
    program: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, out = seal(), tmp_path / "out"
    published = open_into(folder, tmp_path / "published", publish=True)
    report = steelyard.run(SPEC, program(TELLTALE), test_set=str(folder), out=out)
    with pytest.raises(CallError, match="what a good product answers is the reference"):
        bundle(out, str(folder), outputs=Answers.CLEAR)
    monkeypatch.delenv(KEY)
    with pytest.raises(CallError, match="locked by its key"):
        steelyard.run(SPEC, program(TELLTALE), test_set=str(published.folder), out=out)
    # Once the set is published, who has the key shows all that was withheld; nothing is asked again.
    monkeypatch.setenv(KEY, str(key.path))
    shown = steelyard.run(SPEC, program(TELLTALE), test_set=str(published.folder), out=out)
    assert shown.judgements == report.judgements
    assert shown.plan == report.plan
    assert shown.groups.keys() >= {"scene"}
    assert shown.sealed is None
    assert bundle(out, str(published.folder))


def test_other_machines_are_not_sent_a_sealed_set(
    seal: Callable[..., Path], program: Callable[[str], str], tmp_path: Path
) -> None:
    with pytest.raises(CallError, match="not sent to other machines"):
        steelyard.run(SPEC, program(TELLTALE), test_set=str(seal()), out=tmp_path / "out", ray="auto")


SPY = """
import json, os, sys
seen = [name for name in sys.argv[1].split("::") if os.path.exists(name) and (os.path.isdir(name) and os.listdir(name)
        or os.path.isfile(name) and open(name, "rb").read())]
seen += [name for name in os.environ if "SEAL" in name]
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "error": " ".join(seen) or "nothing"}), flush=True)
"""


@pytest.mark.parametrize("isolation", ["none", "bwrap"])
def test_an_isolated_product_sees_neither_key_nor_set(
    seal: Callable[..., Path],
    key: Any,
    program: Callable[..., str],
    tmp_path: Path,
    isolation: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        _sandbox.check(isolation)
    except CallError as error:
        pytest.skip(str(error.what))
    monkeypatch.chdir(tmp_path)  # all lies in the product's own folder: even there it is hidden
    folder = seal()
    looked_for = [folder, key.path, ledger_of(folder)]
    product = program(SPY, "::".join(map(str, looked_for)))
    out = tmp_path / "runs" / "out"
    report = steelyard.run(SPEC, product, test_set=str(folder), out=out, isolation=isolation)
    assert report.answered == 0
    from steelyard.bench.reopened import reopen
    from steelyard.bench.run import journal_of

    said = set(journal_of(reopen(out, str(folder)), out).read()["detail_en"].to_pylist())
    if isolation == "bwrap":
        assert len(said) == 1
        assert "nothing" in said.pop()
    else:  # the spy is worth its name
        assert all(str(path) in next(iter(said)) for path in looked_for)
        assert not any(KEY in each for each in said)
    assert report.failures[0].first is None
    assert os.environ[KEY] == str(key.path)
