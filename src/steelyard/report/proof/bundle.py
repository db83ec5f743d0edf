"""The bundle of a run: one file with everything that a stranger needs to compute its verdict again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from steelyard.bench.durable import write_where_told
from steelyard.core.canonical import canonical, plain, sha256
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.merkle import WIDTH, prove
from steelyard.core.plan import Plan
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.library._leaves import leaves
from steelyard.library.stored_set import StoredSet
from steelyard.report.particulars.particulars import MEMBER as PARTICULARS
from steelyard.report.particulars.particulars import Particulars
from steelyard.report.particulars.read import completed, is_recorded
from steelyard.report.proof.bundle_parts import Answers, parts_of
from steelyard.report.proof.container import packed
from steelyard.report.proof.evidence import saved
from steelyard.specs.reader import read

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

FORMAT = "steelyard/bundle/1"
MANIFEST = "manifest.json"
RUN = "run.json"
"""The number of a run that a transparency log knows."""
LOG_HEAD = "head.json"
"""The head that this log had just before the run entered it."""
ATTESTATIONS = "attestations/"
"""What is signed stands beside the manifest: a signature is added, and nothing that was signed changes."""
FAULTS = tuple(Fault)
"""A record's fault is its place here, counted from 1; 0 is none."""


@dataclass(frozen=True)
class Bundle:
    """The file's members."""

    members: Mapping[str, bytes]

    @property
    def manifest(self) -> bytes:
        """What is signed."""
        return self.members[MANIFEST]

    def write(self, path: Path) -> None:
        """Write it in one step; `CallError` where it cannot be written there."""
        write_where_told(path, packed(self.members))


def bundle(
    folder: Path,
    test_set: str | None = None,
    specification: str | None = None,
    particulars: Particulars | None = None,
    outputs: Answers = Answers.NONE,
) -> Bundle:
    """Return the bundle of a run that was judged; of one on a sealed set, its rows stand there as salted hashes.

    Parameters
    ----------
    folder : Path
        Of the run.
    test_set : str, optional
        Name or folder of its set, where that is not in the library.
    specification : str, optional
        Its file, where Steelyard does not ship it.
    particulars : Particulars, optional
        What a laboratory says beside the numbers.
    outputs : Answers
        Whether the product's answers are in it, and how.

    Raises
    ------
    CallError
        Where the run is not complete, or its set or specification is not at hand; or the particulars contradict the
        run; or answers on a sealed set are to stand in clear.
    """
    parts = parts_of(folder, test_set)
    basis = parts.basis
    files = {
        "plan.json": _read(folder / "plan.json"),
        "report.json": _read(folder / "report.json"),
        "report.html": _read(folder / "report.html"),
        "card.json": canonical(plain(basis.test_set.card)),
        "specification.yaml": _specification(basis.plan, specification),
        **parts.members(outputs),
        **membership(basis.test_set, basis.test_set.positions(basis.plan.split)),
        **_records(parts.records),
        **({RUN: _read(folder / RUN)} if (folder / RUN).is_file() else {}),
        **({} if basis.plan.log is None else {LOG_HEAD: _read(folder / LOG_HEAD)}),
    }
    if particulars is not None:
        files[PARTICULARS] = _particulars(particulars, basis.plan, files["report.json"])
    files[MANIFEST] = manifest(files, basis.plan)
    return Bundle(files)


class Manifest(TypedDict):
    """What ``manifest.json`` says: it names every other file by its digest, but those of signatures."""

    format: str
    plan: str
    """Digest of the plan."""
    files: dict[str, str]
    """Digest of each file."""


class RunNumber(TypedDict):
    """What ``run.json`` says: which of the runs of a plan it was, as a transparency log knows it."""

    run: str


def manifest(files: Mapping[str, bytes], plan: Plan) -> bytes:
    """Return what names every file by its digest."""
    named = {name: sha256(data) for name, data in sorted(files.items())}
    said: Manifest = {"format": FORMAT, "plan": plan.digest, "files": named}
    return canonical(said)


def membership(opened: StoredSet, split: NDArray[np.int64]) -> dict[str, bytes]:
    """Return the hashes of the split's rows, and the proof that they belong to the set."""
    import numpy as np

    hashes = b"".join(leaves(opened.batches()))
    each = np.frombuffer(hashes, np.uint8).reshape(-1, WIDTH)
    proof = prove(hashes, [0, *(split + 1).tolist()])
    return {
        "membership/leaves.npy": saved(each[np.concatenate([[0], split + 1])]),
        "membership/proof.json": canonical({"size": proof.size, "nodes": [node.hex() for node in proof.nodes]}),
    }


def _records(records: pa.Table) -> dict[str, bytes]:
    """Return what is known of each record beside its output."""
    import numpy as np

    codes = {fault.value: place + 1 for place, fault in enumerate(FAULTS)}
    faults = [0 if name is None else codes[name] for name in records["fault"].to_pylist()]
    return {
        "records/faults.npy": saved(np.array(faults, np.uint8)),
        "records/seconds.npy": saved(records["seconds"].to_numpy()),
    }


def _particulars(particulars: Particulars, plan: Plan, report: bytes) -> bytes:
    # Laboratories date by their own clock; a day of it lies within what `contradictions` allows.
    today, created = datetime.now(UTC).date(), str(json.loads(report)["created"])
    recorded = is_recorded(plan)
    return completed(particulars, plan.digest, report, created, recorded=recorded, today=today).document()


def _specification(plan: Plan, named: str | None) -> bytes:
    try:
        found = read(named or plan.specification)
    except UnknownName as error:
        if named:
            raise
        raise CallError(
            error.what,
            Words("Name the file that it was judged by with --spec.", "请用 --spec 指明当时所用的文件。"),
        ) from None
    if found.digest != plan.specification_digest:
        raise CallError(
            Words(
                f"{found.path} has another digest than the specification that the plan locks.",
                f"{found.path} 的摘要与方案锁定的规范不同。",
            ),
            Words("Name the file that it was judged by with --spec.", "请用 --spec 指明当时所用的文件。"),
        )
    return Path(found.path).read_bytes()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。"),
            Words("Repeat the run's command to have it judged.", "请重复该检测的命令以完成判定。"),
        ) from None
