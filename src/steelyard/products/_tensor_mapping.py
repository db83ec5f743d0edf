"""What the TOML file beside a model says of its inputs and its output, and the errors where more must be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from steelyard.core.errors import ProductError, UnknownName
from steelyard.core.words import Words

KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    **{f"tensor({sign}int{bits})": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
"""ONNX Runtime's names of tensors, and NumPy's of their items."""


class Tensor(NamedTuple):
    """An input or an output of a model: sides that are not numbers are free."""

    name: str
    type: str
    shape: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.type}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Feeding:
    """What the file says of one input, ``[inputs.NAME]``."""

    value: Any = None
    """The same for every sample."""
    take: tuple[int, int] | None = None
    """Of features, those from the first to before the second."""
    layout: str = ""
    """Of images, ``NCHW`` or ``NHWC``."""
    order: str = "RGB"
    scale: float | None = None
    """Pixels are multiplied by it; then ``mean`` is taken away, and what is left divided by ``std``."""
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    resize: str = ""
    """How images are brought to the model's size: ``nearest``, ``bilinear`` or ``bicubic``."""


@dataclass(frozen=True)
class Telling:
    """What the file says of the output, ``[output]``."""

    name: str = ""
    classes: tuple[str, ...] = ()
    """The class of each column, or of each whole number; with ``threshold`` the one below it and the other."""
    threshold: float | None = None
    column: int | None = None


def read(kind: Any, said: Any, where: str) -> Any:
    """Return a table of the file as what it stands for."""
    known = {field.name: field for field in fields(kind)}
    if not isinstance(said, Mapping):
        raise ProductError(Words(f"{where} is not a table", f"{where} 不是表"))
    for key, value in said.items():
        if key not in known:
            raise UnknownName(Words(f"entry of {where}", f"{where} 条目"), key, known)
        numbers = {"scale", "threshold"} & {key}
        words = {"name", "layout", "order", "resize"} & {key}
        if (
            (numbers and (isinstance(value, bool) or not isinstance(value, int | float)))
            or (words and not isinstance(value, str))
            or (key in ("take", "mean", "std", "classes") and not isinstance(value, list))
            or (key == "take" and (len(value) != 2 or not all(isinstance(each, int) for each in value)))
            or (key == "column" and not isinstance(value, int))
        ):
            raise ProductError(Words(f"{where}: {key} cannot be {value!r}", f"{where}：{key} 不能为 {value!r}"))
    return kind(
        **{key: tuple(value) if isinstance(value, list) and key != "value" else value for key, value in said.items()}
    )


def unclear(what: Words, named: str, example: str) -> ProductError:
    return ProductError(
        Words(
            f"{what.en}, and types and shapes do not tell what is meant. Say it in {named}, for example:\n{example}",
            f"{what.zh}，仅凭类型与形状无法确定。请在 {named} 中说明，例如：\n{example}",
        )
    )
