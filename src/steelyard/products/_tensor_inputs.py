"""How samples are fed to a model's inputs: guessed where one thing can be meant, else as said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import ProductError, UnknownName
from steelyard.core.words import Words
from steelyard.products._tensor_mapping import KINDS, Feeding, Tensor, read, unclear

RESAMPLING = ("nearest", "bilinear", "bicubic")


def fed(inputs: Sequence[Tensor], seen: DataType[Any], said: Mapping[str, Any], named: str) -> Inputs:
    """Return how samples are fed to a model.

    Parameters
    ----------
    inputs : sequence of Tensor
        Of the model.
    seen : DataType
        Of the samples.
    said : mapping
        The tables ``[inputs.NAME]`` of the file.
    named : str
        The file.

    Raises
    ------
    UnknownName
        Where the file names what the model does not have.
    ProductError
        Where types or shapes do not fit, or more than one thing could be meant; it shows what to write.
    """
    for name in said:
        if name not in {each.name for each in inputs}:
            raise UnknownName(Words("input of the model", "模型输入"), name, [each.name for each in inputs])
    feedings = {each.name: read(Feeding, said.get(each.name, {}), f"{named} [inputs.{each.name}]") for each in inputs}
    free = [each for each in inputs if feedings[each.name].value is None]
    if len(free) != 1 and not all(feedings[each.name].take for each in free):
        listed_en, listed_zh = "; ".join(map(str, inputs)), "；".join(map(str, inputs))
        raise unclear(
            Words(f"the model has {len(inputs)} inputs ({listed_en})", f"模型有 {len(inputs)} 个输入（{listed_zh}）"),
            named,
            "".join(
                f"[inputs.{each.name}]\ntake = [{place}, {place + 1}]   # or: value = 0.5\n"
                for place, each in enumerate(inputs)
            ),
        )
    feeds = tuple(_Feed(each, feedings[each.name], seen, named) for each in inputs)
    for feed in feeds:
        feed.check()
    return Inputs(feeds)


@dataclass(frozen=True)
class _Feed:
    """How samples are fed to one input."""

    tensor: Tensor
    how: Feeding
    seen: DataType[Any]
    named: str

    @cached_property
    def kind(self) -> str:
        if self.tensor.type not in KINDS:
            raise ProductError(
                Words(f"inputs of type {self.tensor.type} cannot be fed", f"无法提供类型为 {self.tensor.type} 的输入")
            )
        return KINDS[self.tensor.type]

    @cached_property
    def what(self) -> str:
        return str(self.seen.declaration()["type"])

    @cached_property
    def rank(self) -> int:
        """How many sides one sample has."""
        return {"image": 3, "text": 0}.get(self.what, 1)

    @cached_property
    def batched(self) -> bool:
        """Whether the first side counts samples."""
        return self.how.value is None and len(self.tensor.shape) == self.rank + 1

    @cached_property
    def item(self) -> tuple[Any, ...]:
        """The sides of one sample."""
        return self.tensor.shape[1:] if self.batched else self.tensor.shape

    def check(self) -> None:
        """Raise `ProductError` where this input cannot take what the method gives."""
        kind, text = self.kind, self.what == "text"
        if self.how.value is not None:
            return
        if text != (kind == "object") or self.what not in ("features", "image", "audio", "text", "series"):
            raise self._misfit()
        if text and self.tensor.shape[1:] not in ((), (1,)):
            raise self._misfit()
        if not text and len(self.tensor.shape) not in (self.rank, self.rank + 1):
            raise self._misfit()
        if self.what == "features":
            size = self.how.take[1] - self.how.take[0] if self.how.take else self.seen.declaration().get("size")
            if isinstance(self.item[0], int) and size is not None and size != self.item[0]:
                raise self._misfit()
        if self.what == "image":
            self._check_image()

    def _check_image(self) -> None:
        if self.how.resize and self.how.resize not in RESAMPLING:
            raise UnknownName(Words("way to resize", "缩放方式"), self.how.resize, RESAMPLING)
        if self.how.layout not in ("", "NCHW", "NHWC") or self.how.order not in ("RGB", "BGR"):
            raise ProductError(
                Words(
                    f"{self.named}: layout is NCHW or NHWC, order RGB or BGR",
                    f"{self.named}：layout 为 NCHW 或 NHWC，order 为 RGB 或 BGR",
                )
            )
        example = f'[inputs.{self.tensor.name}]\nlayout = "NCHW"\nscale = 0.00392156862745098   # 1 / 255\n'
        if not self.layout:
            raise unclear(
                Words(f"the model takes images as {self.tensor}", f"模型以 {self.tensor} 接收图像"), self.named, example
            )
        channels = self.item[0 if self.layout == "NCHW" else 2]
        if isinstance(channels, int) and channels != self.seen.declaration().get("channels"):
            raise self._misfit()
        if self.kind != "uint8" and self.how.scale is None:
            # A wrong guess would make a good product a bad one, and nobody would see why.
            raise unclear(
                Words(f"the model takes pixels as {self.kind}", f"模型以 {self.kind} 接收像素"), self.named, example
            )

    @cached_property
    def layout(self) -> str:
        """Where the channels stand; empty where the shape does not tell."""
        if self.how.layout:
            return self.how.layout
        channels = self.seen.declaration().get("channels")
        first, last = self.item[0] == channels, self.item[2] == channels
        return "" if first == last else "NCHW" if first else "NHWC"

    def _misfit(self) -> ProductError:
        return ProductError(
            Words(
                f"the model's input {self.tensor} does not take {self.seen}. Mend it in {self.named}, "
                "or put the steps before it into a python: product.",
                f"模型输入 {self.tensor} 与 {self.seen} 不符。请在 {self.named} 中说明，"
                "或将其前处理写入 python: 产品。",
            )
        )

    def array(self, value: Any) -> Any:
        """Return one sample as this input takes it."""
        import numpy as np

        if self.how.value is not None:
            return np.asarray(self.how.value, dtype=self.kind)
        if self.what == "text":
            return np.full([1] * len(self.item), value, dtype=object)
        if self.what == "image":
            made = self._image(value)
        else:
            made = np.asarray(value[slice(*self.how.take)] if self.how.take else value)
            if self.how.scale is not None:
                made = made * self.how.scale
        self._check_shape(made.shape)
        return np.ascontiguousarray(made, dtype=self.kind)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if any(isinstance(side, int) and side != mine for side, mine in zip(self.item, shape, strict=True)):
            image, wanted = self.what == "image", f"{self.tensor.name} {list(self.item)}"
            hint = (
                Words('; resize = "bilinear" would scale it', '；可设 resize = "bilinear"') if image else Words("", "")
            )
            raise ProductError(
                Words(
                    f"the sample has shape {list(shape)}, the model's input {wanted}{hint.en}",
                    f"样本形状为 {list(shape)}，模型输入 {wanted}{hint.zh}",
                )
            )

    def _image(self, value: Any) -> Any:
        import numpy as np

        channels_first = self.layout == "NCHW"
        height, width = self.item[1:] if channels_first else self.item[:2]
        if (
            self.how.resize
            and isinstance(height, int)
            and isinstance(width, int)
            and value.shape[:2] != (height, width)
        ):
            from PIL import Image

            value = np.asarray(
                Image.fromarray(value).resize((width, height), Image.Resampling[self.how.resize.upper()])
            )
        pixels = value[:, :, None] if value.ndim == 2 else value
        pixels = pixels[:, :, ::-1] if self.how.order == "BGR" else pixels
        if self.how.scale is not None:
            pixels = (pixels * self.how.scale - np.array(self.how.mean)) / np.array(self.how.std)
        return pixels.transpose(2, 0, 1) if channels_first else pixels


@dataclass(frozen=True)
class Inputs:
    """How samples are fed to a model."""

    feeds: tuple[_Feed, ...]

    @property
    def batched(self) -> bool:
        """Whether samples are run together: the model's inputs have a side that counts them."""
        return any(feed.batched for feed in self.feeds)

    def feed(self, value: Any) -> dict[str, Any]:
        """Return one sample as all inputs take it."""
        return {feed.tensor.name: feed.array(value) for feed in self.feeds}

    def batch(self, most: int) -> int:
        """Return how many samples can be run together."""
        sides = [feed.tensor.shape[0] if feed.batched else 1 for feed in self.feeds if feed.how.value is None]
        return min([most, *(side for side in sides if isinstance(side, int) and side > 0)])

    def together(self, feeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return samples of the same shapes as one batch; a model of a fixed batch gets the last ones repeated."""
        import numpy as np

        made = {}
        for feed in self.feeds:
            name, first = feed.tensor.name, feed.tensor.shape[0] if feed.tensor.shape else None
            if not feed.batched:
                made[name] = feeds[0][name]
                continue
            missing = max(first - len(feeds), 0) if isinstance(first, int) else 0
            made[name] = np.stack([each[name] for each in feeds] + [feeds[-1][name]] * missing)
        return made
