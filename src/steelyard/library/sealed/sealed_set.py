"""A sealed test set, opened: its rows are in memory alone, and are those that its commitment speaks of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library._batches import MOST_BYTES
from steelyard.library._leaves import content_digest
from steelyard.library.card_file import CARD, read_card
from steelyard.library.sealed.age import KEY, Keys
from steelyard.library.sealed.age import keys as keys_of
from steelyard.library.sealed.marks import ledger_of
from steelyard.library.sealed.sealing import CANARY, PUBLIC, ROWS, Copy, Sealing, is_sealed, read_sealing
from steelyard.library.stored_set import StoredSet, wrong_digest
from steelyard.library.writing import write_set

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Unsealed:
    """A copy, opened in memory and checked."""

    card: Card
    sealing: Sealing
    keys: Keys
    copy: Copy
    rows: pa.Table
    """As the recipient was given them."""
    canaries: pa.Table
    """Those rows that never enter a verdict."""
    clean: pa.Table
    """The others, in the order of ids: what the commitment speaks of."""


@dataclass(frozen=True)
class SealedSet(StoredSet):
    """A test set whose rows are read from memory; canaries are no part of them."""

    unsealed: Unsealed

    @property
    def sealing(self) -> Sealing:
        """What may be known of it."""
        return self.unsealed.sealing

    @property
    def lock(self) -> Keys:
        """What locks the journal of a run: what a good product answers is the reference answer."""
        return self.unsealed.keys

    def hidden(self, *further: Path) -> tuple[str, ...]:
        """Return what an isolated product must not see: besides, the key and the ledger."""
        return super().hidden(self.unsealed.keys.path, ledger_of(self.folder), *further)

    def batches(self, columns: Sequence[str] | None = None, size: int = 8192) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, ``size`` at a time, or fewer where they are large."""
        yield from _batches(self.unsealed.clean, columns, size)

    def canaries(self, columns: Sequence[str], size: int = 8192) -> Iterator[pa.RecordBatch]:
        """Yield the canaries; their answers are arbitrary."""
        yield from _batches(self.unsealed.canaries, columns, size)

    def check(self) -> None:
        """Nothing is left to check: it was not opened otherwise."""

    def verify(self) -> None:
        """Raise `SetError` unless the rows have the root that the card says."""
        found = content_digest(self.batches())
        if found != self.card.digest:
            raise wrong_digest(self.folder, self.card.digest, found)


def unseal(folder: Path, keys: Keys | None = None) -> Unsealed:
    """Open a sealed set in memory, and check it against its commitment.

    Parameters
    ----------
    folder : Path
        Of the sealed set.
    keys : Keys, optional
        By default those of the file that ``STEELYARD_SEAL_KEY`` names.

    Raises
    ------
    CallError
        Where there is no key, or no copy is for it.
    SetError
        Where a file is not what was sealed, or its rows are not what was committed to.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sealing, card = read_sealing(folder), read_card(folder)
    keys = keys or keys_of()
    copy, plaintext = _copy_for(folder, sealing, keys)
    try:
        rows = pq.read_table(pa.BufferReader(plaintext))
        if sealing.public is not None:
            public = pq.read_table(pa.BufferReader(_bytes_of(folder / PUBLIC, sealing.public)))
            rows = _joined(rows, public)
        planted = rows[CANARY]
        rows = rows.drop_columns([CANARY])
    except (pa.ArrowException, KeyError, ValueError):
        # The message of a reader may quote what it read.
        where = folder / copy.file
        raise _other(where, Words("it holds no rows of this set", "其中没有该数据集的行")) from None
    if content_digest(rows.to_batches(ROWS)) != copy.root:
        raise _other(folder / copy.file, Words("its rows have another root", "各行的根摘要不符"))
    kept = rows.filter(pc.equal(planted, 0))
    clean = kept.take(pc.sort_indices(kept["id"]))
    if not sealing.commitment == card.digest == content_digest(clean.to_batches(ROWS)):
        raise _other(
            folder,
            Words(f"its rows are not those of the commitment {card.digest}", f"各行与承诺 {card.digest} 不符"),
        )
    return Unsealed(card, sealing, keys, copy, rows, rows.filter(pc.equal(planted, 1)), clean)


def open_sealed(folder: Path, keys: Keys | None = None) -> SealedSet:
    """Open a sealed set in memory; it is checked against its commitment."""
    unsealed = unseal(folder, keys)
    return SealedSet(unsealed.card, folder, unsealed)


def open_into(folder: Path, out: Path, keys: Keys | None = None, *, publish: bool = False) -> StoredSet:
    """Write a sealed set in clear; its digest is then the copy's root, or with ``publish`` the commitment.

    Parameters
    ----------
    folder, out : Path
        The sealed set, and a folder that does not exist yet.
    keys : Keys, optional
        By default those of the file that ``STEELYARD_SEAL_KEY`` names.
    publish : bool
        For the day on which the set ceases to be sealed: without canaries, in the order of ids. Else as the recipient
        was given it, so that what gets about still tells where it came from.
    """
    if not is_sealed(folder):
        known = Words("it is a set in clear", "该数据集未密封") if (folder / CARD).is_file() else None
        why = known or Words("it holds no set", "其中没有数据集")
        raise CallError(Words(f"nothing is sealed in {folder}: {why.en}.", f"{folder} 中没有密封内容：{why.zh}。"))
    unsealed = unseal(folder, keys)
    return write_set(out, unsealed.card, unsealed.clean if publish else unsealed.rows)


def _batches(table: pa.Table, columns: Sequence[str] | None, size: int) -> Iterator[pa.RecordBatch]:
    chosen = table if columns is None else table.select(list(columns))
    fitting = max(1, MOST_BYTES * table.num_rows // max(chosen.nbytes, 1))
    yield from chosen.to_batches(min(size, fitting))


def _joined(rows: pa.Table, public: pa.Table) -> pa.Table:
    """Return the sealed columns with the public ones, in the sealed order."""
    import pyarrow.compute as pc

    places = pc.index_in(rows["id"], public["id"].combine_chunks())
    if public.num_rows != rows.num_rows or places.null_count:
        raise ValueError("other ids")
    for name in public.column_names:
        if name != "id":
            rows = rows.append_column(name, public[name].take(places))
    return rows


def _copy_for(folder: Path, sealing: Sealing, keys: Keys) -> tuple[Copy, bytes]:
    for copy in sealing.copies:
        path = folder / copy.file
        plaintext = keys.open(_bytes_of(path, copy.sha256), path)
        if plaintext is not None:
            return copy, plaintext
    count = len(sealing.copies)
    raise CallError(
        Words(
            f"the key {keys.path} opens none of the {count} copies in {folder}.",
            f"密钥 {keys.path} 打不开 {folder} 中 {count} 份密文的任何一份。",
        ),
        Words(f"Set {KEY} to the key that it was sealed for.", f"请将 {KEY} 设为密封时所用接收者的密钥。"),
    )


def _bytes_of(path: Path, expected: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SetError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from None
    found = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if found != expected:
        raise _other(path, Words(f"its digest is {found}, not {expected}", f"摘要为 {found}，应为 {expected}"))
    return data


def _other(path: Path, why: Words) -> SetError:
    return SetError(
        Words(f"{path} is not what was sealed: {why.en}.", f"{path} 不是密封时的内容：{why.zh}。"),
        Words("Nothing was run. Restore it from a copy.", "未运行任何检测。请用备份恢复。"),
    )
