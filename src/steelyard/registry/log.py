"""A transparency log: which plans were locked, which reports were issued and withdrawn, in an order nobody can change.

The log is a Merkle tree (RFC 9162) over its entries. Each time it grows its keeper signs the new head. Who has seen a
head can have it proved that the log of today only continues it: nothing that stood in it was changed or taken out. A
plan enters before its first sample, so that a report which was never issued leaves a plan without one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.merkle import consistency, leaf_hash, prove, root
from steelyard.core.words import Words
from steelyard.registry.attempts import names_product
from steelyard.registry.auditing import Audit, audited
from steelyard.registry.following import ASKED_ANEW, report_fault, run_fault
from steelyard.registry.heads import HEAD, UNREADABLE, Head, Receipt, read_head
from steelyard.registry.kinds import check_entry, is_same, run_of
from steelyard.registry.signed import now
from steelyard.report.proof.dsse import Envelope
from steelyard.report.proof.keys import PrivateKey, PublicKey

ENTRIES, HEADS = "entries.jsonl", "heads.jsonl"
Make = Callable[[Sequence[Mapping[str, Any]], str], Mapping[str, Any]]
"""Makes an entry of the entries before it and the root of their tree."""
RUN_AGAIN = Words(
    "A run enters with its plan before its first sample: steelyard run … --log FOLDER. Run it again so.",
    "检测须在首个样本之前连同方案登记：steelyard run … --log 目录。请如此重新检测。",
)
ANEW = Words(
    "What was reported stays. Who asks anew enters a new run, which counts as a further attempt: another --out.",
    "已报告的内容不变。重新提问须登记新的检测，计为又一次检测：请另选 --out。",
)


def no_log(folder: Path) -> CallError:
    """Return the error of a folder without a log."""
    return CallError(
        Words(f"there is no log in {folder}.", f"{folder} 中没有日志。"),
        Words(
            "Name the folder that was given to steelyard run … --log FOLDER.",
            "请指明 steelyard run … --log 目录 所用的目录。",
        ),
    )


class Log:
    """A log in a folder.

    Parameters
    ----------
    folder : Path
        Made with the first entry.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries.

        Raises
        ------
        EvidenceError
            Where the file cannot be read, or a line is written in another way than it was.
        """
        return [entry for entry, _ in self._lines()]

    def existing(self) -> list[dict[str, Any]]:
        """Return all entries of a log that must be there; `CallError` where there is none."""
        if not (self.folder / ENTRIES).is_file():
            raise no_log(self.folder)
        return self.entries()

    def append(self, entry: Mapping[str, Any], key: PrivateKey) -> Receipt:
        """Add an entry unless it stands there already, sign the new head, and return the receipt.

        Raises
        ------
        CallError
            Where a report has no plan in the log, or what is withdrawn is no report in it.
        EvidenceError
            Where the log is not what its last head says.
        """
        return self.append_made(lambda _, __: entry, key)

    def append_made(self, make: Make, key: PrivateKey) -> Receipt:
        """Add the entry that is made of those before it; nobody else adds one meanwhile. Otherwise as `append`."""
        with self._writing(key) as lines:
            known = [each for each, _ in lines]
            entry = make(known, _root(lines))
            for index, each in enumerate(known):
                if is_same(each, entry):
                    return self._receipt(lines, index)
            _check_follows(entry, known)
            _check_agrees(entry, lines)
            line = canonical({**entry, "at": now()})
            check_entry(json.loads(line))
            _append(self.folder / ENTRIES, line)
            lines.append((json.loads(line), line))
            self._sign(lines, key)
            return self._receipt(lines, len(lines) - 1)

    def last_head(self, key: PrivateKey) -> Head:
        """Return a signed head of all entries, which may be none yet."""
        with self._writing(key) as lines:
            heads = self.heads()
            if not heads:
                self._sign(lines, key)
            return self.heads()[-1]

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
            of_run = known["kind"] != "recall" and run_of(known) == run_of(entry)
            if of_run and known.get("bundle") == entry.get("bundle"):
                return self._receipt(lines, index)
        raise CallError(Words("it does not stand in the log.", "日志中没有该条目。"))

    def heads(self) -> list[Head]:
        """Return all heads, the oldest first.

        Raises
        ------
        EvidenceError
            Where one cannot be read.
        """
        return [read_head(line, self.folder / HEADS) for line in _read_lines(self.folder / HEADS)]

    def grown_since(self, size: int) -> list[str]:
        """Return the proof that the log only continues its first so many entries, hexadecimal."""
        hashes = b"".join(leaf_hash(line) for _, line in self._lines())
        return [node.hex() for node in consistency(hashes, size)]

    def audit(self, trusted: Sequence[PublicKey], seen: Sequence[Head] = ()) -> Audit:
        """Go through the log; :mod:`steelyard.registry.auditing` says what must hold.

        Parameters
        ----------
        trusted : sequence of PublicKey
            Keys that may sign heads.
        seen : sequence of Head
            That others were shown (gossip).
        """
        self.existing()
        return audited(self._lines(), self.heads(), trusted, seen)

    def _lines(self) -> list[tuple[dict[str, Any], bytes]]:
        path, found = self.folder / ENTRIES, list[tuple[dict[str, Any], bytes]]()
        for number, line in enumerate(_read_lines(path), 1):
            try:
                entry = json.loads(line)
                if canonical(entry) != line:
                    raise ValueError("it is written in another way")
                check_entry(entry)
            except UNREADABLE as error:
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
                    f"the log in {self.folder} is not what its last head says.",
                    f"{self.folder} 中的日志与最后树头不符。",
                ),
                Words("See: steelyard log audit", "参见：steelyard log audit"),
            )

    def _sign(self, lines: Sequence[tuple[dict[str, Any], bytes]], key: PrivateKey) -> None:
        said = {"size": len(lines), "root": _root(lines), "at": now()}
        _append(self.folder / HEADS, Envelope(HEAD, canonical(said)).signed(key).document())

    def _receipt(self, lines: Sequence[tuple[dict[str, Any], bytes]], index: int) -> Receipt:
        head = self.heads()[-1]
        proof = prove(b"".join(leaf_hash(line) for _, line in lines[: head.size]), [index])
        return Receipt(lines[index][0], index, head.size, [node.hex() for node in proof.nodes], head)

    @contextmanager
    def _writing(self, key: PrivateKey) -> Iterator[list[tuple[dict[str, Any], bytes]]]:
        """Give the lines of the log to one writer at a time, all of them below a signed head."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            where, why = self.folder, error.strerror
            raise CallError(Words(f"cannot write to {where}: {why}.", f"无法写入 {where}：{why}。")) from None
        with lock as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines, heads = self._lines(), self.heads()
            self._check_last_head([line for _, line in lines])
            if lines and (not heads or heads[-1].size != len(lines)):  # a writer was killed before it had signed
                self._sign(lines, key)
            yield lines


