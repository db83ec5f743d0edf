"""Where test sets are kept: a card and a Parquet table each, checked whenever they are opened."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, MalformedValue, SetError, UnknownName
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.library import recipe
from steelyard.library._batches import fit, read_batches
from steelyard.library._content import content_digest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SAMPLES = "samples.parquet"
TEST = "test"
"""The split that a run uses."""


def home() -> Path:
    """Return Steelyard's folder: ``STEELYARD_HOME``, else ``steelyard`` in the user's cache."""
    if "STEELYARD_HOME" in os.environ:
        return Path(os.environ["STEELYARD_HOME"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"


def hidden(*further: Path) -> tuple[str, ...]:
    """Return the folders that an isolated product must not see: the store, the mirror, and any others."""
    mirror = os.environ.get(recipe.MIRROR)
    folders = [home(), *([Path(mirror)] if mirror else []), *further]
    return tuple(str(folder.resolve()) for folder in folders)


def names() -> list[str]:
    """Return the names of the sets that there is a recipe for."""
    return recipe.names()


def card(name: str) -> Card:
    """Return a set's card, pulling nothing: what a recipe promises, or what a folder holds."""
    if _is_folder(name):
        return _read_card(Path(name))
    return recipe.read(name).card


def input_of(card: Card) -> DataType[Any] | None:
    """Return the data type of a set's inputs; None where it holds none."""
    return None if card.input is None else _declared(card)


def open_set(name: str) -> StoredSet:
    """Open a test set by the name of its recipe or by its folder, and check it against its card.

    A set that is not in the store yet is made from its recipe.

    Raises
    ------
    UnknownName
        Where there is no such set.
    SetError
        Where its bytes are not what the card says.
    """
    if _is_folder(name):
        opened = StoredSet(_read_card(Path(name)), Path(name))
        opened.check()
        return opened
    wanted = recipe.read(name)
    folder = home() / "sets" / wanted.card.label
    if not folder.exists():
        contents = recipe.contents(wanted)
        try:
            write_set(folder, wanted.card, contents.samples, contents.answers)
        except CallError:
            if not folder.exists():  # else another process was first: a product that trains on the same set
                raise
    opened = StoredSet(_read_card(folder), folder)
    opened.check()
    if opened.card.digest != wanted.card.digest:
        raise _wrong_digest(folder, wanted.card.digest, opened.card.digest)
    if opened.card.answers_digest != wanted.card.answers_digest:
        raise _wrong_digest(folder, str(wanted.card.answers_digest), str(opened.card.answers_digest))
    return StoredSet(wanted.card, folder)  # the samples are the same; what is said of them may have been mended since


def _is_folder(name: str) -> bool:
    # A bare name is the library's, whatever lies in the working directory.
    return ("/" in name or name.startswith(".")) and Path(name, "card.json").is_file()


