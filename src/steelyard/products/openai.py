"""A model behind an OpenAI-compatible service: ``openai:MODEL@http(s)://HOST/v1``; docs/products/openai.md tells more.

vLLM, Ollama, llama.cpp and cloud vendors speak it. What a method's product sees and says chooses the endpoint:
text or images to text or a label go to chat completions, sound to text to audio transcriptions, text to features to
embeddings.
"""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.core.canonical import JSON, digest
from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, ProductError, UnknownName
from steelyard.core.product import Product, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.products._address import clean, client_library, not_an_option, place
from steelyard.products._http import Answer, Failed, Wire, json_of
from steelyard.products._service import service

ABOUT = Words(
    "A model behind an OpenAI-compatible service (vLLM, Ollama, cloud vendors): chat completions, audio transcriptions "
    "or embeddings, as the method asks for. #prompt=FILE is its system prompt; temperature 0 and seed 0 unless said.",
    "兼容 OpenAI 接口的服务（vLLM、Ollama、云厂商）上的模型：按检测方法使用对话补全、音频转写或向量嵌入。"
    "#prompt=文件 为系统提示词；温度与种子默认为 0。",
)
EXAMPLE = "openai:qwen3@http://localhost:11434/v1#prompt=prompt.txt"
OWN = ("prompt", "temperature", "seed", "tokens", "language", "dimensions")
AGAIN = 5
"""How often a service that is busy or failing for now is asked again."""
LEFT_OUT = "none"
"""What an option is set to that is not to be sent at all."""


@dataclass(frozen=True)
class Settings:
    """What is sent beside the inputs; None: not sent."""

    model: str
    prompt: str | None = None
    """The system prompt of a chat; the hint of a transcription."""
    temperature: float | None = 0.0
    seed: int | None = 0
    tokens: int | None = None
    """An answer has at most so many."""
    language: str | None = None
    """Of sound, ISO 639-1."""
    dimensions: int | None = None
    """Of embeddings."""

    @property
    def words(self) -> Words:
        """What is sent, in a sentence; the digest stands for the prompt."""
        named = {
            "temperature": self.temperature,
            "seed": self.seed,
            "max_tokens": self.tokens,
            "language": self.language,
            "dimensions": self.dimensions,
        }
        listed = ", ".join(
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in named.items()
            if value is not None
        )
        prompt = Words("a prompt", "提示词") if self.prompt is not None else Words("no prompt", "无提示词")
        return Words(
            f"sent with {prompt.en} and {listed or 'nothing else'}, of which the digest is taken",
            f"附带{prompt.zh}及 {listed or '无其他参数'}，摘要即取自这些",
        )


def open_product(address: str) -> Product:
    """Return the model at ``MODEL@http(s)://HOST/v1[#OPTIONS]``."""
    model, at, url = address.partition("@http")
    where = place("openai", f"http{url}" if at else address, EXAMPLE, OWN)
    remedy = Words(f"Write, for example, {EXAMPLE}", f"例如：{EXAMPLE}")
    if not at or not model or not model.isprintable():
        raise ProductError(
            Words(f"openai:{clean(address, 80)} names no model.", f"openai:{clean(address, 80)} 未指明模型。"), remedy
        )
    settings = _settings(model, where.own, remedy)
    client_library()
    return service(
        f"openai:{model}@{where.written}",
        where,
        lambda seen, said: _dialect(where.url.rstrip("/"), settings, seen, said),
        digest=digest(settings),
        sent=settings.words,
    )


def _settings(model: str, own: Mapping[str, str], remedy: Words) -> Settings:
    made: dict[str, Any] = {"model": model}
    for name, said in own.items():
        if name == "prompt":
            try:
                made[name] = Path(said).read_text("utf-8")
            except (OSError, ValueError) as error:
                raise ProductError(
                    Words(f"cannot read the prompt {said}: {error}", f"无法读取提示词 {said}：{error}"),
                    Words(
                        "It is a text file, named relative to this folder.", "提示词为文本文件，路径相对于当前目录。"
                    ),
                ) from None
        elif said == LEFT_OUT:
            made[name] = None
        elif name == "language":
            made[name] = said
        else:
            made[name] = _number(name, said, remedy)
    return Settings(**made)


def _number(name: str, said: str, remedy: Words) -> float | int:
    try:
        value = float(said) if name == "temperature" else int(said)
    except ValueError:
        raise not_an_option(f"{name}={said}", remedy) from None
    low, high = {"temperature": (0, 2), "seed": (0, 2**63 - 1)}.get(name, (1, 2**31))
    if not low <= value <= high:
        raise not_an_option(f"{name}={said}", remedy)
    return value


