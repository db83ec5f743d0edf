"""Sealed sets: nobody without a key reads the answers, and whoever sealed them can change none unnoticed.

A sealed set is a folder that may be handed to anyone:

- ``card.json``, whose digest is the *commitment*: the Merkle root of the set as it can be published one day. Each row
  carries a *nonce* of 128 random bits, sealed with it, so that nobody can find an answer by trying all labels until the
  root fits; a published row shows its nonce, and then the root shows that the row is what was sealed.
- ``public.parquet``: inputs, groups and units, where the answers alone are sealed.
- ``copy-1.age`` …: for each recipient a copy of what is sealed, encrypted with age. Copies hold the same rows in orders
  of their own, and the same canaries with answers of their own (see `steelyard.library.sealed.marks`).
- ``sealing.json``: which files there are, with SHA-256, and the Merkle root of each copy.

Nothing is ever written in clear: what is sealed is encrypted in memory, and opened in memory.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.canonical import plain, sha256
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library._leaves import content_digest
from steelyard.library.card_file import write_card
from steelyard.library.sealed import age, marks
from steelyard.library.stored_set import TEST, StoredSet, file_digest, splits_of, wrong_digest

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "steelyard/sealed/1"
SEALING = "sealing.json"
PUBLIC = "public.parquet"
NONCE, CANARY = "nonce", "canary"
NONCE_BYTES = 16
ROWS = 2**16


@dataclass(frozen=True)
class Copy:
    """What one recipient was given."""

    file: str
    sha256: str
    """Of the file."""
    root: str
    """Merkle root of its rows, in its order and with its canaries."""


@dataclass(frozen=True)
class Sealing:
    """What may be known of a sealed set."""

    commitment: str
    """Merkle root of the set as it can be published: without canaries, in the order of ids."""
    inputs: bool
    """Whether inputs, groups and units are sealed as well."""
    canaries: int
    choices: int
    """Different answers that an arbitrary one was drawn from."""
    public: str | None
    """SHA-256 of `PUBLIC`."""
    copies: tuple[Copy, ...]
    format: str = FORMAT


def seal_set(
    opened: StoredSet,
    folder: Path,
    recipients: Sequence[str],
    *,
    inputs: bool = False,
    canaries: int = 0,
    secret: bytes | None = None,
) -> Sealing:
    """Seal a set into a folder that does not exist yet, and keep the ledger beside it; on failure nothing is left.

    Parameters
    ----------
    opened : StoredSet
        In clear. Recorded answers that come with it are left out.
    folder : Path
        To be made.
    recipients : sequence of str
        Public age keys, or files of keys: a copy for each.
    inputs : bool
        Whether to seal inputs, groups and units too; else the answers, and what the card does not name.
    canaries : int
        So many samples of the split ``test`` are taken out of the test and given arbitrary answers in each copy.
    secret : bytes, optional
        32 bytes from which orders and arbitrary answers follow; by default drawn, and kept in the ledger.

    Raises
    ------
    CallError
        Where a recipient is none, or there are too few samples for canaries.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    parties = _parties(recipients)
    ledger_path = marks.ledger_of(folder)
    for path in (folder, ledger_path):
        if path.exists():
            raise CallError(Words(f"{path} exists already.", f"{path} 已存在。"))
    secret = secret or os.urandom(marks.SECRET_BYTES)
    table = _salted(pa.Table.from_batches(opened.batches()))
    picked, answers = _canaries(table, canaries, secret)
    planted = pa.array([int(name in picked) for name in table["id"].to_pylist()], pa.int8())
    clean = table.filter(pc.equal(planted, 0))
    card = replace(
        opened.card,
        samples=clean.num_rows,
        splits=splits_of(clean),
        digest=content_digest(clean.to_batches(ROWS)),
        answers={},
        answers_digest={},
    )
    shown = [] if inputs else _shown(card, table)
    public = _parquet(table.select(shown)) if shown else None
    copies, held = [], []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder.parent, error) from None
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "set"
        new.mkdir()
        for number, (name, keys) in enumerate(parties.items(), 1):
            party, file = ",".join(keys), f"copy-{number}.age"
            said = {each: marks.arbitrary(secret, party, each, answers) for each in sorted(picked)}
            order = marks.placed(secret, party, table["id"].to_pylist())
            rows = _with_answers(table, said).append_column(CANARY, planted).take(order)
            sealed = age.seal(_parquet(rows.drop_columns([each for each in shown if each != "id"])), keys)
            (new / file).write_bytes(sealed)
            root = content_digest(rows.drop_columns([CANARY]).to_batches(ROWS))
            copies.append(Copy(file, sha256(sealed), root))
            held.append(marks.Party(name, keys, file, marks.marks_of(secret, party, said)))
        if public is not None:
            (new / PUBLIC).write_bytes(public)
        digest = None if public is None else sha256(public)
        sealing = Sealing(card.digest, inputs, len(picked), len(answers), digest, tuple(copies))
        (new / SEALING).write_text(json.dumps(plain(sealing), indent=2) + "\n", "utf-8")
        write_card(new, card)
        ledger = marks.Ledger(card.label, card.digest, secret.hex(), len(answers), tuple(held))
        marks.write_ledger(ledger_path, ledger)
        try:
            new.rename(folder)
        except OSError as error:
            ledger_path.unlink()  # of copies that there are not; it would be in the way of the next try
            raise _unwritable(folder, error) from None
    return sealing


