"""What a product is made of: digests as others compute them, in its identity, in what is signed, and in isolation."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import steelyard
from steelyard.core.errors import ProductError
from steelyard.core.product import Files, Identity, Product
from steelyard.core.words import Words
from steelyard.products import open_product
from steelyard.products._files import files_of, made_of
from steelyard.report.proof.attestation import statements
from steelyard.report.proof.bundle import bundle

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-servers" / "model-signing" / "bin" / "python"
SOURCE = """
from pathlib import Path

class Classifier:
    def __init__(self):
        self.limit = float(Path({weights!r}).read_text())

    def __call__(self, measures):
        return "positive" if measures[20] > self.limit else "negative"
"""
TREES = {
    "one file": {"weights.bin": b"\0" * 100},
    "in folders": {"a/b/c.bin": b"1", "a/b.bin": b"2", "a-b.bin": b"3", "a.bin": b"4"},
    "hidden": {".config": b"1", ".cache/x": b"2", "y": b"3"},
    "git's own": {".git/HEAD": b"1", ".gitignore": b"2", ".github/w.yml": b"3", "sub/.gitignore": b"4", "y": b"5"},
    "names": {"ü.txt": b"1", "模型.bin": b"2", "Z": b"3", "a b": b"4", "é": b"5"},
    "the same twice": {"a": b"1", "b": b"1"},
    "empty file": {"empty": b""},
}


def written(folder: Path, tree: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, data in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_folders_have_the_digests_that_model_signing_signs(tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("OpenSSF model-signing is not here: make servers")
    folders = [written(tmp_path / name, tree) for name, tree in TREES.items()]
    signed = subprocess.run(
        [PYTHON, HERE / "model_signing" / "signing_folders.py", *folders], capture_output=True, text=True, check=True
    )
    theirs = [json.loads(line) for line in signed.stdout.splitlines()]
    ours = [[files.name, files.digest.removeprefix("sha256:"), files.count] for files in map(files_of, folders)]
    assert ours == theirs


names = st.text("ab.-é", min_size=1, max_size=3).filter(lambda name: name.strip("."))


@settings(max_examples=30)
@given(st.dictionaries(names, st.binary(max_size=3), min_size=1, max_size=5))
def test_a_folder_is_the_digest_of_digests_in_the_order_of_names(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes]
) -> None:
    folder = written(tmp_path_factory.mktemp("model"), tree)
    digests = [hashlib.sha256(tree[name]).digest() for name in sorted(tree)]
    expected = f"sha256:{hashlib.sha256(b''.join(digests)).hexdigest()}"
    assert files_of(folder) == Files(folder.name, expected, len(tree))


def test_a_file_has_its_own_digest(tmp_path: Path) -> None:
    path = written(tmp_path, {"model.onnx": b"model"}) / "model.onnx"
    assert files_of(path) == Files("model.onnx", f"sha256:{hashlib.sha256(b'model').hexdigest()}", 1)


def product(folder: Path) -> Path:
    """A product whose limit stands in a file elsewhere."""
    weights = written(folder / "weights", {"limit.txt": b"16.8"})
    written(folder / "code", {"mine.py": SOURCE.format(weights=str(weights / "limit.txt")).encode()})
    return weights


def test_weights_are_part_of_the_identity_and_of_what_is_signed(tmp_path: Path) -> None:
    weights = product(tmp_path)
    uri = f"python:{tmp_path}/code/mine.py:Classifier"
    report = steelyard.run("miit-2017-315#medical", uri, model=weights, out=tmp_path / "run", limit=20)
    found = report.plan.product
    assert found.files == (files_of(weights),)
    assert "weights" in found.covers.en
    assert "weights" in (tmp_path / "run" / "report.html").read_text("utf-8")
    for statement in statements(bundle(tmp_path / "run").members).values():
        subject = json.loads(statement)["subject"]
        assert {"name": "weights", "digest": {"sha256": found.files[0].digest.removeprefix("sha256:")}} in subject
    (weights / "limit.txt").write_bytes(b"17")
    assert made_of(open_product(uri), weights).identity.digest != found.digest


def test_an_isolated_product_may_read_them(tmp_path: Path, needs: Callable[..., None]) -> None:
    needs(isolation="bwrap")
    weights, out = product(tmp_path), tmp_path / "runs" / "one"
    uri = f"python:{tmp_path}/code/mine.py:Classifier"
    report = steelyard.run("miit-2017-315#medical", uri, model=weights, out=out, limit=20, isolation="bwrap")
    assert report.answered == 20
    with pytest.raises(ProductError):
        steelyard.run("miit-2017-315#medical", uri, out=tmp_path / "runs" / "two", limit=20, isolation="bwrap")


@pytest.mark.parametrize(
    ("one", "other"), [({"a": b"1", "b": b"2"}, {"a": b"1", "c": b"2"}), ({"a/b": b"1"}, {"b": b"1"})]
)
def test_a_name_is_part_of_the_identity(tmp_path: Path, one: dict[str, bytes], other: dict[str, bytes]) -> None:
    """A product may choose by it, and the digest of model-signing knows only the order of names."""
    product(tmp_path)
    opened = open_product(f"python:{tmp_path}/code/mine.py:Classifier")
    found = [made_of(opened, written(tmp_path / name / "m", tree)) for name, tree in (("x", one), ("y", other))]
    assert found[0].identity.files == found[1].identity.files
    assert found[0].identity.digest != found[1].identity.digest


def test_an_isolated_product_does_not_see_what_its_digest_leaves_out(
    tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs(isolation="bwrap")
    weights = product(tmp_path)
    (tmp_path / "code" / "mine.py").write_text(SOURCE.format(weights=str(weights / ".git" / "limit.txt")), "utf-8")
    written(weights, {".git/limit.txt": b"16.8"})
    out, uri = tmp_path / "runs" / "one", f"python:{tmp_path}/code/mine.py:Classifier"
    with pytest.raises(ProductError, match="No such file"):
        steelyard.run("miit-2017-315#medical", uri, model=weights, out=out, limit=20, isolation="bwrap")


def test_a_product_without_files_keeps_the_plan_that_it_always_had() -> None:
    identity = Identity("x:", "digest", "sha256:00", Words("all", "全部"))
    assert "files" not in steelyard.core.canonical.plain(identity)


SERVICE = Product(
    Identity("http://localhost/", "declared", None, Words("nothing", "无")),
    "B",
    start=None,  # type: ignore[arg-type]
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _folder: None, "cannot be read: No such file"),
        (lambda folder: folder.mkdir(), "holds no files"),
        (lambda folder: written(folder, {".git/HEAD": b""}), "holds no files"),
        (lambda path: path.write_bytes(b""), "is empty"),  # the digest of no bytes tells no product from another
        (os.mkfifo, "neither a file nor a folder"),
        (lambda folder: written(folder, {os.fsdecode(b"\xff"): b"1"}), "can't decode byte"),
        (lambda folder: (written(folder, {"a": b""}) / "b").symlink_to("a"), "is a link"),
        (lambda folder: (written(folder, {"a/b": b""}) / "c").symlink_to("a"), "is a link"),
    ],
)
def test_what_is_no_model(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "model")
    with pytest.raises(ProductError, match=message):
        files_of(tmp_path / "model")


def test_a_service_is_made_of_nothing_that_is_here(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="not run from files here"):
        made_of(SERVICE, tmp_path)
