"""Isolation: what a product can see of the answers, and what is refused where it cannot be held."""

from __future__ import annotations

import shlex
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard.core.errors import CallError, ProductError
from steelyard.core.product import Limits
from steelyard.products import _child, _group, _sandbox

ROOT = Path(__file__).parents[2]
SPEC = "miit-2017-315#medical"
SAMPLES = 20


# Looks for the answers wherever it can, and says where it found some.
SPY = """
import glob, json, os, sys

NAMES = ("samples.parquet", "card.json", "plan.json", "report.json")

def found():
    own = ("bwrap", open("/proc/self/comm").read().strip())
    for name in glob.glob("/proc/[0-9]*/comm"):
        if open(name).read().strip() not in own:
            yield name
            break
    for top in sys.argv[1].split("::"):
        for folder, _, files in os.walk(top):
            yield from (os.path.join(folder, file) for file in files if file in NAMES)
    for name in ("/etc/shadow", os.path.expanduser("~/written"), os.path.join(os.path.dirname(__file__), "written")):
        try:
            open(name, "ab" if "written" in name else "rb").close()
            yield name
        except OSError:
            pass

seen = [name for name in found() if not name.startswith("/tmp/written")]  # its own /tmp is no harm
for line in sys.stdin:
    asked = json.loads(line)
    error = {"id": asked["id"], "error": " ".join(seen)}
    right = {"id": asked["id"], "output": "negative" if asked["input"][0] % 2 else "positive"}
    print(json.dumps(error if seen else right), flush=True)
"""


@pytest.mark.parametrize("isolation", ["none", "bwrap"])
def test_the_answers_cannot_be_read_in_isolation(
    program: Callable[[str], str],
    product_that: Callable[..., str],
    needs: Callable[..., None],
    isolation: str,
    write_set: Callable[..., Path],
    store_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs(isolation=isolation)
    monkeypatch.setenv("STEELYARD_MIRROR", str(write_set(["positive"], name="mirror")))
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2), name="set")
    earlier = tmp_path / "runs" / "earlier"
    steelyard.run(SPEC, product_that(), test_set=str(test_set), out=earlier)
    # Sets, mirror and runs lie in the product's own folder: even there they are hidden.
    monkeypatch.chdir(tmp_path)
    # One word: folders that the command line names would be shown to the product, or refused.
    everywhere = [str(tmp_path), str(store_home), f"/proc/1/root{tmp_path}", *(["/"] if isolation == "bwrap" else [])]
    product = program(SPY, "::".join(everywhere))
    report = steelyard.run(SPEC, product, test_set=str(test_set), out=tmp_path / "runs" / "now", isolation=isolation)
    if isolation == "bwrap":
        assert report.failures == ()
    else:  # the spy is worth its name
        said = report.failures[0].first.en if report.failures and report.failures[0].first else ""
        assert "/comm" in said
        assert "samples.parquet" in said
    assert (earlier / "report.json").exists()
    assert report.plan.isolation == isolation


def test_no_network_in_isolation(
    product_that: Callable[..., str], needs: Callable[..., None], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    needs(isolation="bwrap")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        product = product_that(
            'answer() if reached else say(json.dumps({"id": asked["id"], "error": "no network"}))',
            before=f"import socket; reached = socket.socket().connect_ex(('127.0.0.1', {port})) == 0",
            every=True,
        )
        counts = {}
        made = write_set(["positive", "negative"] * (SAMPLES // 2))
        for isolation in ("none", "bwrap"):
            report = steelyard.run(
                SPEC,
                product,
                test_set=str(made),
                out=tmp_path / isolation,
                isolation=isolation,
            )
            counts[isolation] = sum(failure.count for failure in report.failures)
    assert counts == {"none": 0, "bwrap": SAMPLES}


def test_python_products_run_in_isolation(
    needs: Callable[..., None], write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(isolation="bwrap")
    (tmp_path / "own" / "package").mkdir(parents=True)
    (tmp_path / "own" / "package" / "names.py").write_text("NAMES = ('positive', 'negative')\n")
    (tmp_path / "own" / "package" / "model.py").write_text(
        "import numpy\nfrom package.names import NAMES\ndef call(numbers):\n    return NAMES[int(numbers[0]) % 2]\n"
    )
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2))
    monkeypatch.chdir(tmp_path / "own")
    names = ("positive", "negative")
    for number, product in enumerate(("python:package.model:call", lambda numbers: names[int(numbers[0]) % 2])):
        report = steelyard.run(SPEC, product, test_set=str(test_set), out=tmp_path / f"out-{number}", isolation="bwrap")
        assert report.failures == ()
        assert report.answered == SAMPLES


@pytest.mark.parametrize(
    ("product", "says"),
    [
        ("reference:wdbc_logistic", "reference products learn from the store of sets, which isolation hides"),
        ("outputs:answers.jsonl", "nothing runs: the answers were recorded"),
    ],
)
def test_what_cannot_be_isolated_is_refused(
    needs: Callable[..., None],
    product: str,
    says: str,
    write_set: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs(isolation="bwrap")
    monkeypatch.chdir(tmp_path)
    Path("answers.jsonl").write_text('{"id": "sample-0", "output": "positive"}\n')
    with pytest.raises(CallError, match=says):
        steelyard.run(SPEC, product, test_set=str(write_set(["positive"])), out=tmp_path / "out", isolation="bwrap")
    assert not (tmp_path / "out").exists()


def test_a_product_among_the_answers_is_refused(
    product_that: Callable[..., str], needs: Callable[..., None], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    needs(isolation="bwrap")
    made = write_set(["positive"])
    shutil.copy(shlex.split(product_that().removeprefix("cmd:"))[1], made)
    with pytest.raises(ProductError, match="there it could read the answers"):
        steelyard.run(
            SPEC,
            f"cmd:{sys.executable} {made / 'product.py'}",
            test_set=str(made),
            out=tmp_path / "out",
            isolation="bwrap",
        )


def test_what_this_machine_cannot_do_is_refused_before_anything_is_written(
    product_that: Callable[..., str], write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(says: str, **asked: Any) -> None:
        with pytest.raises(CallError, match=says):
            steelyard.run(SPEC, product_that(), test_set=str(made), out=tmp_path / "out", **asked)
        assert not (tmp_path / "out").exists()

    made = write_set(["positive", "negative"])
    monkeypatch.setattr(_group, "home", lambda _: None)
    monkeypatch.setattr(_child, "_is_root", lambda: True)
    refused("the number of processes cannot be limited here", limits=Limits(processes=9))
    refused("There is no isolation called 'bwarp'", isolation="bwarp")
    monkeypatch.setattr(_sandbox, "_fault", lambda: "No permissions to create new namespace")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "bwrap" else which(name))
    refused("bubblewrap cannot isolate on this machine: No permissions", isolation="bwrap")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else which(name))
    refused("apt-get install bubblewrap", isolation="bwrap")