def _dialect(url: str, settings: Settings, seen: DataType[Any] | None, said: DataType[Any]) -> Endpoint:
    """Return the endpoint for what a product sees and says."""
    sees = "nothing" if seen is None else str(seen.declaration()["type"])
    says = str(said.declaration()["type"])
    if sees == "audio" and says == "text":
        return Transcription(url, settings)
    if sees == "text" and says == "features":
        return Embedding(url, settings)
    if sees in ("text", "image", "features", "label", "score", "series") and says in ("text", "label"):
        return Chat(url, settings, sees == "image", said)
    raise CallError(
        Words(
            f"no endpoint takes {sees} and gives {says}: chat takes text, images or numbers and gives text or a label, "
            "transcription takes sound and gives text, embeddings take text and give features.",
            f"没有接口以 {sees} 为输入、以 {says} 为输出：对话接收文本、图像或数字并给出文本或类别，"
            "转写接收声音并给出文本，嵌入接收文本并给出特征。",
        ),
        Words("Put what is missing between into a python: product.", "请将其间的转换写入 python: 产品。"),
    )


@dataclass
class Endpoint(ABC):
    """What all endpoints share: one request an input, and the tokens that the service counts."""

    url: str
    settings: Settings
    most: int = field(default=1, init=False)
    used: dict[str, float] = field(default_factory=dict, init=False)
    fingerprints: set[str] = field(default_factory=set, init=False)

    path = ""

    async def open(self, wire: Wire) -> None:  # noqa: B027 - nothing is the usual case
        """Nothing need be known."""

    def kin(self, value: JSON) -> None:  # noqa: B027 - none is the usual case
        """No two inputs share a request."""

    @abstractmethod
    def request(self, value: Any) -> dict[str, Any]:
        """Return the request for an input, as httpx takes it."""

    @abstractmethod
    def output(self, said: dict[str, Any]) -> JSON:
        """Return the answer in a response; raise `Refused` where the model declined."""

    async def answer(self, wire: Wire, values: Sequence[JSON]) -> list[Reply]:
        """Ask one input."""
        (value,) = values
        answer = await wire.send("POST", f"{self.url}/{self.path}", AGAIN, **self.request(value))
        if answer.status >= 300:
            raise await self._refusal(wire, answer)
        wire.accepted = True
        said = json_of(answer)
        try:
            if not isinstance(said, dict):
                raise TypeError("it is no object")
            self._count(wire, said)
            return [Reply(self.output(said), answer.seconds)]
        except Refused as refused:
            text = wire.scrub(clean(str(refused)))
            return [Reply(None, answer.seconds, Fault.REFUSED, Words(text, text))]
        except (TypeError, KeyError, IndexError) as error:
            what = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            raise Failed(
                Fault.MALFORMED,
                Words(f"not an answer of {self.path}: {what}", f"不是 {self.path} 的回答：{what}"),
                answer.seconds,
            ) from None

    def notes(self) -> Iterator[Words]:
        """Yield the tokens that were used, as the service counts them."""
        if self.used:
            listed = ", ".join(f"{name} {count:,g}" for name, count in sorted(self.used.items()))
            yield Words(f"used, as the service counts: {listed}", f"用量（据服务方统计）：{listed}")
        if len(self.fingerprints) > 1:
            count = len(self.fingerprints)
            yield Words(
                f"its system_fingerprint took {count} values: what runs the model changed or is not one",
                f"其 system_fingerprint 出现 {count} 个值：运行环境有变或不止一套",
            )

    def _count(self, wire: Wire, said: Mapping[str, Any]) -> None:
        wire.called(said.get("model"))
        if isinstance(said.get("system_fingerprint"), str):
            self.fingerprints.add(said["system_fingerprint"])
        usage = said.get("usage")
        for name, count in (usage if isinstance(usage, dict) else {}).items():
            if type(count) in (int, float):
                self.used[name] = self.used.get(name, 0) + count

    async def _refusal(self, wire: Wire, answer: Answer) -> Failed | CallError:
        """Return the error of a status: the product's only where the same request could be answered."""
        said = wire.complaint(answer)
        if answer.status == 429:
            return ProductError(
                Words(f"{self.url} stays too busy: {said}", f"{self.url} 持续繁忙：{said}"),
                Words(
                    "Ask more slowly (#rate=0.5), raise the quota, then repeat the command: it resumes.",
                    "请放慢提问（#rate=0.5）或提高配额，再重复该命令即可继续。",
                ),
            )
        if answer.status in (404, 400) and not wire.accepted:
            known = await self._models(wire)
            if known and self.settings.model not in known:
                kind = Words(f"model at {self.url}", f"{self.url} 上的模型")
                return UnknownName(kind, self.settings.model, known)
        if _parameter(answer) in ("temperature", "seed", "max_tokens", "language", "dimensions", "response_format"):
            return ProductError(
                Words(f"{self.url}/{self.path} refuses: {said}", f"{self.url}/{self.path} 拒绝：{said}"),
                Words(
                    "What it does not take can be left out: #temperature=none&seed=none",
                    "其不接受的参数可不发送：#temperature=none&seed=none",
                ),
            )
        return wire.refusal(answer)

    async def _models(self, wire: Wire) -> list[str]:
        try:
            answer = await wire.send("GET", f"{self.url}/models")
            said = json_of(answer)
            return [str(each["id"]) for each in said["data"]]  # type: ignore[index,call-overload]
        except (Failed, TypeError, KeyError):
            return []


