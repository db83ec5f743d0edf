"""How samples become tensors of a served model, and its tensors answers: by its metadata, else as a mapping says."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, ProductError
from steelyard.core.words import Words
from steelyard.products import _tensor_inputs, _tensor_mapping, _tensor_output
from steelyard.products._tensors import DATATYPES, datatype

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNDECLARED = {"features": "FP64"}
"""What is sent where the model declares nothing; all else goes as ``BYTES``."""


class Tensor(_tensor_mapping.Tensor):
    """An input or an output of a served model."""

    @classmethod
    def declared(cls, name: str, kind: str, shape: Sequence[int]) -> Tensor:
        """Return the tensor of a declaration; sides of −1 are free."""
        if kind not in DATATYPES:
            raise ValueError(f"{name} is of datatype {kind}")
        return cls(name, DATATYPES[kind][1], tuple(side if side >= 0 else "any" for side in shape))

    @classmethod
    def of(cls, name: str, array: NDArray[Any]) -> Tensor:
        """Return the tensor that an array shows; its first side is free."""
        return cls.declared(name, datatype(array), (-1, *array.shape[1:]))


def declared(metadata: JSON, key: str) -> list[Tensor]:
    """Return the inputs or outputs that a model's metadata declare, which may be none."""
    if not isinstance(metadata, dict):
        raise TypeError("it is no object")
    return [Tensor.declared(each["name"], each["datatype"], each["shape"]) for each in metadata.get(key) or ()]


@dataclass(frozen=True)
class Feeds:
    """How samples become tensors."""

    tensors: tuple[Tensor, ...]
    inputs: _tensor_inputs.Inputs | None
    """None where values go as they are on the wire."""
    key: str = ""
    """Of a wire form that is a file, where its bytes stand."""

    @property
    def raw(self) -> bool:
        """Whether values go as they are on the wire, in an element of ``BYTES``."""
        return self.inputs is None

    @property
    def batched(self) -> bool:
        """Whether the first side of the inputs counts samples."""
        return self.inputs is None or any(feed.batched for feed in self.inputs.feeds)

    @property
    def guess(self) -> Words:
        """What was guessed where the model declares nothing."""
        listed = ", ".join(map(str, self.tensors))
        return Words(
            f"the server does not declare the model's inputs; it was sent {listed}",
            f"服务器未声明模型输入；所发为 {listed}",
        )

    @classmethod
    def made(
        cls, tensors: Sequence[Tensor], seen: DataType[Any] | None, table: Mapping[str, Mapping[str, Any]], file: str
    ) -> Feeds:
        """Return how values of a type become the inputs of a model.

        Parameters
        ----------
        tensors : sequence of Tensor
            As the model declares them.
        seen : DataType
            Of the samples.
        table : mapping
            The tables ``[inputs.NAME]`` of the mapping; where the model declares nothing, with ``datatype`` and
            ``shape``.
        file : str
            The mapping, for errors.

        Raises
        ------
        ProductError, UnknownName
            Where they do not fit, or the mapping names what there is not.
        """
        if seen is None:
            raise CallError(
                Words("a model cannot be asked without inputs.", "没有输入，无法向模型提问。"),
                Words("Choose a set with inputs.", "请选用含输入的数据集。"),
            )
        what = str(seen.declaration()["type"])
        tensors = tensors or _undeclared(what, table)
        table = {
            name: {k: v for k, v in each.items() if k not in ("datatype", "shape")} for name, each in table.items()
        }
        if len(tensors) == 1 and tensors[0].type == DATATYPES["BYTES"][1] and what != "text":
            properties = list(seen.schema().get("properties", {}).items())
            files = [key for key, schema in properties if schema.get("contentEncoding") == "base64"]
            return cls(tuple(tensors), None, files[0] if len(properties) == 1 and files else "")
        return cls(tuple(tensors), _tensor_inputs.fed(tensors, seen, table, file))

    def batch(self, most: int) -> int:
        """Return how many samples a request may carry."""
        if self.inputs is not None:
            return self.inputs.batch(most)
        first = self.tensors[0].shape[:1]
        return min([most, *(side for side in first if isinstance(side, int))])

    def together(self, values: Sequence[Any]) -> dict[str, NDArray[Any]]:
        """Return the tensors of some values: of wire forms where they go raw."""
        import numpy as np

        if self.inputs is not None:
            made = self.inputs.together([self.inputs.feed(value) for value in values])
            return {name: np.ascontiguousarray(array) for name, array in made.items()}
        (tensor,) = self.tensors
        array = np.empty(len(values), dtype=object)
        array[:] = [base64.b64decode(value[self.key]) if self.key else orjson.dumps(value) for value in values]
        return {tensor.name: array.reshape([len(values)] + [1] * (len(tensor.shape) - 1))}

    def rows(self, tensors: Mapping[str, NDArray[Any]]) -> int:
        """Return how many samples tensors hold, with those that fill up a fixed batch."""
        if not self.batched:
            return 1
        return max((array.shape[0] for array in tensors.values() if array.ndim), default=1)


