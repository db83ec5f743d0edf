"""Many machines: a cluster of two nodes gives what one process gives, also when nodes are killed in the middle."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard.api import prepare_run
from steelyard.bench._cluster import first_line, machines
from steelyard.bench.ray import Ray
from steelyard.bench.run import Progress
from steelyard.core.errors import BenchError, CallError, SteelyardError
from steelyard.core.product import Limits
from steelyard.products import _sandbox
from steelyard.report.report import Report

SPEC = "miit-2017-315#medical"
PAGE = Path(__file__).parents[2] / "docs" / "many-machines.md"
MODEL = "python:{}/model.py:classify"
SLOW_MODEL = "import time\ndef classify(numbers):\n    time.sleep(0.05)\n    return 'positive'\n"
AGES = 300.0
"""Seconds that nothing takes, however busy the machine is."""
STORE_BYTES = 80 * 2**20  # the least that Ray takes


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a processor each, and a head that holds no replica: this process joins it there."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'steelyard[ray]'")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False},
    )
    made.nodes = [add_node(made) for _ in range(2)]
    yield made
    made.shutdown()
    patch.undo()


def add_node(cluster: Any) -> Any:
    return cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)


def kill_node(cluster: Any) -> None:
    cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)


@pytest.fixture
def test_set(write_set: Callable[..., Path]) -> str:
    return str(write_set(["positive", "negative"] * 300))


def of_this_module(numbers: list[float]) -> str:
    if numbers[0] % 97 == 13:
        raise ValueError("cannot")
    return "positive" if numbers[0] % 2 == 0 and numbers[0] % 10 else "negative"


def crashing(numbers: list[float]) -> str:
    if numbers[0] % 400 == 13:
        os._exit(7)
    return of_this_module(numbers)


def hanging(numbers: list[float]) -> str:
    if numbers[0] == 333:
        time.sleep(600)
    return of_this_module(numbers)


def slow(numbers: list[float]) -> str:
    time.sleep(0.004)
    return of_this_module(numbers)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AGES
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def marked(mark: str) -> set[str]:
    """Return the names of processes whose environment holds a mark, those that wait to be asked for excepted."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.add((entry / "comm").read_text().strip())
        except OSError:
            continue
    return found


def same(one: Report, other: Report) -> None:
    assert one.plan.digest == other.plan.digest
    assert one.findings == other.findings
    assert [(each.fault, each.count) for each in one.failures] == [(each.fault, each.count) for each in other.failures]
    assert one.repeatability == other.repeatability


def without_time(report: Report) -> list[str]:
    """Return both files of a report but for when they were made."""
    assert report.path is not None
    files = [Path(report.path).with_suffix(suffix) for suffix in (".json", ".html")]
    return [file.read_text("utf-8").replace(report.created, "a moment") for file in files]


@pytest.mark.parametrize(
    ("product", "settings"),
    [
        (of_this_module, {}),
        (of_this_module, {"repeats": 2, "sessions": 2}),
        (of_this_module, {"sequential": True}),
        (crashing, {}),
        (hanging, {"limits": Limits(answer_seconds=1.0)}),
    ],
    ids=["plain", "repeats and sessions", "sequential", "crashing", "hanging"],
)
def test_a_cluster_gives_what_one_process_gives(
    cluster: Any, test_set: str, tmp_path: Path, product: Callable[[list[float]], str], settings: dict[str, Any]
) -> None:
    here = steelyard.run(SPEC, product, test_set=test_set, out=tmp_path / "here", **settings)
    there = steelyard.run(
        SPEC, product, test_set=test_set, out=tmp_path / "there", ray=cluster.address, workers=2, **settings
    )
    same(here, there)
    if not here.notes and not there.notes:  # notes tell what else was seen: restarts, machines
        assert without_time(here) == without_time(there)


def test_replicas_are_one_for_each_machine_and_those_without_a_place_are_told(
    cluster: Any, test_set: str, tmp_path: Path
) -> None:
    with contextlib.closing(Ray(cluster.address)) as executor:
        assert machines(executor._ray) == len(cluster.nodes)
    report = steelyard.run(SPEC, of_this_module, test_set=test_set, out=tmp_path, ray=cluster.address, workers=3)
    assert [note.en for note in report.notes] == ["1 of the replicas asked for had no place on the cluster by the end"]