def _read_card(folder: Path) -> Card:
    try:
        written = json.loads((folder / "card.json").read_text("utf-8"))
        words = {"title", "reference", "adjudication", "split_rule", "scope"}
        named = {"groups", "units", "values", "answers"}  # names for readers
        for key in words & written.keys():
            written[key] = written[key] and Words(**written[key])
        for key in named & written.keys():
            written[key] = {name: Words(**value) for name, value in written[key].items()}
        return Card(**written | {"methods": tuple(written["methods"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        where = folder / "card.json"
        raise SetError(Words(f"cannot read the card {where}: {error}", f"无法读取卡片 {where}：{error}")) from None


@dataclass(frozen=True)
class StoredSet:
    """A test set on disk."""

    card: Card
    folder: Path

    @cached_property
    def _codes(self) -> dict[str, tuple[NDArray[np.int64], list[str]]]:
        """The codes that were asked for: a sequential plan asks at every look."""
        return {}

    @cached_property
    def _positions(self) -> dict[str, NDArray[np.int64]]:
        return {}

    @cached_property
    def input(self) -> DataType[Any] | None:
        """The inputs' data type; None where the set holds none."""
        return input_of(self.card)

    def hidden(self, *further: Path) -> tuple[str, ...]:
        """Return the folders that an isolated product must not see: this set's, the store, and any others."""
        return hidden(self.folder, *further)

    def batches(self, columns: Sequence[str] | None = None, size: int = 8192) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, ``size`` at a time, or fewer where they are large."""
        yield from read_batches(self.folder / SAMPLES, columns, size)

    def fit(self, columns: Sequence[str]) -> int:
        """Return how many rows of some columns may be in memory together, one at least."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.folder / SAMPLES) as file:
            return fit(file, columns)

    def codes(self, column: str) -> tuple[NDArray[np.int64], list[str]]:
        """Return an integer code for each row of a group or unit column, int64[n], and the names of the codes."""
        import numpy as np
        import pyarrow as pa

        if column in self._codes:
            return self._codes[column]
        if column not in (*self.card.groups, *self.card.units):
            kind = Words(f"group or unit in {self.card.label}", f"{self.card.label} 分组或单元")
            raise UnknownName(kind, column, [*self.card.groups, *self.card.units])
        chunks = [batch.column(0).dictionary_encode() for batch in self.batches([column], 2**16)]
        encoded = pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
        values = encoded.dictionary.to_pylist()
        rank = {value: code for code, value in enumerate(sorted(values))}
        order = np.array([rank[value] for value in values], dtype=np.int64)
        self._codes[column] = order[encoded.indices.to_numpy()], sorted(values)
        return self._codes[column]

    def positions(self, split: str) -> NDArray[np.int64]:
        """Return the rows of a split, int64[n], ascending."""
        if split not in self.card.splits:
            raise UnknownName(Words(f"split of {self.card.label}", f"{self.card.label} 划分"), split, self.card.splits)
        if split not in self._positions:
            self._positions[split] = self._rows_of(split)
        return self._positions[split]

    def _rows_of(self, split: str) -> NDArray[np.int64]:
        import numpy as np

        if len(self.card.splits) == 1:
            return np.arange(self.card.samples)
        chosen = [
            np.asarray(batch.column(0).to_numpy(zero_copy_only=False) == split) for batch in self.batches(["split"])
        ]
        return np.flatnonzero(np.concatenate(chosen))

    def answers(self, name: str) -> pa.Table:
        """Return recorded answers, checked against the card: columns ``id`` and ``output``."""
        import pyarrow as pa

        if name not in self.card.answers:
            raise UnknownName(Words("recorded answers", "答案记录"), name, self.card.answers)
        batches = list(read_batches(self.folder / _answers_file(name), None, 2**16))
        found = content_digest(batches)
        if found != self.card.answers_digest.get(name):
            raise _wrong_digest(self.folder, str(self.card.answers_digest.get(name)), found)
        return pa.Table.from_batches(batches)

    def check(self) -> None:
        """Raise `SetError` unless the samples are what the card says."""
        import pyarrow.parquet as pq

        found = content_digest(self.batches())
        if found != self.card.digest:
            raise _wrong_digest(self.folder, self.card.digest, found)
        with pq.ParquetFile(self.folder / SAMPLES) as file:
            columns, count = file.schema_arrow.names, file.metadata.num_rows
        missing = [name for name in _columns(self.card) if name not in columns]
        if missing:
            raise _false_card(self.folder, f"no column {missing[0]!r}", f"没有列 {missing[0]!r}")
        if count != self.card.samples or self._counted() != dict(self.card.splits):
            raise _false_card(
                self.folder, f"{count} samples in {self._counted()}", f"{count} 个样本，划分为 {self._counted()}"
            )

    def _counted(self) -> dict[str, int]:
        """Return the number of samples in each split, by counting."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.folder / SAMPLES) as file:
            if "split" not in file.schema_arrow.names:
                return {TEST: file.metadata.num_rows}
            return _splits(file.read(["split"]))


def write_set(folder: Path, card: Card, samples: pa.Table, answers: Mapping[str, pa.Table] | None = None) -> StoredSet:
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

    Raises
    ------
    SetError
        Where the samples are not what the card says; the message names the row.
    """
    import pyarrow.parquet as pq

    samples = _plain_text(samples.combine_chunks())
    answers = {name: _plain_text(table) for name, table in (answers or {}).items()}
    _check_samples(card, samples)
    card = replace(
        card,
        samples=samples.num_rows,
        splits=_splits(samples),
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
        pq.write_table(samples, new / SAMPLES, row_group_size=2**16, compression="zstd")
        for name, table in answers.items():
            pq.write_table(table, new / _answers_file(name), compression="zstd")
        (new / "card.json").write_text(json.dumps(plain(card), ensure_ascii=False, indent=2) + "\n", "utf-8")
        try:
            new.rename(folder)
        except OSError:  # another process was first; what it wrote is checked when it is opened
            if not folder.exists():
                raise
            shutil.rmtree(new)
    return StoredSet(card, folder)


def _answers_file(name: str) -> str:
    return f"answers-{name}.parquet"


def _columns(card: Card) -> list[str]:
    """Return the columns that a card promises."""
    return ["id", *([] if card.input is None else ["input"]), "reference", *card.groups, *card.units]


def _plain_text(table: pa.Table) -> pa.Table:
    """Return a table whose text columns are of one kind, whichever library wrote them."""
    import pyarrow as pa

    kinds = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}
    return table.cast(pa.schema([field.with_type(kinds.get(field.type, field.type)) for field in table.schema]))


def _splits(samples: pa.Table) -> dict[str, int]:
    if "split" not in samples.column_names:
        return {TEST: samples.num_rows}
    counts = samples["split"].value_counts().to_pylist()
    return {item["values"]: item["counts"] for item in sorted(counts, key=lambda item: str(item["values"]))}


def _check_samples(card: Card, samples: pa.Table) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    def refuse(en: str, zh: str) -> SetError:
        return SetError(Words(f"{card.label}: {en}", f"{card.label}：{zh}"))

    optional = ["split"] if "split" in samples.column_names else []
    for column in (*_columns(card), *optional):
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
        first = repeated.field("values")[0].as_py()
        raise refuse(
            f"{len(repeated)} ids stand twice, {first!r} first", f"{len(repeated)} 个编号重复，首个为 {first!r}"
        )
    if card.input is not None:
        seen = _declared(card)
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
            raise refuse(f"row {row}: {what.en}", f"第 {row} 行：{what.zh}")


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


def _declared(card: Card) -> DataType[Any]:
    assert card.input is not None
    try:
        return declared(card.input)
    except TypeError as error:
        what = f"{dict(card.input)}: {error}"
        raise SetError(
            Words(f"{card.label}: no data type of inputs: {what}", f"{card.label}：无此输入数据类型：{what}")
        ) from None


def _false_card(folder: Path, en: str, zh: str) -> SetError:
    return SetError(
        Words(
            f"the set in {folder} is not what its card says: there is {en}.",
            f"{folder} 中的数据集与卡片不符：实有{zh}。",
        ),
        Words("Nothing was run. Restore the card.", "未运行任何检测。请恢复卡片。"),
    )


def _wrong_digest(folder: Path, expected: str, found: str) -> SetError:
    return SetError(
        Words(
            f"the set in {folder} is not what its card says: its samples' digest is {found}, not {expected}.",
            f"{folder} 中的数据集与卡片不符：样本摘要为 {found}，应为 {expected}。",
        ),
        Words(
            "Nothing was run. Restore the folder, or remove it to have it made anew from its recipe.",
            "未运行任何检测。请恢复该目录，或删除后由配方重新生成。",
        ),
    )