def _undeclared(what: str, table: Mapping[str, Mapping[str, Any]]) -> list[Tensor]:
    """Return the inputs of a model that declares none: as the mapping says, else the plainest."""
    named = {name: each for name, each in table.items() if "datatype" in each or "shape" in each}
    kind = UNDECLARED.get(what, "BYTES")
    if not named:
        return [Tensor.declared("input-0", kind, [-1] if kind == "BYTES" else [-1, -1])]
    try:
        return [
            Tensor.declared(name, each.get("datatype", kind), each.get("shape", [-1, -1]))
            for name, each in named.items()
        ]
    except (ValueError, TypeError) as error:
        known = ", ".join(DATATYPES)
        raise ProductError(
            Words(f"the mapping of the inputs cannot be read: {error}", f"输入映射无法读取：{error}"),
            Words(
                f"datatype is one of {known}; shape is like [-1, 30].",
                f"datatype 为 {known} 之一；shape 形如 [-1, 30]。",
            ),
        ) from None


@dataclass(frozen=True)
class Reading:
    """How outputs become answers."""

    tensor: _tensor_mapping.Tensor
    output: _tensor_output.Output | None
    """None where each element of ``BYTES`` holds an answer as it is on the wire."""
    said: DataType[Any]
    batched: bool = True
    key: str = ""

    def guesses(self) -> Iterator[Words]:
        """Yield what was taken for granted."""
        if self.output is None or "string" in self.tensor.type or self.said.declaration()["type"] != "label":
            return
        if not self.output.how.classes:
            listed = ", ".join(f"{place} = {name}" for place, name in enumerate(self.said.declaration()["classes"]))
            yield Words(
                f"its numbers were read as classes in the order of the method: {listed}; a mapping can say another",
                f"其数值按检测方法的类别次序解读：{listed}；可用映射文件另行指定",
            )

    def each(self, outputs: Mapping[str, NDArray[Any]], count: int, rows: int) -> Iterator[JSON]:
        """Yield the wire form of an answer for each of ``count`` samples, of ``rows`` that were sent."""
        if self.tensor.name not in outputs:
            raise ValueError(f"there is no output {self.tensor.name}")
        array = self._fitted(outputs[self.tensor.name], rows)
        if self.output is None:
            yield from (self._of_bytes(each) for each in array[:count].ravel())
            return
        if array.dtype == object:
            array = _as_text(array)
        if not self.batched:
            array = array[0]
        for value, usable in self.output.each(array, count):
            yield self.said.encode(value) if usable else value

    def _fitted(self, array: NDArray[Any], rows: int) -> NDArray[Any]:
        """Return an output with a first side that counts samples; sides of one may be left out, or be too many."""
        whole = array if self.batched else array[None]
        sides = len(self.tensor.shape) + (not self.batched)
        if whole.ndim == sides - 1 and rows == 1 and self.tensor.shape[-1:] != (1,):
            whole = whole[None]
        while whole.ndim > max(sides, 1) and whole.shape[-1] == 1:  # MLServer answers text as [n, 1], declared as [n]
            whole = whole[..., 0]
        if whole.ndim == sides - 1 and self.tensor.shape[-1:] == (1,):
            whole = whole[..., None]
        if whole.ndim != sides or whole.shape[0] != rows:
            raise ValueError(f"{self.tensor.name} has the shape {list(array.shape)} for {rows} samples")
        return whole

    def _of_bytes(self, element: bytes) -> JSON:
        return {self.key: base64.b64encode(element).decode("ascii")} if self.key else orjson.loads(element)


def reading(
    tensors: Sequence[Tensor], said: DataType[Any], table: Mapping[str, Any], file: str, *, batched: bool
) -> Reading:
    """Return how the output that fits, or that the mapping names, becomes answers.

    Raises
    ------
    ProductError, UnknownName
        Where none fits, or more than one thing could be meant; it shows what to write.
    """
    what, name = str(said.declaration()["type"]), table.get("name", "")
    named = [each for each in tensors if each.name == name] or tensors
    texts = [each for each in named if each.type == DATATYPES["BYTES"][1]]
    if what not in ("label", "text", "score", "features") and len(texts) == 1 and (len(tensors) == 1 or name):
        properties = list(said.schema().get("properties", {}).items())
        files = [key for key, schema in properties if schema.get("contentEncoding") == "base64"]
        return Reading(texts[0], None, said, batched, files[0] if len(properties) == 1 and files else "")
    output = _tensor_output.told(tensors, said, table, file, batched=batched)
    return Reading(output.tensor, output, said, batched)


def _as_text(array: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    made = np.empty(array.size, dtype=object)
    made[:] = [each.decode("utf-8") for each in array.ravel()]
    return made.reshape(array.shape)
