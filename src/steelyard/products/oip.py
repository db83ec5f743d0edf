"""A model on a server of the Open Inference Protocol v2: ``oip:http(s)://HOST/v2/models/NAME[/versions/V]``.

KServe, Triton, MLServer and OpenVINO Model Server speak it; docs/products/oip.md tells how inputs become tensors.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from steelyard.core.canonical import JSON, sha256
from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, MalformedValue, ProductError, SetError, UnknownName
from steelyard.core.product import Product, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.products._address import Place, clean, client_library, not_an_option, place
from steelyard.products._http import Answer, Failed, Wire, json_of
from steelyard.products._oip_mapping import Feeds, Reading, Tensor, declared, reading
from steelyard.products._service import service
from steelyard.products._tensors import request, response

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABOUT = Words(
    "A model on a server of the Open Inference Protocol v2 (KServe, Triton, MLServer, OpenVINO): its metadata tells "
    "how inputs become tensors, a TOML file what it does not tell. Binary tensor data where the server takes it.",
    "开放推理协议 v2 服务器（KServe、Triton、MLServer、OpenVINO）上的模型：由其元数据决定输入如何变为张量，"
    "未尽之处由 TOML 文件说明。服务器支持时使用二进制张量。",
)
EXAMPLE = "oip:http://localhost:8080/v2/models/wdbc"
MOST = 64
"""Asks in one request, where the model takes any number."""
OWN = ("map", "batch", "data")
WAYS = {"auto": None, "binary": True, "json": False}
WAITING = 3
"""How often a server that is not ready yet is asked again for a model's metadata."""


def open_product(address: str) -> Product:
    """Return the model at ``http(s)://HOST/v2/models/NAME[/versions/V][#OPTIONS]``."""
    where = place("oip", address, EXAMPLE, OWN)
    remedy = Words(f"Write, for example, {EXAMPLE}", f"例如：{EXAMPLE}")
    parts = urlsplit(where.url).path.rstrip("/").split("/v2/models/")
    steps = parts[-1].split("/")
    if len(parts) != 2 or not steps[0] or (steps[1:2] and (steps[1] != "versions" or len(steps) != 3 or not steps[2])):
        raise ProductError(
            Words(
                f"{where.url} does not name a model: no /v2/models/NAME[/versions/V].",
                f"{where.url} 未指明模型：缺少 /v2/models/名称[/versions/版本]。",
            ),
            remedy,
        )
    way, batch = where.own.get("data", "auto"), where.own.get("batch", "")
    if way not in WAYS:
        raise UnknownName(Words("way to send data", "数据发送方式"), way, WAYS)
    if batch and not (batch.isdecimal() and 0 < int(batch) <= 4096):
        raise not_an_option(f"batch={batch}", remedy)
    table, text = _read(where.own["map"]) if "map" in where.own else ({}, b"")
    client_library()
    return service(
        f"oip:{where.written}",
        where,
        lambda seen, said: Model(where, seen, said, table, int(batch) if batch else None, WAYS[way]),
        digest=sha256(text) if text else None,
        sent=Words("the digest is of the mapping", "摘要为映射文件的摘要") if text else None,
        shares_requests=True,
    )


def _read(name: str) -> tuple[dict[str, Any], bytes]:
    """Return a mapping, and the bytes that it was read from."""
    try:
        data = Path(name).read_bytes()
        return tomllib.loads(data.decode("utf-8")), data
    except (OSError, ValueError) as error:
        raise ProductError(
            Words(f"cannot read the mapping {name}: {error}", f"无法读取映射文件 {name}：{error}"),
            Words("docs/products/oip.md shows one.", "示例见 docs/products/oip.md。"),
        ) from None


