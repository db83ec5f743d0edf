"""Writes sets: what could not be judged is refused, and on failure nothing is left."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.card import Card
from steelyard.core.errors import CallError, MalformedValue, SetError
from steelyard.core.words import Words
from steelyard.library._batches import page_rows
from steelyard.library._leaves import content_digest
from steelyard.library.card_file import write_card
from steelyard.library.stored_set import (
    SAMPLES,
    VERIFIED,
    StoredSet,
    answers_file,
    columns_of,
    declared_input,
    file_digest,
    splits_of,
)

if TYPE_CHECKING:
    import pyarrow as pa


def write_set(
    folder: Path,
    card: Card,
    samples: pa.Table,
    answers: Mapping[str, pa.Table] | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> StoredSet:
    """Write a set in one step, with the counts and the digest that its samples have; on failure nothing is left.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet.
    card : Card
        What the set says of itself; ``samples``, ``splits`` and ``digest`` are filled in.
    samples : pyarrow.Table
        Columns ``id``, ``reference``, the card's groups and units, and, where the card names them, ``input`` (stored
        form) and ``split``; without it all samples are of the split ``test``.
    answers : mapping of str to pyarrow.Table, optional
        Recorded answers of products: ``id`` and ``output``.
    extra : mapping of str to bytes, optional
        Further files of the folder, such as the proof of a subset.

    Raises
    ------
    SetError
        Where the samples are not what the card says; the message names the row.
    """
    import pyarrow.parquet as pq

    samples = _plain_text(samples.combine_chunks())
    answers = {name: _plain_text(table) for name, table in (answers or {}).items()}
    check_samples(card, samples)
    card = replace(
        card,
        samples=samples.num_rows,
        splits=splits_of(samples),
        digest=content_digest(samples.to_batches(2**16)),
        answers_digest={name: content_digest(table.to_batches(2**16)) for name, table in answers.items()},
    )
    if folder.exists():
        raise CallError(Words(f"{folder} exists already", f"{folder} 已存在"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallError(
            Words(f"cannot write to {folder.parent}: {error.strerror}", f"无法写入 {folder.parent}：{error.strerror}"),
            Words("Set STEELYARD_HOME to a folder that can be written.", "请将 STEELYARD_HOME 设为可写的目录。"),
        ) from None
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "set"
        new.mkdir()
        rows = page_rows(samples)
        pq.write_table(samples, new / SAMPLES, row_group_size=2**16, compression="zstd", write_batch_size=rows)
        for name, table in answers.items():
            pq.write_table(table, new / answers_file(name), compression="zstd")
        for file, data in (extra or {}).items():
            (new / file).write_bytes(data)
        write_card(new, card)
        write_verified(new, card)
        try:
            new.rename(folder)
        except OSError:  # another process was first; what it wrote is checked when it is opened
            if not folder.exists():
                raise
            shutil.rmtree(new)
    return StoredSet(card, folder)


def write_verified(folder: Path, card: Card) -> None:
    """Note which bytes were found to have the card's digest, so that opening the set need not hash its rows."""
    said = {SAMPLES: [file_digest(folder / SAMPLES), card.digest]}
    (folder / VERIFIED).write_text(json.dumps(said) + "\n", "utf-8")


def _plain_text(table: pa.Table) -> pa.Table:
    """Return a table whose text columns are of one kind, whichever library wrote them."""
    import pyarrow as pa

    kinds = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}
    return table.cast(pa.schema([field.with_type(kinds.get(field.type, field.type)) for field in table.schema]))


def check_samples(card: Card, samples: pa.Table) -> None:
    """Raise `SetError` unless samples could be judged and are as their card says; it names the row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def refuse(en: str, zh: str) -> SetError:
        return SetError(Words(f"{card.label}: {en}", f"{card.label}：{zh}"))

    optional = ["split"] if "split" in samples.column_names else []
    for column in (*columns_of(card), *optional):
        if column not in samples.column_names:
            raise refuse(f"the table has no column {column!r}", f"表中没有列 {column!r}")
        missing = pc.index(samples[column].is_null(), True).as_py()
        if missing >= 0:
            raise refuse(f"row {missing} has no {column}", f"第 {missing} 行没有 {column}")
    for column in ("id", *optional, *card.groups, *card.units):
        if not pa.types.is_string(samples[column].type):
            kind = samples[column].type
            raise refuse(f"column {column!r} must be text, not {kind}", f"列 {column!r} 应为文本，而非 {kind}")
    if not samples.num_rows:
        raise refuse("the set is empty; add samples", "数据集为空；请加入样本")
    repeated = samples["id"].value_counts().filter(pc.greater(samples["id"].value_counts().field("counts"), 1))
    if len(repeated):
        count, first = len(repeated), repeated.field("values")[0].as_py()
        stand = "id stands" if count == 1 else "ids stand"
        raise refuse(f"{count} {stand} twice, {first!r} first", f"{count} 个编号重复，首个为 {first!r}")
    if card.input is not None:
        seen = declared_input(card)
        if samples["input"].type != seen.arrow():
            kind = samples["input"].type
            raise refuse(
                f"inputs must be stored as {seen.arrow()}, not {kind}", f"输入应存为 {seen.arrow()}，而非 {kind}"
            )
    for column in ("input", "reference"):
        if column in samples.column_names:
            row = _not_finite(samples[column])
            if row is not None:
                raise refuse(f"row {row}: {column} holds NaN or an infinity", f"第 {row} 行：{column} 含 NaN 或无穷大")
    if card.input is not None:
        wrong = seen.first_wrong(samples["input"])
        if wrong is not None:
            row, fault = wrong
            what = fault.what if isinstance(fault, MalformedValue) else Words(str(fault), str(fault))
            name = samples["id"][row].as_py()
            raise refuse(f"row {row} ({name}): {what.en}", f"第 {row} 行（{name}）：{what.zh}")


def _not_finite(column: pa.ChunkedArray) -> int | None:
    """Return the first row that holds NaN or an infinity."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.combine_chunks()
    rows = None
    if pa.types.is_list(values.type):
        rows, values = pc.list_parent_indices(values), pc.list_flatten(values)
    if not pa.types.is_floating(values.type):
        return None
    place = pc.index(pc.is_finite(values), False).as_py()
    if place < 0:
        return None
    return place if rows is None else rows[place].as_py()  # type: ignore[no-any-return]