def _unwritable(folder: Path, error: OSError) -> CallError:
    return CallError(
        Words(f"cannot write to {folder}: {error.strerror}.", f"无法写入 {folder}：{error.strerror}。"),
        Words("Name a folder that is not there yet, where one can be made.", "请指定一个尚不存在、可以创建的目录。"),
    )


def is_sealed(folder: Path) -> bool:
    """Tell whether a folder holds a sealed set."""
    return (folder / SEALING).is_file()


def read_sealing(folder: Path) -> Sealing:
    """Return what may be known of a sealed set, without any key.

    Raises
    ------
    SetError
        Where it cannot be read.
    """
    path = folder / SEALING
    try:
        written = json.loads(path.read_text("utf-8"))
        copies = tuple(Copy(**each) for each in written["copies"])
        if written["format"] != FORMAT or any(Path(each.file).name != each.file for each in copies):
            raise ValueError(f"format {written['format']!r}")
        return Sealing(**written | {"copies": copies})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetError(Words(f"cannot read {path}: {error}.", f"无法读取 {path}：{error}。")) from None


def check_sealed(folder: Path, card: Card) -> None:
    """Raise `SetError` unless a sealed set's files are those that were sealed; no key is needed."""
    sealing = read_sealing(folder)
    if card.digest != sealing.commitment:
        raise wrong_digest(folder, sealing.commitment, card.digest)
    expected = {copy.file: copy.sha256 for copy in sealing.copies}
    if sealing.public is not None:
        expected[PUBLIC] = sealing.public
    for name, digest in expected.items():
        path = folder / name
        found = file_digest(path) if path.is_file() else "—"
        if found != digest:
            raise SetError(
                Words(f"{path} is not the file that was sealed: {found}.", f"{path} 不是密封时的文件：{found}。"),
                Words("Fetch the set again from whoever sealed it.", "请向密封方重新获取该数据集。"),
            )