def _root(lines: Sequence[tuple[Mapping[str, Any], bytes]]) -> str:
    return root(b"".join(leaf_hash(line) for _, line in lines)).hex()


def _check_follows(entry: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> None:
    if entry["kind"] == "report" and not any(
        each["kind"] == "plan" and run_of(each) == run_of(entry) for each in known
    ):
        raise CallError(Words("the report's run does not stand in the log.", "日志中没有该报告的检测。"), RUN_AGAIN)
    if entry["kind"] == "withdrawn" and not any(
        each["kind"] == "report" and each["bundle"] == entry["bundle"] for each in known
    ):
        raise CallError(Words("no such report stands in the log.", "日志中没有该报告。"))


def _check_agrees(entry: Mapping[str, Any], lines: Sequence[tuple[Mapping[str, Any], bytes]]) -> None:
    """Raise `CallError` where a run or a report says something else than entries before it: an audit would find it."""
    fault: Words | None = None
    if entry["kind"] == "plan":
        fault = run_fault(entry, any(names_product(known) for known, _ in lines))
    elif entry["kind"] == "report":
        of_run = [
            (place, known)
            for place, (known, _) in enumerate(lines)
            if known["kind"] in ("plan", "report") and run_of(known) == run_of(entry)
        ]
        place, run = next(each for each in of_run if each[1]["kind"] == "plan")
        earlier = [known for _, known in of_run if known["kind"] == "report"]
        fault = report_fault(entry, run, _root(lines[:place]), earlier)
    if fault is not None:
        raise CallError(fault, ANEW if fault is ASKED_ANEW else RUN_AGAIN)


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
