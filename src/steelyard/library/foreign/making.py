"""Makes a card and samples of a table that others described: what can be inferred is; the rest is asked for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.card import Card
from steelyard.core.errors import CallError, MalformedValue, UnknownName
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.library.foreign.description import NOTHING, Description
from steelyard.library.foreign.inputs import Made, inputs
from steelyard.library.foreign.licences import spdx

if TYPE_CHECKING:
    import pyarrow as pa

IDS = ("id", "uid", "uuid", "sample_id")
INPUTS = ("input", "text", "sentence", "utterance", "question", "audio", "image", "img", "features")
REFERENCES = ("reference", "label", "labels", "target", "class", "transcription", "transcript", "answer", "intent")
SPLITS = {"train": "training", "val": "validation", "valid": "validation", "dev": "validation"}
"""What others call splits, and what they are called here."""


@dataclass(frozen=True)
class Foreign:
    """A table that others described."""

    path: Path
    """The file that describes it, for messages."""
    table: pa.Table
    said: Description
    """What the file says of itself."""
    media: Mapping[str, str] = field(default_factory=dict)
    """Columns of files' bytes, and what they are: ``"image"``, ``"audio"``."""
    labels: tuple[str, ...] = ()
    """Columns that the file calls labels."""
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Incoming:
    """A set that comes in: what will be written, and what the user should know of it."""

    card: Card
    samples: pa.Table
    answers: Mapping[str, pa.Table] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()


def incoming(foreign: Foreign, description: Description) -> Incoming:
    """Return card and samples of a foreign table.

    Parameters
    ----------
    foreign : Foreign
        The table, and what its file says.
    description : Description
        What the user says; it has the word.

    Raises
    ------
    CallError
        Where it cannot be told which column is what; the message says what to give.
    """
    import pyarrow as pa

    said = description.over(foreign.said)
    taken = _Columns(foreign, said)
    columns: dict[str, Any] = {"id": taken.ids()}
    made = taken.inputs(columns["id"])
    if made is not None:
        columns["input"] = made.column
    columns["reference"] = taken.references()
    split = taken.splits()
    columns |= {} if split is None else {"split": split}
    notes = [*foreign.notes, *taken.notes]
    for name in (*said.groups, *said.units):
        columns[name] = as_text(taken.column(name, Words("group or unit", "分组或单元")))
    for name in foreign.table.column_names:
        if name in columns or name in taken.used:
            continue
        kept = _storable(foreign.table[name])
        if kept is None:
            kind = foreign.table[name].type
            notes.append(Words(f"column {name!r} ({kind}) was left out", f"未保留列 {name!r}（{kind}）"))
        else:
            columns[name] = kept
    samples = pa.table(columns)
    card = _card(foreign, said, made, notes)
    methods = said.methods or _methods(card, samples)
    if methods and not said.methods:
        listed = ", ".join(methods)
        notes.append(Words(f"methods that fit its inputs and reference answers: {listed}", f"适用的检测方法：{listed}"))
    return Incoming(replace(card, methods=methods, scope=_scope(foreign.path, notes)), samples, notes=tuple(notes))


