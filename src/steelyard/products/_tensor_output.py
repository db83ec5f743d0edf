"""How a model's answers are read: guessed where one thing can be meant, else as said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import ProductError, UnknownName
from steelyard.core.words import Words
from steelyard.products._tensor_mapping import KINDS, Telling, Tensor, read, unclear


def told(
    outputs: Sequence[Tensor], said: DataType[Any], table: Mapping[str, Any], named: str, *, batched: bool
) -> Output:
    """Return how the output is read, of the one that is named or the one that fits; as `fed` does for inputs."""
    how = read(Telling, table, f"{named} [output]")
    names = [each.name for each in outputs]
    if how.name and how.name not in names:
        raise UnknownName(Words("output of the model", "模型输出"), how.name, names)
    asked = [each for each in outputs if each.name == how.name] or list(outputs)
    sides = {each.name: each if batched else each._replace(shape=(1, *each.shape)) for each in asked}
    fitting = [each for each in asked if _reads(sides[each.name], said, how)]
    if len(fitting) > 1 and _of(said) == "label":  # the model's own decision comes before its scores
        fitting = sorted(fitting, key=lambda each: ("string" not in each.type, "int" not in each.type))[:1]
    if len(fitting) == 1:
        return Output(fitting[0], how, said, batched)
    example = f'[output]\nname = "{asked[0].name}"\n'
    if _of(said) == "label":
        classes = json.dumps(said.declaration()["classes"][:2], ensure_ascii=False)
        example += f"classes = {classes}   # of the columns, in their order\n"
        example += "# threshold = 0.5   # where one score decides: the first class below it, else the second\n"
    else:
        example += "column = 1\n"
    raise unclear(
        Words(
            f"the model answers {'; '.join(map(str, outputs))}, the method asks for {said}",
            f"模型输出 {'；'.join(map(str, outputs))}，检测方法要求 {said}",
        ),
        named,
        example,
    )


@dataclass(frozen=True)
class Output:
    """How a model's answers are read."""

    tensor: Tensor
    how: Telling
    said: DataType[Any]
    batched: bool
    """Whether the first side counts samples."""

    @cached_property
    def _what(self) -> str:
        return _of(self.said)

    @cached_property
    def _classes(self) -> Sequence[str]:
        return self.how.classes or self.said.declaration()["classes"]

    def each(self, results: Any, count: int) -> Iterator[tuple[Any, bool]]:
        """Yield an answer for each of ``count`` samples, and whether it may be a value of the method's output.

        What cannot be one (scores that are not finite, a number that no class bears) is sent as it is, so that the
        bench sees it and counts it as malformed.
        """
        import numpy as np

        if isinstance(results, list):  # of dictionaries: what scikit-learn's converters make of probabilities
            results = np.array([list(each.values()) for each in results])
        if not self.batched:
            results = results[None]
        for row in map(np.asarray, results[:count]):
            if row.dtype.kind == "f":
                row = row.astype(np.float64)
            yield self._value(row) if self._what in ("label", "score") else (_plain(row, self._what), True)

    def _value(self, row: Any) -> tuple[Any, bool]:
        """Return the class or the score of one sample."""
        import numpy as np

        row = row.ravel()
        if self.how.column is not None:
            row = row[[self.how.column]]
        if row.dtype.kind == "f" and not np.isfinite(row).all():
            return [float(each) for each in row], False
        if self._what == "score":
            return (float(row[0]), True) if len(row) == 1 else (row.tolist(), False)
        classes = self._classes
        if self.how.threshold is not None:
            return classes[int(row[0] >= self.how.threshold)], True
        if row.dtype.kind in "OU":
            name = str(row[0])
            return (
                classes[int(name)] if self.how.classes and name.isdecimal() and int(name) < len(classes) else name
            ), True
        if len(row) not in (1, len(classes)):
            return row.tolist(), False
        place = int(row.argmax()) if len(row) > 1 else int(row[0])
        return (classes[place], True) if 0 <= place < len(classes) else (place, False)


def _of(said: DataType[Any]) -> str:
    return str(said.declaration()["type"])


def _plain(row: Any, what: str) -> Any:
    """Return one sample's answer as a value of the method's output, which is of this data type."""
    import numpy as np

    match what:
        case "text":
            return str(row.ravel()[0])
        case "image":
            if row.dtype != np.uint8:
                raise ProductError(Words(f"images are uint8, not {row.dtype}", f"图像应为 uint8，实为 {row.dtype}"))
            return row[:, :, 0] if row.ndim == 3 and row.shape[2] == 1 else row
        case "audio":
            return row.ravel().astype(np.float32)
        case _:
            return row.tolist()


def _reads(tensor: Tensor, said: DataType[Any], how: Telling) -> bool:
    """Whether a method's output can be read from one of the model's."""
    text, what = tensor.type == "tensor(string)", _of(said)
    columns = tensor.shape[-1] if len(tensor.shape) > 1 else 1
    if how.column is not None or tensor.type.startswith("seq("):
        columns = None if how.column is None else 1
    if what == "label":
        return _reads_label(tensor, columns, len(said.declaration()["classes"]), how)
    if what == "text":
        return text
    if text or tensor.type not in KINDS:
        return what == "score" and tensor.type.startswith("seq(") and how.column is not None
    if what == "score":
        return columns in (1, None) or isinstance(columns, str)
    if what == "features":
        size = said.declaration().get("size")
        return size is None or not isinstance(columns, int) or columns == size
    return what in ("image", "audio", "series")


def _reads_label(tensor: Tensor, columns: Any, classes: int, how: Telling) -> bool:
    if tensor.type == "tensor(string)":
        return columns in (1, None) or isinstance(columns, str)
    if "int" in tensor.type:
        return bool(columns == 1)
    if how.threshold is not None:
        return columns == 1 and len(how.classes) == 2
    wanted = len(how.classes) or classes
    if tensor.type.startswith("seq("):
        return bool(how.classes)
    if not isinstance(columns, int) and not how.classes:
        return False
    return bool(tensor.type in KINDS and (columns == wanted or not isinstance(columns, int)) and wanted > 1)
