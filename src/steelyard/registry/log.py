"""A transparency log: which plans were locked, which reports were issued and withdrawn, in an order nobody can change.

The log is a Merkle tree (RFC 9162) over its entries. Each time it grows its keeper signs the new head. Who has seen a
head can have it proved that the log of today only continues it: nothing that stood in it was changed or taken out. A
plan enters before its first sample, so that a report which was never issued leaves a plan without one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.merkle import WIDTH, Inclusion, consistency, has_grown, leaf_hash, prove, root, root_from
from steelyard.core.words import Words
from steelyard.report.dsse import Envelope, read_envelope
from steelyard.report.keys import PrivateKey, PublicKey

ENTRIES, HEADS = "entries.jsonl", "heads.jsonl"
HEAD = "application/vnd.steelyard.log-head+json"
NEEDED = {
    "plan": ("plan", "run", "at"),
    "report": ("plan", "run", "bundle", "verdict", "at"),
    "withdrawn": ("plan", "run", "bundle", "reason", "at"),
}
"""What an entry of each kind says."""


@dataclass(frozen=True)
class Head:
    """The log at a moment, signed by its keeper."""

    size: int
    root: str
    """Hexadecimal."""
    at: str
    """UTC, ISO 8601."""
    envelope: bytes

    def signed_by(self, trusted: Sequence[PublicKey]) -> list[PublicKey]:
        """Return which of some keys have signed it."""
        return read_envelope(self.envelope).signed_by(trusted)


@dataclass(frozen=True)
class Receipt:
    """What proves that an entry stands in a log."""

    entry: Mapping[str, Any]
    index: int
    size: int
    nodes: Sequence[str]
    """Hexadecimal."""
    head: Head

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "entry": dict(self.entry),
            "index": self.index,
            "size": self.size,
            "nodes": list(self.nodes),
            "head": json.loads(self.head.envelope),
        }


@dataclass(frozen=True)
class Audit:
    """What came of going through a log."""

    size: int
    heads: int
    faults: tuple[Words, ...]
    unreported: tuple[Mapping[str, Any], ...]
    """Plans that no report followed."""
    withdrawn: tuple[Mapping[str, Any], ...]
    """Reports that stand in it and are withdrawn."""


class Log:
    """A log in a folder.

    Parameters
    ----------
    folder : Path
        Made with the first entry.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries.

        Raises
        ------
        EvidenceError
            Where the file cannot be read, or a line is written in another way than it was.
        """
        return [entry for entry, _ in self._lines()]

    def append(self, entry: Mapping[str, Any], key: PrivateKey) -> Receipt:
        """Add an entry unless it stands there already, sign the new head, and return the receipt.

        Raises
        ------
        CallError
            Where a report has no plan in the log, or what is withdrawn is no report in it.
        EvidenceError
            Where the log is not what its last head says.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            where, why = self._folder, error.strerror
            raise CallError(Words(f"cannot write to {where}: {why}.", f"无法写入 {where}：{why}。")) from None
        with self._locked():
            lines = self._lines()
            self._check_last_head([line for _, line in lines])
            for index, (known, _) in enumerate(lines):
                if {**known, "at": None} == {**entry, "at": None}:
                    if not self._is_headed(lines):  # a writer was killed before it had signed
                        self._sign([line for _, line in lines], key)
                    return self._receipt(lines, index)
            _check_follows(entry, [known for known, _ in lines])
            line = canonical({**entry, "at": _now()})
            _append(self._folder / ENTRIES, line)
            lines.append((json.loads(line), line))
            self._sign([each for _, each in lines], key)
            return self._receipt(lines, len(lines) - 1)

    def receipt(self, entry: Mapping[str, Any]) -> Receipt:
        """Return the receipt of a run's entry, or of the last entry on a bundle.

        Raises
        ------
        CallError
            Where there is none.
        """
        heads, lines = self.heads(), self._lines()
        lines = lines[: heads[-1].size if heads else 0]  # what follows the last head is being written
        for index in range(len(lines) - 1, -1, -1):
            known = lines[index][0]
            if known.get("bundle") == entry.get("bundle") and _run_of(known) == _run_of(entry):
                return self._receipt(lines, index)
        raise CallError(Words("it does not stand in the log.", "日志中没有该条目。"))

    def heads(self) -> list[Head]:
        """Return all heads, the oldest first.

        Raises
        ------
        EvidenceError
            Where one cannot be read.
        """
        return [read_head(line, self._folder / HEADS) for line in _read_lines(self._folder / HEADS)]

    def grown_since(self, size: int) -> list[str]:
        """Return the proof that the log only continues its first so many entries, hexadecimal."""
        hashes = b"".join(leaf_hash(line) for _, line in self._lines())
        return [node.hex() for node in consistency(hashes, size)]

    def audit(self, trusted: Sequence[PublicKey], seen: Sequence[Head] = ()) -> Audit:
        """Go through the log.

        Every head must be signed and be the root of the entries before it, what was seen elsewhere must be continued,
        and every report must follow its plan.

        Parameters
        ----------
        trusted : sequence of PublicKey
            Keys that may sign heads.
        seen : sequence of Head
            That others were shown (gossip).
        """
        if not (self._folder / ENTRIES).is_file():
            raise CallError(Words(f"there is no log in {self._folder}.", f"{self._folder} 中没有日志。"))
        lines = self._lines()
        hashes = b"".join(leaf_hash(line) for _, line in lines)
        heads, faults = self.heads(), list[Words]()
        for place, head in enumerate([*heads, *seen]):
            name = f"head {head.size}" if place < len(heads) else f"the head of {head.size} entries that was seen"
            name_zh = f"第 {head.size} 条处的树头" if place < len(heads) else f"他处所见 {head.size} 条的树头"
            if not head.signed_by(trusted):
                faults.append(Words(f"{name} is not signed by a trusted key", f"{name_zh}没有可信签名"))
            if head.size > len(lines):
                faults.append(
                    Words(f"{name}: the log has {len(lines)} entries now", f"{name_zh}：日志现仅有 {len(lines)} 条")
                )
            elif root(hashes[: head.size * WIDTH]).hex() != head.root:
                faults.append(Words(f"{name}: the entries before it are others", f"{name_zh}：此前条目已改变"))
        if lines and (not heads or heads[-1].size != len(lines)):
            faults.append(Words("entries follow the last head", "最后树头之后另有条目"))
        faults += _order_faults([entry for entry, _ in lines])
        return _audited(lines, len(heads), faults)

    def _lines(self) -> list[tuple[dict[str, Any], bytes]]:
        path, found = self._folder / ENTRIES, list[tuple[dict[str, Any], bytes]]()
        for number, line in enumerate(_read_lines(path), 1):
            try:
                entry = json.loads(line)
                if canonical(entry) != line:
                    raise ValueError("it is written in another way")
                check_entry(entry)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise EvidenceError(
                    Words(f"{path}, line {number}: {error}", f"{path} 第 {number} 行：{error}"),
                    Words("Restore the log from a copy.", "请从副本恢复日志。"),
                ) from None
            found.append((entry, line))
        return found

    def _check_last_head(self, lines: Sequence[bytes]) -> None:
        heads = self.heads()
        size, said = (heads[-1].size, heads[-1].root) if heads else (0, root(b"").hex())
        # A writer that was killed leaves an entry without a head; the next head covers it.
        if size > len(lines) or said != root(b"".join(map(leaf_hash, lines[:size]))).hex():
            raise EvidenceError(
                Words(
                    f"the log in {self._folder} is not what its last head says.",
                    f"{self._folder} 中的日志与最后树头不符。",
                ),
                Words("See: steelyard log audit", "参见：steelyard log audit"),
            )

    def _sign(self, lines: Sequence[bytes], key: PrivateKey) -> None:
        said = {"size": len(lines), "root": root(b"".join(map(leaf_hash, lines))).hex(), "at": _now()}
        _append(self._folder / HEADS, Envelope(HEAD, canonical(said)).signed(key).document())

    def _receipt(self, lines: Sequence[tuple[dict[str, Any], bytes]], index: int) -> Receipt:
        head = self.heads()[-1]
        proof = prove(b"".join(leaf_hash(line) for _, line in lines[: head.size]), [index])
        return Receipt(lines[index][0], index, head.size, [node.hex() for node in proof.nodes], head)

    def _is_headed(self, lines: Sequence[tuple[dict[str, Any], bytes]]) -> bool:
        heads = self.heads()
        return bool(heads) and heads[-1].size == len(lines)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def check_entry(entry: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless an entry says all that one of its kind must say."""
    needed = NEEDED.get(str(entry.get("kind")))
    if needed is None:
        raise ValueError("it is an entry of no known kind")
    for name in needed:
        if not isinstance(entry.get(name), str):
            raise ValueError(f"it does not say its {name}")


def _run_of(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what names a run: its plan, and which of the runs of this plan it was."""
    return entry["plan"], entry["run"]


def read_head(data: bytes, where: Path) -> Head:
    """Return the head that an envelope holds; ``where`` is named in the error.

    Raises
    ------
    EvidenceError
        Where it holds none.
    """
    try:
        envelope = read_envelope(data)
        said = json.loads(envelope.payload)
        if envelope.kind != HEAD or canonical(said) != envelope.payload:
            raise ValueError("it is no head of a log")
        return Head(int(said["size"]), str(said["root"]), str(said["at"]), data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(Words(f"{where}: {error}", f"{where}：{error}")) from None


def read_receipt(data: bytes, where: Path) -> Receipt:
    """Return the receipt that a document holds; ``where`` is named in the error.

    Raises
    ------
    EvidenceError
        Where it holds none, or does not lead to its head.
    """
    try:
        said = json.loads(data)
        head = read_head(canonical(said["head"]), where)
        receipt = Receipt(dict(said["entry"]), int(said["index"]), int(said["size"]), list(said["nodes"]), head)
        check_entry(receipt.entry)
        nodes = [bytes.fromhex(node) for node in receipt.nodes]
        found = root_from(Inclusion(receipt.size, [receipt.index], nodes), [leaf_hash(canonical(receipt.entry))])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(Words(f"{where} is no receipt: {error}", f"{where} 不是回执：{error}")) from None
    if (head.size, head.root) != (receipt.size, found.hex()):
        raise EvidenceError(
            Words(f"{where}: the entry does not stand in the log of this head.", f"{where}：该条目不在此树头的日志中。")
        )
    return receipt


def continues(earlier: Head, later: Head, proof: Sequence[str]) -> bool:
    """Whether a proof shows that the log of one head continues that of another."""
    nodes = [bytes.fromhex(node) for node in proof]
    return has_grown(earlier.size, bytes.fromhex(earlier.root), later.size, bytes.fromhex(later.root), nodes)


def _check_follows(entry: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> None:
    if entry["kind"] == "report" and not any(
        each["kind"] == "plan" and _run_of(each) == _run_of(entry) for each in known
    ):
        raise CallError(
            Words("the report's run does not stand in the log.", "日志中没有该报告的检测。"),
            Words(
                "A run enters with its plan before its first sample: steelyard run … --log FOLDER. Run it again so.",
                "检测须在首个样本之前连同方案登记：steelyard run … --log 目录。请如此重新检测。",
            ),
        )
    if entry["kind"] == "withdrawn" and not any(
        each["kind"] == "report" and each["bundle"] == entry["bundle"] for each in known
    ):
        raise CallError(Words("no such report stands in the log.", "日志中没有该报告。"))


def _order_faults(entries: Sequence[Mapping[str, Any]]) -> Iterator[Words]:
    """Yield reports before their plans, and times that run backwards."""
    planned, issued, last = set[tuple[Any, Any]](), set[str](), ""
    for number, entry in enumerate(entries):
        if entry["kind"] == "plan":
            planned.add(_run_of(entry))
        elif entry["kind"] == "report":
            issued.add(str(entry["bundle"]))
            if _run_of(entry) not in planned:
                yield Words(f"entry {number}: a report without a plan before it", f"第 {number} 条：报告之前没有方案")
        elif entry.get("bundle") not in issued:
            yield Words(f"entry {number}: nothing was issued that it could withdraw", f"第 {number} 条：无可撤回的报告")
        if str(entry["at"]) < last:
            yield Words(f"entry {number}: it is older than the one before it", f"第 {number} 条：时间早于前一条")
        last = str(entry["at"])


def _audited(lines: Sequence[tuple[dict[str, Any], bytes]], heads: int, faults: Sequence[Words]) -> Audit:
    entries = [entry for entry, _ in lines]
    reported = {_run_of(entry) for entry in entries if entry["kind"] == "report"}
    gone = {entry["bundle"] for entry in entries if entry["kind"] == "withdrawn"}
    return Audit(
        len(lines),
        heads,
        tuple(faults),
        tuple(entry for entry in entries if entry["kind"] == "plan" and _run_of(entry) not in reported),
        tuple(entry for entry in entries if entry["kind"] == "report" and entry["bundle"] in gone),
    )


def _read_lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise EvidenceError(
            Words(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}")
        ) from None
    if data and not data.endswith(b"\n"):
        raise EvidenceError(
            Words(f"the last line of {path} is not whole.", f"{path} 的最后一行不完整。"),
            Words(
                "A writer was cut off: remove what follows the last line break.",
                "写入被中断：请删除最后一个换行之后的内容。",
            ),
        )
    return data.split(b"\n")[:-1]


def _append(path: Path, line: bytes) -> None:
    """Add a line, and return when it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
