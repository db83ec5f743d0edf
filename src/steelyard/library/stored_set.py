"""A test set on disk: a card and a Parquet table, checked whenever it is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.card import Card
from steelyard.core.data_type import DataType, Lasting
from steelyard.core.errors import SetError, UnknownName
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.library._batches import read_batches
from steelyard.library._leaves import content_digest
from steelyard.library.home import hidden, home

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from steelyard.library.sealed.age import Keys
    from steelyard.library.sealed.sealing import Sealing

SAMPLES = "samples.parquet"
TEST = "test"
"""The split that a run uses."""
VERIFIED = "verified.json"
"""Which bytes were found to have which digest, so that opening a set needs to hash its file only."""


def input_of(card: Card) -> DataType[Any] | None:
    """Return the data type of a set's inputs; None where it holds none."""
    return None if card.input is None else declared_input(card)


def file_digest(path: Path) -> str:
    """Return ``"sha256:…"`` of a file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def answers_file(name: str) -> str:
    """Return the name of the file that holds a product's recorded answers."""
    return f"answers-{name}.parquet"


def columns_of(card: Card) -> list[str]:
    """Return the columns that a card promises."""
    return ["id", *([] if card.input is None else ["input"]), "reference", *card.groups, *card.units]


def splits_of(samples: pa.Table) -> dict[str, int]:
    """Return the number of samples in each split."""
    if "split" not in samples.column_names:
        return {TEST: samples.num_rows}
    counts = samples["split"].value_counts().to_pylist()
    return {item["values"]: item["counts"] for item in sorted(counts, key=lambda item: str(item["values"]))}


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

    @cached_property
    def durations(self) -> NDArray[np.float64] | None:
        """How many seconds the input of each row lasts, float64[n]; None where inputs do not last, or there are none.

        It is found in one pass over the inputs, a few at a time, and only where somebody asks.
        """
        import numpy as np

        kind = self.input
        if not isinstance(kind, Lasting):
            return None
        each = (stored.as_py() for batch in self.batches(["input"]) for stored in batch.column(0))
        return np.fromiter(map(kind.duration, each), np.float64, self.card.samples)

    @property
    def sealing(self) -> Sealing | None:
        """What may be known of a set that is sealed; None for one in clear."""
        return None

    @property
    def lock(self) -> Keys | None:
        """What locks the journal of a run on a sealed set; None for one in clear."""
        return None

    def hidden(self, *further: Path) -> tuple[str, ...]:
        """Return the folders that an isolated product must not see: this set's, the store, and any others."""
        return hidden(self.folder, *further)

    def batches(self, columns: Sequence[str] | None = None, size: int = 8192) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, ``size`` at a time, or fewer where they are large."""
        yield from read_batches(self.folder / SAMPLES, columns, size)

    def canaries(self, columns: Sequence[str], size: int = 8192) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """Yield samples that are no part of the set: those that a sealed one was given to show who leaked it."""
        yield from ()

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
        encoded = pa.chunked_array(chunks).unify_dictionaries()
        chunks.clear()
        values = encoded.chunk(0).dictionary.to_pylist()
        rank = {value: code for code, value in enumerate(sorted(values))}
        order = np.array([rank[value] for value in values], dtype=np.int64)
        codes = np.empty(len(encoded), dtype=np.int64)
        start = 0
        for chunk in encoded.chunks:  # joined they would be in memory twice
            codes[start : start + len(chunk)] = order[chunk.indices.to_numpy()]
            start += len(chunk)
        self._codes[column] = codes, sorted(values)
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
        import pyarrow.parquet as pq

        if name not in self.card.answers:
            raise UnknownName(Words("recorded answers", "答案记录"), name, self.card.answers)
        path = self.folder / answers_file(name)
        batches = list(read_batches(path, None, 2**16))
        found = content_digest(batches)
        if found != self.card.answers_digest.get(name):
            raise wrong_digest(self.folder, str(self.card.answers_digest.get(name)), found)
        return pa.Table.from_batches(batches, schema=None if batches else pq.read_schema(path))

    def check(self) -> None:
        """Raise `SetError` unless the samples are what the card says.

        In the store, bytes that were found to have the card's digest when they were written are not taken apart again;
        any others are verified. Elsewhere all are: a folder may come from anybody, with whatever it says of itself.
        """
        path = self.folder / SAMPLES
        kept = home().resolve() in self.folder.resolve().parents
        if kept and path.is_file() and self._verified().get(SAMPLES) == [file_digest(path), self.card.digest]:
            self._check_counts()
        else:
            self.verify()

    def verify(self) -> None:
        """Raise `SetError` unless the rows, taken one by one, have the root that the card says."""
        found = content_digest(self.batches())
        if found != self.card.digest:
            raise wrong_digest(self.folder, self.card.digest, found)
        self._check_counts()

    def _check_counts(self) -> None:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.folder / SAMPLES) as file:
            columns, count = file.schema_arrow.names, file.metadata.num_rows
        missing = [name for name in columns_of(self.card) if name not in columns]
        if missing:
            raise _false_card(self.folder, f"no column {missing[0]!r}", f"没有列 {missing[0]!r}")
        if count != self.card.samples or self._counted() != dict(self.card.splits):
            raise _false_card(
                self.folder, f"{count} samples in {self._counted()}", f"{count} 个样本，划分为 {self._counted()}"
            )

    def _verified(self) -> dict[str, Any]:
        try:
            written = json.loads((self.folder / VERIFIED).read_text("utf-8"))
        except (OSError, ValueError):
            return {}  # then they are verified now
        return written if isinstance(written, dict) else {}

    def _counted(self) -> dict[str, int]:
        """Return the number of samples in each split, by counting."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.folder / SAMPLES) as file:
            if "split" not in file.schema_arrow.names:
                return {TEST: file.metadata.num_rows}
            return splits_of(file.read(["split"]))


def declared_input(card: Card) -> DataType[Any]:
    """Return the data type of a set's inputs, where it has them."""
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
            f"the set in {folder} is not what its card says: it holds {en}.",
            f"{folder} 中的数据集与卡片不符：实有{zh}。",
        ),
        Words("Nothing was run. Restore the card.", "未运行任何检测。请恢复卡片。"),
    )


def wrong_digest(folder: Path, expected: str, found: str) -> SetError:
    """Return the error of a set whose samples are others than those expected."""
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