def test_a_file_that_is_another_one_there_is_refused(cluster: Any, test_set: str, tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text("def classify(numbers):\n    return 'positive'\n")
    prepared = prepare_run(
        SPEC, f"python:{file}:classify", test_set=test_set, out=tmp_path / "out", ray=cluster.address
    )
    file.write_text("def classify(numbers):\n    return 'negative'\n")
    with pytest.raises(BenchError, match=r"on .*: python:.* is another product here"):
        prepared.perform()


def test_a_product_sees_the_bench_s_folder_and_environment_and_nothing_of_ray_s(
    cluster: Any, test_set: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tells(_: list[float]) -> str:
        known = {name for name in os.environ if name.startswith("RAY_") or name == "OMP_NUM_THREADS"}
        raise ValueError(f"{sorted(known)} {os.environ.get('OF_THE_USER')} {Path.cwd()}")

    monkeypatch.setenv("OF_THE_USER", "seen")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.chdir(tmp_path)
    report = steelyard.run(SPEC, tells, test_set=test_set, out=tmp_path / "out", ray=cluster.address, limit=20)
    assert report.failures[0].first.en == f"ValueError: [] seen {tmp_path}"


# Says what of the answers, of Ray and of other processes it can see.
SPY = """
    import glob, json, os, sys

    def said_by(name):
        try:
            return open(name, "rb").read()
        except OSError:  # that process has just ended
            return b""

    seen = [name for name in sys.argv[1].split("::") if os.path.exists(name)]
    seen += [name for name in glob.glob("/proc/[0-9]*/cmdline") if b"raylet" in said_by(name)][:1]
    for line in sys.stdin:
        asked = json.loads(line)
        said = {"error": " ".join(seen)} if seen else {"output": "positive" if asked["input"][0] % 2 else "negative"}
        print(json.dumps({"id": asked["id"], **said}), flush=True)
"""


@pytest.mark.parametrize("isolation", ["none", "bwrap"])
def test_isolation_holds_on_every_machine(
    cluster: Any, test_set: str, program: Callable[..., str], tmp_path: Path, isolation: str
) -> None:
    try:
        _sandbox.check(isolation)
    except CallError as error:
        pytest.skip(str(error.what))
    # The product lies beside the set and the run: even there they are hidden. One word: folders that the command line
    # names would be shown, or refused.
    product = program(SPY, f"{test_set}/samples.parquet::{tmp_path}/out/plan.json::/tmp/ray")
    report = steelyard.run(
        SPEC, product, test_set=test_set, out=tmp_path / "out", limit=40, isolation=isolation, ray=cluster.address,
        workers=2,
    )  # fmt: skip
    if isolation == "bwrap":
        assert report.failures == ()
    else:  # the spy is worth its name
        said = report.failures[0].first.en if report.failures and report.failures[0].first else ""
        assert [each for each in ("samples.parquet", "plan.json", "/tmp/ray", "/cmdline") if each not in said] == []
    assert report.plan.isolation == isolation


def test_ctrl_c_leaves_a_journal_that_resumes_and_a_cluster_that_was_joined_alone(
    cluster: Any, test_set: str, tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text(SLOW_MODEL)
    product, out = MODEL.format(tmp_path), tmp_path / "out"
    words = ["run", SPEC, "--product", product, "--set", test_set, "--out", str(out), "--ray", cluster.address]
    bench = subprocess.Popen(
        [sys.executable, "-m", "steelyard", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: bool(list(out.glob("journal/*.arrow"))))
    os.killpg(bench.pid, signal.SIGINT)
    said = bench.communicate(timeout=AGES)[0].decode()
    assert bench.returncode == 130, said
    found = re.search(r"stopped after (\d+) of 600", said)
    assert found, said
    assert 0 < int(found[1]) < 600

    assert steelyard.run(
        SPEC, of_this_module, test_set=test_set, out=tmp_path / "q", ray=cluster.address, limit=20
    ).findings


@pytest.mark.parametrize("end", [None, signal.SIGKILL], ids=["at its end", "kill -9"])
def test_a_cluster_that_was_started_here_is_shut_down(
    end: signal.Signals | None, test_set: str, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'steelyard[ray]'")
    out = tmp_path / "out"
    # A process of its own: Ray protects a cluster of its own by a token, which it then wants of any other, too. And
    # not "auto": a cluster of other tests would be joined.
    mark = f"STARTED_BY_TEST={tmp_path}"
    environment = {**os.environ, "RAY_ADDRESS": "local", **dict([mark.split("=")])}
    (command,) = re.findall(r"^steelyard (run .*--ray auto.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    words = [*shlex.split(command), "--set", test_set, "--out", str(out), "--limit", "60"]
    (tmp_path / "my_model.py").write_text(SLOW_MODEL)
    with subprocess.Popen(
        [sys.executable, "-m", "steelyard", *words], cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
    ) as bench:  # fmt: skip
        if end is not None:
            wait_until(lambda: bool(list(out.glob("journal/*.arrow"))))
            bench.send_signal(end)
        said = bench.communicate(timeout=AGES)[1].decode()
        assert bench.returncode == (10 if end is None else -end), said
    # After kill -9 Ray's own agents, which hold nothing of the run, take up to a minute to notice.
    agents = {"ray::DashboardA", "ray::RuntimeEnv"} if end is signal.SIGKILL else set()
    wait_until(lambda: marked(mark) <= agents)
    assert marked(mark) <= agents
    assert not re.search("ray|raylet|warn", said, re.IGNORECASE), "nothing of Ray's own is shown"


def test_a_node_is_killed_in_the_middle(cluster: Any, test_set: str, tmp_path: Path) -> None:
    here = steelyard.run(SPEC, slow, test_set=test_set, out=tmp_path / "here")

    def kill(progress: Progress) -> None:
        if progress.done == 150:
            kill_node(cluster)

    out = tmp_path / "there"
    there = steelyard.run(SPEC, slow, test_set=test_set, out=out, ray=cluster.address, workers=2, progress=kill)
    same(here, there)
    (note,) = there.notes
    assert re.search(r"a replica on .* was lost \(.*\); what it had not answered was asked of others", note.en)


def test_all_nodes_are_killed_and_the_run_goes_on_elsewhere(cluster: Any, test_set: str, tmp_path: Path) -> None:
    here = steelyard.run(SPEC, slow, test_set=test_set, out=tmp_path / "here")

    def kill(progress: Progress) -> None:
        while progress.done == 200 and cluster.nodes:
            kill_node(cluster)

    out = tmp_path / "there"
    with pytest.raises(BenchError, match=r"no replica of the product is left: .* was lost"):
        steelyard.run(SPEC, slow, test_set=test_set, out=out, ray=cluster.address, progress=kill)
    asked: list[Progress] = []
    resumed = steelyard.run(SPEC, slow, test_set=test_set, out=out, progress=asked.append)
    same(here, resumed)
    assert 200 <= 600 - len(asked) < 600


@pytest.mark.parametrize("address", ["", "nonsense", "ray://127.0.0.1:10001", "127.0.0.1:99999", ":6379", "host:"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(CallError, match="that is no address of a cluster"):
        Ray(address)


def test_nobody_at_an_address_is_said_at_once(unused_port: int) -> None:
    pytest.importorskip("ray")
    with pytest.raises(CallError, match=r"the cluster cannot be joined: .*refused"):
        Ray(f"127.0.0.1:{unused_port}")


@pytest.fixture
def unused_port() -> Iterator[int]:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes it
        yield taken.getsockname()[1]


def test_ray_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CallError, match=r"pip install 'steelyard\[ray\]'"):
        Ray()


def test_at_least_one_replica_is_needed() -> None:
    with pytest.raises(SteelyardError, match="--workers 0"):
        steelyard.run(SPEC, "reference:wdbc_logistic", ray="auto", workers=0)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("The actor died.\nmore", "The actor died"),
        ("Traceback (most recent call last):\n  File x\nImportError: no module", "ImportError: no module"),
        ("", "RuntimeError"),
    ],
)
def test_the_line_that_says_what_went_wrong(said: str, line: str) -> None:
    assert first_line(RuntimeError(said)) == line