class _Columns:
    """Finds out which column is what, and remembers what was inferred."""

    def __init__(self, foreign: Foreign, said: Description) -> None:
        self.foreign, self.said = foreign, said
        self.names: list[str] = foreign.table.column_names
        self.used: set[str] = set()
        self.notes: list[Words] = []

    def column(self, name: str, kind: Words) -> pa.ChunkedArray:
        if name not in self.names:
            where = Words(f"{kind.en} column in {self.foreign.path}", f"{self.foreign.path} {kind.zh}列")
            raise UnknownName(where, name, self.names)
        return self.foreign.table[name]

    def _inferred(self, name: str, kind: Words) -> str:
        self.notes.append(Words(f"{kind.en}: column {name!r}", f"{kind.zh}：列 {name!r}"))
        return name

    def _ask(self, kind: Words, option: str, found: Sequence[str]) -> CallError:
        seen = Words(f"{len(found)} columns may be: {', '.join(found)}", f"可能的列有：{'、'.join(found)}")
        why = seen if found else Words("no column says so", "没有列表明")
        listed = ", ".join(self.names)
        return CallError(
            Words(
                f"{self.foreign.path} does not say which column holds the {kind.en}; {why.en}.",
                f"{self.foreign.path} 未说明哪一列是{kind.zh}；{why.zh}。",
            ),
            Words(
                f"Give {option} COLUMN to `steelyard sets add`. Columns: {listed}.",
                f"请在 `steelyard sets add` 中给出 {option} 列名。现有列：{listed}。",
            ),
        )

    def ids(self) -> pa.ChunkedArray:
        import pyarrow as pa

        name = self.said.id or next((name for name in IDS if name in self.names), None)
        if name is None or name == NOTHING:
            self.notes.append(Words("ids: the rows' numbers", "编号：行号"))
            count = self.foreign.table.num_rows
            width = len(str(max(count - 1, 0)))
            return pa.chunked_array([pa.array([f"{row:0{width}d}" for row in range(count)], pa.string())])
        self.used.add(name)
        return as_text(self.column(name, Words("id", "编号")))

    def inputs(self, ids: pa.ChunkedArray) -> Made | None:
        kind = Words("inputs", "输入")
        wanted = self.said.input
        if wanted == (NOTHING,):
            return None
        if not wanted:
            media = [name for name in self.foreign.media if name in self.names]
            found = media or [name for name in INPUTS if name in self.names and name != self.said.reference]
            found = ["input"] if "input" in found else found
            if len(found) != 1:
                raise self._ask(kind, "--input", found)
            wanted = (self._inferred(found[0], kind),)
        columns = {name: self.column(name, kind) for name in wanted}
        self.used |= set(wanted)
        media_kind = self.foreign.media.get(wanted[0]) if len(wanted) == 1 else None
        return inputs(columns, self.said.declaration(), media_kind, self.foreign.path, ids)

    def references(self) -> pa.ChunkedArray:
        import pyarrow as pa

        kind = Words("reference answers", "参考答案")
        name = self.said.reference
        if name is None:
            found = list(self.foreign.labels) or [name for name in REFERENCES if name in self.names]
            found = [name for name in found if name not in self.used]
            found = ["reference"] if "reference" in found else found
            if len(found) != 1:
                raise self._ask(kind, "--reference", found)
            name = self._inferred(found[0], kind)
        column = self.column(name, kind)
        if name not in (*self.said.groups, *self.said.units):
            self.used.add(name)
        if self.said.means or pa.types.is_boolean(column.type):
            column = as_text(column)
        if self.said.means:
            values = set(column.unique().to_pylist())
            for meant in self.said.means:
                if meant not in values:
                    raise UnknownName(Words(f"value of {name}", f"{name} 的值"), meant, values - {None})
            column = pa.chunked_array(
                [pa.array([self.said.means.get(value, value) for value in column.to_pylist()], pa.string())]
            )
        kept = _storable(column)
        if kept is None:
            raise CallError(
                Words(
                    f"{self.foreign.path}: column {name!r} is of type {column.type}, which no reference answer has.",
                    f"{self.foreign.path}：列 {name!r} 的类型 {column.type} 不能作为参考答案。",
                )
            )
        return kept

    def splits(self) -> pa.ChunkedArray | None:
        import pyarrow as pa

        name = self.said.split or ("split" if "split" in self.names else None)
        if name is None or name == NOTHING:
            self.used |= {"split"}
            if "split" in self.names:
                self.notes.append(
                    Words("column 'split' was left out: all are test samples", "未保留列 'split'：全部为测试样本")
                )
            return None
        self.used.add(name)
        column = as_text(self.column(name, Words("split", "划分")))
        names = {value: SPLITS.get(value, value) for value in column.unique().to_pylist() if value is not None}
        if self.said.test is not None:
            if self.said.test not in names and self.said.test not in names.values():
                raise UnknownName(
                    Words(f"split of {self.foreign.path}", f"{self.foreign.path} 划分"), self.said.test, names
                )
            chosen = {key for key, value in names.items() if self.said.test in (key, value)}
            names = {
                key: "test" if key in chosen else f"other-{value}" if value == "test" else value
                for key, value in names.items()
            }
        elif "test" not in names.values():
            listed = ", ".join(map(str, names))
            raise CallError(
                Words(
                    f"{self.foreign.path} has no split called test: {listed}.",
                    f"{self.foreign.path} 没有 test 划分：{listed}。",
                ),
                Words(
                    "Give --test SPLIT to `steelyard sets add`, or --split none: then all samples are test samples.",
                    "请在 `steelyard sets add` 中给出 --test 划分名，或用 --split none 将全部样本作为测试样本。",
                ),
            )
        return pa.chunked_array([pa.array([names.get(value) for value in column.to_pylist()], pa.string())])


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text: numbers as they are written, booleans as true and false."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    with contextlib.suppress(pa.ArrowException):  # what no integer holds, 1e300 or infinity, is written as it is
        if pa.types.is_floating(column.type) and pc.all(pc.equal(column, pc.floor(column))).as_py():
            column = column.cast(pa.int64())  # a library that knows no missing integers made them floats
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        return pa.chunked_array(
            [pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())]
        )