def _parameter(answer: Answer) -> str | None:
    """Return which parameter of the request a service does not take, where it says so."""
    try:
        said = json_of(answer)
        return str(said["error"]["param"])  # type: ignore[index,call-overload]
    except (Failed, TypeError, KeyError):
        return None


class Refused(Exception):
    """The model declined to answer, by its own word."""


class Chat(Endpoint):
    """Chat completions: the prompt is the system's message, the input the user's."""

    path = "chat/completions"

    def __init__(self, url: str, settings: Settings, images: bool, said: DataType[Any]) -> None:
        super().__init__(url, settings)
        self._images = images
        self._label = str(said.declaration()["type"]) == "label"
        prompt = settings.prompt
        if prompt is None and self._label:
            classes = json.dumps(said.declaration()["classes"], ensure_ascii=False)
            prompt = f"Answer with exactly one of these words, and nothing else: {classes}"
        self._told = prompt if settings.prompt is None else None
        self._system = [] if prompt is None else [{"role": "system", "content": prompt}]
        self._cut = 0

    def request(self, value: Any) -> dict[str, Any]:
        content: Any = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if self._images:
            content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{value['png']}"}}]
        settings = self.settings
        asked = {
            "model": settings.model,
            "messages": [*self._system, {"role": "user", "content": content}],
            "temperature": settings.temperature,
            "seed": settings.seed,
            "max_tokens": settings.tokens,
        }
        return {"json": {name: each for name, each in asked.items() if each is not None}}

    def output(self, said: dict[str, Any]) -> JSON:
        choice = said["choices"][0]
        message = choice["message"]
        if message.get("refusal"):
            raise Refused(message["refusal"])
        if choice.get("finish_reason") == "content_filter":
            raise Refused("finish_reason: content_filter")
        self._cut += choice.get("finish_reason") == "length"
        text: JSON = message["content"]
        return text.strip() if isinstance(text, str) and self._label else text

    def notes(self) -> Iterator[Words]:
        yield from super().notes()
        if self._told is not None:
            yield Words(f"no prompt was given; its prompt was: {self._told}", f"未提供提示词；所用提示词：{self._told}")
        if self._cut:
            yield Words(
                f"{self._cut} answers were cut off at the most tokens: raise #tokens=N",
                f"{self._cut} 个回答因达到词元上限而截断：可提高 #tokens=N",
            )


class Transcription(Endpoint):
    """Audio transcriptions."""

    path = "audio/transcriptions"

    def request(self, value: Any) -> dict[str, Any]:
        settings = self.settings
        asked = {
            "model": settings.model,
            "response_format": "json",
            "temperature": settings.temperature,
            "prompt": settings.prompt,
            "language": settings.language,
        }
        data = {
            name: f"{each:g}" if isinstance(each, float) else each for name, each in asked.items() if each is not None
        }
        return {"data": data, "files": {"file": ("input.wav", base64.b64decode(value["wav"]), "audio/wav")}}

    def output(self, said: dict[str, Any]) -> JSON:
        text: JSON = said["text"]
        return text


class Embedding(Endpoint):
    """Embeddings."""

    path = "embeddings"

    def request(self, value: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {"model": self.settings.model, "input": value, "encoding_format": "float"}
        if self.settings.dimensions is not None:
            asked["dimensions"] = self.settings.dimensions
        return {"json": asked}

    def output(self, said: dict[str, Any]) -> JSON:
        vector: JSON = said["data"][0]["embedding"]
        return vector