def check_commitment(folder: Path, root: str) -> Copy | None:
    """Return whose rows have a root: None for the set as it was committed to, else the copy of one recipient.

    The root is that of whoever publishes rows, taken over them (``content_digest``), or that which a proof for some of
    them leads to (`steelyard.core.merkle.root_from`). No key is needed.

    Parameters
    ----------
    folder : Path
        The sealed set.
    root : str
        ``"sha256:…"``.

    Raises
    ------
    SetError
        Where it is neither: the rows are not those that were sealed.
    """
    sealing = read_sealing(folder)
    if root == sealing.commitment:
        return None
    for copy in sealing.copies:
        if root == copy.root:
            return copy
    raise SetError(
        Words(
            f"these are not the rows that were sealed in {folder}: their root is {root}, the commitment is "
            f"{sealing.commitment}.",
            f"这些行不是 {folder} 中密封的行：其根摘要为 {root}，承诺为 {sealing.commitment}。",
        ),
        Words(
            "A row was changed, added or left out, or they stand in another order.",
            "有行被更改、增加或遗漏，或次序不同。",
        ),
    )


def _parties(recipients: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in recipients:
        keys = age.recipient(name)
        if any(set(keys) & set(other) for other in found.values()):
            raise CallError(
                Words(f"the recipient {name} was named twice.", f"接收者 {name} 被指定了两次。"),
                Words("Each has a copy of its own.", "每个接收者各有一份。"),
            )
        found[name] = keys
    if not found:
        raise CallError(
            Words("a set is sealed for somebody.", "须指明为谁密封。"),
            Words("Name recipients: --to age1…", "请指明接收者：--to age1…"),
        )
    return found


def _salted(table: pa.Table) -> pa.Table:
    """Return the rows in the order of ids, each with a nonce of its own; earlier ones are published by now."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if CANARY in table.column_names:
        raise CallError(
            Words(f"a column is called {CANARY!r}, which sealing needs.", f"列名 {CANARY!r} 为密封所用。"),
            Words("Rename it.", "请为其改名。"),
        )
    if NONCE in table.column_names:
        table = table.drop_columns([NONCE])
    table = table.take(pc.sort_indices(table["id"]))
    drawn = os.urandom(NONCE_BYTES * table.num_rows)
    nonces = [drawn[start : start + NONCE_BYTES] for start in range(0, len(drawn), NONCE_BYTES)]
    return table.append_column(NONCE, pa.array(nonces, pa.binary()))


def _canaries(table: pa.Table, count: int, secret: bytes) -> tuple[set[str], list[str]]:
    """Return the ids of canaries, and the answers that theirs are drawn from."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if count == 0:
        return set(), []
    tested = table.filter(pc.equal(table["split"], TEST)) if "split" in table.column_names else table
    if not 0 < count < tested.num_rows:
        raise CallError(
            Words(
                f"{count} canaries of {tested.num_rows:,} samples: some must be left to test with.",
                f"在 {tested.num_rows:,} 个样本中取 {count} 个金丝雀样本：须留有样本用于检测。",
            )
        )
    if not pa.types.is_string(tested["reference"].type):
        raise CallError(
            Words(
                "canaries need answers that are labels or texts: of others none can be drawn at random.",
                "金丝雀样本要求参考答案为标签或文本：其他类型无法随机抽取。",
            ),
            Words("Leave out --canaries.", "请去掉 --canaries。"),
        )
    answers = sorted(set(tested["reference"].to_pylist()))
    if len(answers) < 2:
        raise CallError(Words("all answers are the same: none is arbitrary.", "全部答案相同，无法任意抽取。"))
    return set(marks.chosen(secret, tested["id"].to_pylist(), count)), answers


def _with_answers(table: pa.Table, said: dict[str, str]) -> pa.Table:
    import pyarrow as pa

    if not said:
        return table
    pairs = zip(table["id"].to_pylist(), table["reference"].to_pylist(), strict=True)
    references = pa.array([said.get(name, reference) for name, reference in pairs], pa.string())
    return table.set_column(table.column_names.index("reference"), "reference", references)


def _shown(card: Card, table: pa.Table) -> list[str]:
    """Return the columns that stay in clear where answers alone are sealed; what the card does not name may tell."""
    named = {"id", "input", "split", *card.groups, *card.units} - {"reference", NONCE}
    return [name for name in table.column_names if name in named]


def _parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    data: bytes = buffer.getvalue().to_pybytes()
    return data