def _storable(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return a column as a set can hold it: text, numbers, bytes, or lists of these; None where it is none of them."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _storable(column.cast(kind.value_type))
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return as_text(column)
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    plain = _plain(kind)
    return None if plain is None else column.cast(plain)


def _plain(kind: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    if pa.types.is_floating(kind):
        return pa.float32() if pa.types.is_float16(kind) else kind
    if pa.types.is_integer(kind):
        return kind
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = _plain(kind.value_type)
        return None if inner is None else pa.list_(inner)
    return None


def _card(foreign: Foreign, said: Description, made: Made | None, notes: list[Words]) -> Card:
    name = said.name or slug(foreign.path.stem)
    missing = [] if said.licence else [Words("its licence is not stated", "未说明许可证")]
    notes += missing
    unstated = Words("how they were made is not stated", "制作方式未说明")
    return Card(
        name=name,
        version=said.version or "1",
        title=said.title or Words(name, name),
        licence=spdx(said.licence),
        source=said.source or foreign.path.name,
        citation=said.citation or "",
        methods=(),
        reference=said.made or unstated,
        input=None if made is None else made.declaration,
        groups=said.groups,
        units=said.units,
    )


def _scope(path: Path, notes: Sequence[Words]) -> Words | None:
    if not notes:
        return None
    en, zh = "; ".join(note.en for note in notes), "；".join(note.zh for note in notes)
    return Words(
        f"Made from {path.name}; what was inferred or left aside: {en}.",
        f"由 {path.name} 导入；推断或未读取之处：{zh}。",
    )


def _methods(card: Card, samples: pa.Table) -> tuple[str, ...]:
    """Return the methods that take these inputs and know every one of these reference answers."""
    from steelyard import fields

    if card.input is None:
        return ()
    seen = declared(card.input)
    answers = samples["reference"].unique().to_pylist() if _hashable(samples["reference"].type) else []
    found = []
    for name in fields.names():
        method = fields.find(name)
        if answers and method.observation is None and method.input.admits(seen) and _knows(method.expected, answers):
            found.append(name)
    return tuple(found)


def _hashable(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return not pa.types.is_nested(kind)


def _knows(expected: Any, answers: Sequence[Any]) -> bool:
    try:
        for answer in answers:
            expected.decode(answer)
    except (MalformedValue, TypeError, ValueError):
        return False
    return True


def redescribed(card: Card, description: Description, path: Path) -> Card:
    """Return the card that a set brings with it, with what a user says of it instead.

    Raises
    ------
    CallError
        Where the user says which column is what: the card does.
    """
    columns = ("id", "input", "type", "reference", "means", "split", "test", "groups", "units", "records")
    for name in columns:
        if getattr(description, name):
            raise CallError(
                Words(
                    f"{path} has a card, which says which column is what; {name} cannot be changed.",
                    f"{path} 自带卡片并已规定各列；不能更改 {name}。",
                ),
                Words("Leave the option out.", "请去掉该选项。"),
            )
    said = {
        "name": description.name,
        "version": description.version,
        "title": description.title,
        "licence": spdx(description.licence) if description.licence else None,
        "source": description.source,
        "citation": description.citation,
        "reference": description.made,
        "methods": description.methods,
    }
    return replace(card, **{key: value for key, value in said.items() if value})  # type: ignore[arg-type]


def slug(name: str) -> str:
    """Return a name as addresses have it: small letters and digits of ASCII, dots and hyphens.

    Examples
    --------
    >>> slug("My Set (v2)"), slug("wdbc_small"), slug("数字")
    ('my-set-v2', 'wdbc-small', 'set')
    """
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "set"
