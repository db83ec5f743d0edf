"""A model in ONNX form: ``onnx:FILE.onnx[#provider=cpu&threads=1&batch=64&map=FILE.toml]``, run by ONNX Runtime.

How inputs and outputs of the model belong to those of the method is guessed from their types and shapes where only one
thing can be meant, and else said in a small TOML file of the model's name beside it (docs/products/onnx.md). The model
runs in a process of its own, ``python -m steelyard.products.onnx``; asks that wait together are run together.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

import orjson

from steelyard.core.canonical import digest
from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue, ProductError, SteelyardError, UnknownName
from steelyard.core.installed import version
from steelyard.core.product import OPEN, Identity, Isolation, Limits, Product
from steelyard.core.words import Words
from steelyard.products._files import files_of
from steelyard.products._process import ProcessSession
from steelyard.products._sandbox import beside, interpreter
from steelyard.products._tensor_inputs import fed
from steelyard.products._tensor_mapping import Tensor
from steelyard.products._tensor_output import told

ABOUT = Words(
    "A model in ONNX form, run by ONNX Runtime in a process of its own; a TOML file beside it says how inputs and "
    "outputs belong together where types and shapes do not.",
    "ONNX 模型，由 ONNX Runtime 在独立进程中运行；类型与形状不足以确定输入输出对应关系时，由其旁的 TOML 文件说明。",
)
EXAMPLE = "onnx:model.onnx#provider=cpu"
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cann": "CANNExecutionProvider",
}
DEFAULTS = {"provider": "cpu", "threads": "0", "batch": "64", "map": ""}
"""Threads of one operator (0: as many as there are cores), and the most samples that are run together."""
EXTERNAL = (".data", "_data", ".weights")
"""What exporters put behind a model's name for weights that they keep in a file beside it."""


def open_product(address: str) -> Product:
    """Return the product of a model file."""
    path, options = _options(address)
    mapping_path = Path(options["map"]) if options["map"] else path.with_suffix(".toml")
    mapping = _mapping(mapping_path, wanted=bool(options["map"]))
    if importlib.util.find_spec("onnxruntime") is None:
        raise ProductError(
            Words(
                "onnx: products need ONNX Runtime, which is not installed.", "onnx: 产品需要 ONNX Runtime，尚未安装。"
            ),
            Words("pip install 'steelyard[onnx]'", "pip install 'steelyard[onnx]'"),
        )
    weights = [each for end in EXTERNAL if (each := path.with_name(path.name + end)).is_file()]
    files = [path, *weights]
    runtime = version("onnxruntime")
    made_of = tuple(map(files_of, files))
    named_en, named_zh = ", ".join(each.name for each in files), "、".join(each.name for each in files)
    identity = Identity(
        uri=f"onnx:{address}",
        kind="digest",
        digest=digest([[each.digest for each in made_of], mapping, options["provider"], runtime]),
        covers=Words(
            f"{named_en}, how its inputs and outputs are mapped, the provider and ONNX Runtime {runtime}",
            f"{named_zh}、输入输出映射、执行后端与 ONNX Runtime {runtime}",
        ),
        files=made_of,
    )
    load = {"model": str(path.absolute()), "options": options, "mapping": mapping, "named": str(mapping_path)}

    def start(
        seen: DataType[Any] | None, said: DataType[Any], limits: Limits, isolation: Isolation = OPEN, /
    ) -> ProcessSession:
        if seen is None:
            raise ProductError(Words("a model needs inputs, and there are none.", "模型需要输入，而此处没有。"))
        greeting = {"load": load, "input": seen.declaration(), "output": said.declaration()}
        command = [sys.executable, "-m", "steelyard.products.onnx"]
        readable = () if isolation == OPEN else (*interpreter(), beside(path))
        return ProcessSession(command, limits, {}, greeting, isolation, readable)

    return Product(identity=identity, assurance="B", start=start)


def _options(address: str) -> tuple[Path, dict[str, str]]:
    """Return the model's file, and the options with their defaults."""
    name, _, query = address.partition("#")
    options = dict(DEFAULTS)
    for option, value in parse_qsl(query, keep_blank_values=True):
        if option not in DEFAULTS:
            raise UnknownName(Words("option of onnx:", "onnx: 选项"), option, DEFAULTS)
        if option in ("threads", "batch") and not (value.isdecimal() and int(value) >= (option == "batch")):
            raise ProductError(
                Words(f"{option}={value}: a whole number is needed.", f"{option}={value}：须为整数。"),
                Words(f"Write, for example, {EXAMPLE}&{option}=8", f"例如：{EXAMPLE}&{option}=8"),
            )
        options[option] = value
    if options["provider"] not in PROVIDERS:
        raise UnknownName(Words("execution provider", "执行后端"), options["provider"], PROVIDERS)
    path = Path(name)
    if not _is_file(path):
        shown, hint = name[:200], Words("", "")
        if "?" in name:
            hint = Words("; options stand after #, not after ?", "；选项写在 # 之后，而非 ? 之后")
        raise ProductError(
            Words(f"there is no file {shown!r}{hint.en}.", f"没有文件 {shown!r}{hint.zh}。"),
            Words(f"Write {EXAMPLE}", f"请写作 {EXAMPLE}"),
        )
    return path, options


