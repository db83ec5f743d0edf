"""A bucket is a mirror, by fsspec and s3fs, against moto's S3; so is whatever else fsspec reaches."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from steelyard.core.card import Card
from steelyard.core.errors import SetError
from steelyard.library import store
from steelyard.library.home import MIRROR, home
from steelyard.library.sharing.fetching import FILES, Wanted, Way, fetch
from steelyard.library.sharing.mirrors import Patience
from steelyard.library.sharing.pulling import pull
from steelyard.library.writing import write_set

fsspec = pytest.importorskip("fsspec", reason="mirrors other than web servers need steelyard[mirrors]")

SERVER = Path(__file__).parents[3] / ".venv-servers" / "moto"
DATA = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(80_000))
SHA256 = hashlib.sha256(DATA).hexdigest()
WANTED = Wanted("made", "https://example.org/made", {"speech/a b.wav": SHA256}, len(DATA))
WAY = Way(patience=Patience(seconds=20.0, tries=2, pause=0.01))


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Serve S3; give its address."""
    if not (SERVER / "made").exists():
        pytest.skip("there is no S3 to ask: make servers brings moto's")
    pytest.importorskip("s3fs", reason="S3 needs steelyard[mirrors]")
    words = [SERVER / "bin" / "python", Path(__file__).parent / "servers" / "moto" / "serve.py"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.communicate(timeout=60)


@pytest.fixture(params=["s3", "memory"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """An empty folder that fsspec reaches."""
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "ours"))
    if request.param == "s3":
        monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            monkeypatch.setenv(name, "us-east-1")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        fsspec.filesystem("s3").mkdir("sets")
    address = f"{request.param}://sets/of-ours"
    monkeypatch.setenv(MIRROR, address)
    yield address
    files, root = fsspec.core.url_to_fs(address.rpartition("/")[0])
    if files.exists(root):
        files.rm(root, recursive=True)
    type(files).clear_instance_cache()


def put(address: str, below: str, data: bytes) -> None:
    files, root = fsspec.core.url_to_fs(address)
    files.pipe_file(f"{root}/{below}", data)


@pytest.mark.parametrize("below", ["speech/a b.wav", f"{FILES}/{SHA256}"])
def test_a_file_comes_from_a_bucket(below: str, bucket: str) -> None:
    put(bucket, below, DATA)
    assert fetch(WANTED, WAY)["speech/a b.wav"].read_bytes() == DATA
    assert [path.name for path in (home() / FILES).iterdir()] == [SHA256]


def test_a_part_is_continued(bucket: str) -> None:
    put(bucket, "speech/a b.wav", DATA)
    (home() / FILES).mkdir(parents=True)
    (home() / FILES / f"{SHA256}.part").write_bytes(DATA[: len(DATA) // 2])
    assert fetch(WANTED, WAY)["speech/a b.wav"].read_bytes() == DATA


@pytest.mark.parametrize(
    ("sent", "says"),
    [(None, "does not exist"), (DATA[:-1], "has SHA-256"), (b"<html>no", "web page"), (b"", "has SHA")],
)
def test_other_bytes_are_refused(sent: bytes | None, says: str, bucket: str) -> None:
    if sent is not None:
        put(bucket, "speech/a b.wav", sent)
    with pytest.raises(SetError, match=says) as caught:
        fetch(WANTED, WAY)
    assert f"{bucket}/speech/a b.wav" in str(caught.value)
    assert not (home() / FILES).is_dir() or not list((home() / FILES).iterdir())


def test_a_whole_set_comes_from_a_bucket(
    bucket: str, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    made = write_set(tmp_path / "set", card(name="ward-7"), table())
    for path in made.folder.iterdir():
        put(bucket, f"sets/ward-7@1/{path.name}", path.read_bytes())
    assert pull("ward-7", WAY).card == made.card
    assert store.open_set("ward-7@1").card == made.card