class Model:
    """Asks one model, with as many samples in a request as it takes.

    Parameters
    ----------
    where : Place
        The model's address.
    seen, said : DataType
        What the product sees and says.
    table : mapping
        What is said beside the model's metadata.
    batch : int or None
        Samples in a request; None: as many as the metadata allows, up to ``MOST``.
    binary : bool or None
        Whether tensors are sent as binary data; None: where the server takes it.
    """

    def __init__(
        self,
        where: Place,
        seen: DataType[Any] | None,
        said: DataType[Any],
        table: Mapping[str, Any],
        batch: int | None,
        binary: bool | None,
    ) -> None:
        self.most = 1
        self._url = where.url.rstrip("/")
        self._seen, self._said, self._table = seen, said, table
        self._file = where.own.get("map", "#map=mapping.toml")
        self._batch, self._binary = batch, binary
        self._refused_binary = 0
        """The status with which binary data were refused."""
        self._halved = False
        self._guessed: list[Words] = []
        self._feeds: Feeds | None = None
        self._reading: Reading | None = None

    async def open(self, wire: Wire) -> None:
        """Read the model's metadata, and decide how samples become its inputs, and its outputs answers."""
        answer = await wire.send("GET", self._url, WAITING)
        if answer.status >= 300:
            raise await self._no_model(wire, answer)
        try:
            said = json_of(answer)
            inputs, outputs = (declared(said, key) for key in ("inputs", "outputs"))
            versions = said.get("versions") if isinstance(said, dict) else None
        except (Failed, ValueError, TypeError, KeyError) as error:
            why = error.detail if isinstance(error, Failed) else Words(str(error), str(error))
            raise ProductError(
                Words(
                    f"{self._url} is not the metadata of a model: {why.en}",
                    f"{self._url} 不是模型的元数据：{why.zh}",
                ),
                Words(f"Write, for example, {EXAMPLE}", f"例如：{EXAMPLE}"),
            ) from None
        if isinstance(versions, list) and len(versions) == 1:
            wire.called(versions[0])
        self._feeds = Feeds.made(inputs, self._seen, self._table.get("inputs", {}), self._file)
        if not inputs:
            self._guessed.append(self._feeds.guess)
        self.most = self._batch or (self._feeds.batch(MOST) if inputs else 1)
        if outputs:
            self._read_as(outputs)

    def kin(self, value: JSON) -> object:
        """Return the shape of an input's tensors: what is stacked must have one shape."""
        return _size(value)

    async def answer(self, wire: Wire, values: Sequence[JSON]) -> list[Reply]:
        """Ask some inputs in one request."""
        assert self._feeds is not None
        tensors = self._feeds.together([self._decoded(value) for value in values])
        try:
            answer = await self._infer(wire, tensors)
        except Failed as failed:
            if len(values) > 1 and failed.fault is Fault.REFUSED:  # it may take fewer at a time
                self.most, self._halved = max(1, min(self.most, len(values) // 2)), True
            raise
        outputs, version = response(answer)
        wire.called(version)
        if self._reading is None:
            self._read_as([Tensor.of(name, array) for name, array in outputs.items()])
        assert self._reading is not None
        try:
            said = list(self._reading.each(outputs, len(values), self._feeds.rows(tensors)))
        except (ValueError, IndexError, TypeError, KeyError) as error:
            why = clean(str(error), 160)
            raise Failed(
                Fault.MALFORMED, Words(f"its output cannot be read: {why}", f"输出无法读取：{why}"), answer.seconds
            ) from None
        return [Reply(output, answer.seconds) for output in said]

    def notes(self) -> Iterator[Words]:
        """Yield what was guessed, and what the server did not take."""
        yield from self._guessed
        if self._reading is not None:
            yield from self._reading.guesses()
        if self._refused_binary:
            yield Words(
                f"the server answers {self._refused_binary} to binary tensor data; it was asked in JSON",
                f"服务器对二进制张量返回 {self._refused_binary}；已改用 JSON 提问",
            )
        if self._halved:
            yield Words(
                "requests with several samples were refused; they were asked in smaller ones",
                "含多个样本的请求被拒绝；已改用更小的请求",
            )

    def _read_as(self, outputs: Sequence[Tensor]) -> None:
        assert self._feeds is not None
        table = self._table.get("output", {})
        self._reading = reading(outputs, self._said, table, self._file, batched=self._feeds.batched)

    def _decoded(self, value: JSON) -> Any:
        assert self._seen is not None
        assert self._feeds is not None
        if self._feeds.raw:
            return value
        try:
            return self._seen.decode(value)
        except MalformedValue as error:  # the set's fault, not the product's
            raise SetError(
                Words(f"an input of the set cannot be read: {error.what.en}", f"无法读取数据集的输入：{error.what.zh}")
            ) from None

    async def _infer(self, wire: Wire, tensors: Mapping[str, NDArray[Any]]) -> Answer:
        """Send tensors as binary data; where that is refused and JSON is not, as JSON from then on."""
        url = f"{self._url}/infer"
        if self._binary is False:
            body, headers = request(tensors, binary=False)
            return await wire.ask("POST", url, content=body, headers=headers)
        body, headers = request(tensors, binary=True)
        answer = await wire.send("POST", url, content=body, headers=headers)
        if answer.status < 300:
            self._binary = wire.accepted = True
            return answer
        if self._binary is None and answer.status not in (401, 403, 408, 429):
            body, headers = request(tensors, binary=False)
            again = await wire.ask("POST", url, content=body, headers=headers)
            self._binary, self._refused_binary = False, answer.status
            return again
        raise wire.refusal(answer)

    async def _no_model(self, wire: Wire, answer: Answer) -> Failed | CallError:
        """Return the error for a model that is not there, with the names of those that are."""
        if answer.status in (401, 403, 407):
            return wire.refusal(answer)
        root, _, rest = self._url.partition("/v2/models/")
        name, steps = unquote(rest.partition("/")[0]), rest.partition("/")[2]
        known = await _models(wire, f"{root}/v2")
        if known and name not in known:
            return UnknownName(Words(f"model at {wire.place.origin}", f"{wire.place.origin} 上的模型"), name, known)
        status = f"HTTP {answer.status}: {wire.complaint(answer)}"
        said = Words(f"{self._url} is no model: {status}", f"{self._url} 不是模型：{status}")
        plain = f"oip:{root}/v2/models/{quote(name)}"
        remedy = Words(
            f"Write {plain} without a version, or mend the address."
            if steps
            else "Mend the address, or load the model.",
            f"请写 {plain}（不带版本），或修正地址。" if steps else "请修正地址，或加载该模型。",
        )
        return ProductError(said, remedy)


async def _models(wire: Wire, root: str) -> list[str]:
    """Return the names of the models of a server, as far as it tells."""
    index = {"content": b"{}", "headers": {"content-type": "application/json"}}
    asked: tuple[tuple[str, str, Callable[[Any], Any], dict[str, Any]], ...] = (
        ("POST", f"{root}/repository/index", lambda said: [each["name"] for each in said], index),
        ("GET", f"{root}/models", lambda said: said["models"], {}),
    )
    for method, url, names, what in asked:
        try:
            answer = await wire.send(method, url, **what)
            found = names(json_of(answer)) if answer.status < 300 else []
        except (Failed, TypeError, KeyError):
            continue
        if found and all(isinstance(each, str) for each in found):
            return list(found)
    return []


def _size(value: JSON) -> object:
    """Return what a wire form tells of the shape of its value: without unpacking sound or images.

    Examples
    --------
    >>> _size([0.5, 0.25]), _size("text"), _size({"wav": "UklGRg=="})
    (2, None, 4)
    """
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, dict):
        return None
    ((key, data), *_) = value.items()
    if key == "png" and isinstance(data, str):
        return base64.b64decode(data[:44])[16:24]  # width and height in the header (PNG, 11.2.1)
    return 3 * len(data) // 4 - data[-2:].count("=") if isinstance(data, str) else None