def _is_file(path: Path) -> bool:
    """Return whether there is such a file; what cannot be a file's name is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _mapping(path: Path, *, wanted: bool) -> dict[str, Any]:
    """Return what the TOML file says; nothing where there is none, unless it was named."""
    if not _is_file(path):
        if wanted:
            raise ProductError(
                Words(f"there is no file {path}.", f"没有文件 {path}。"),
                Words(
                    "map names a TOML file, by default the one beside the model.",
                    "map 指明 TOML 文件，缺省为模型旁的同名文件。",
                ),
            )
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProductError(
            Words(f"{path} cannot be read: {error}", f"无法读取 {path}：{error}"),
            Words("docs/products/onnx.md shows what it may say.", "docs/products/onnx.md 说明其写法。"),
        ) from None


# --- The process of the model -------------------------------------------------------------------------------------


class Model:
    """A model that is loaded, with its inputs and its output mapped to those of the method."""

    def __init__(self, load: Mapping[str, Any], seen: DataType[Any], said: DataType[Any]) -> None:
        import onnxruntime

        self._said = said
        self._most = int(load["options"]["batch"])
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = int(load["options"]["threads"])
        provider, name = PROVIDERS[load["options"]["provider"]], load["options"]["provider"]
        if provider not in onnxruntime.get_available_providers():
            known = {each: key for key, each in PROVIDERS.items()}
            here = ", ".join(known[each] for each in onnxruntime.get_available_providers() if each in known)
            raise ProductError(
                Words(
                    f"this ONNX Runtime has no provider {name}; it has: {here}",
                    f"此 ONNX Runtime 不含执行后端 {name}；现有：{here}",
                )
            )
        self._session = onnxruntime.InferenceSession(load["model"], settings, providers=[provider])
        if self._session.get_providers()[0] != provider:  # it falls back without a word
            raise ProductError(Words(f"the provider {name} cannot be used here", f"此处无法使用执行后端 {name}"))
        signature = [Tensor(each.name, each.type, tuple(each.shape or ())) for each in self._session.get_inputs()]
        results = [Tensor(each.name, each.type, tuple(each.shape or ())) for each in self._session.get_outputs()]
        mapping, named = load["mapping"], load["named"]
        for key in mapping:
            if key not in ("inputs", "output"):
                raise UnknownName(Words(f"table of {named}", f"{named} 表"), key, ("inputs", "output"))
        self._inputs = fed(signature, seen, mapping.get("inputs", {}), named)
        self._output = told(results, said, mapping.get("output", {}), named, batched=self._inputs.batched)

    def answers(self, values: Sequence[Any]) -> list[Any]:
        """Return a wire form for each value, or the error that it ends with."""
        found: list[Any] = [None] * len(values)
        groups: dict[Any, list[tuple[int, dict[str, Any]]]] = {}
        for place, value in enumerate(values):
            try:
                feed = self._inputs.feed(value)
            except SteelyardError as error:
                found[place] = error
                continue
            # Only what has the same shapes can be run together.
            groups.setdefault(tuple(each.shape for each in feed.values()), []).append((place, feed))
        most = self._inputs.batch(self._most)
        for group in groups.values():
            for start in range(0, len(group), most):
                part = group[start : start + most]
                for (place, _), answer in zip(part, self._run([feed for _, feed in part]), strict=True):
                    found[place] = answer
        return found

    def _run(self, feeds: Sequence[dict[str, Any]]) -> list[Any]:
        """Run feeds of the same shapes together; where that fails, each by itself, so that only one is to blame."""
        try:
            results = self._session.run([self._output.tensor.name], self._inputs.together(feeds))[0]
            return [
                self._said.encode(value) if fits else value for value, fits in self._output.each(results, len(feeds))
            ]
        except Exception as error:  # whatever the runtime raises
            if len(feeds) == 1:
                return [error]
            return [answer for feed in feeds for answer in self._run([feed])]


def main() -> None:
    """Load the model and answer until the input ends; see ``_process.py`` for the lines."""
    from steelyard.data import declared

    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    greeting = json.loads(inward.readline())
    try:
        seen = declared(greeting["input"])
        model = Model(greeting["load"], seen, declared(greeting["output"]))
    except Exception as error:
        why = str(error) if isinstance(error, SteelyardError) else f"{type(error).__name__}: {error}"
        _send(outward, [{"failed": why}])
        raise
    _send(outward, [{"ready": True}])
    _serve(inward, outward, seen.decode, model.answers)


def _serve(
    inward: BinaryIO,
    outward: BinaryIO,
    decode: Callable[[Any], Any],
    answers: Callable[[Sequence[Any]], Sequence[Any]],
) -> None:
    """Answer all lines that have come, together, then read on."""
    rest = b""
    while chunk := os.read(inward.fileno(), 2**20):
        *lines, rest = (rest + chunk).split(b"\n")
        numbers, values = [], []
        for line in lines:
            asked = orjson.loads(line)
            try:
                values.append(decode(asked["input"]))
                numbers.append(asked["id"])
            except MalformedValue as error:  # the set's fault, not the product's
                _send(outward, [{"id": asked["id"], "unreadable": error.what.en}])
        said = zip(numbers, answers(values), strict=True) if values else ()
        _send(
            outward,
            (
                {"id": number, **({"error": _why(it)} if isinstance(it, Exception) else {"output": it})}
                for number, it in said
            ),
        )


def _why(error: Exception) -> str:
    return error.what.en if isinstance(error, SteelyardError) else f"{type(error).__name__}: {error}"


def _send(outward: BinaryIO, values: Iterable[Mapping[str, Any]]) -> None:
    """Send lines of JSON; what is no JSON (NaN) is sent for the bench to see and name."""
    for value in values:
        line = orjson.dumps(value)
        # It writes NaN as null.
        outward.write((json.dumps(value).encode() if b"null" in line else line) + b"\n")
    outward.flush()


if __name__ == "__main__":
    main()
