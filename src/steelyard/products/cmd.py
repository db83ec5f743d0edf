"""A command of any language: ``cmd:"./asr --flag"``, a JSON object a line each way, kept running."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steelyard.core.canonical import digest
from steelyard.core.data_type import DataType
from steelyard.core.errors import ProductError
from steelyard.core.product import OPEN, Identity, Isolation, Limits, Product
from steelyard.core.words import Words
from steelyard.products._files import file_digest
from steelyard.products._process import ProcessSession
from steelyard.products._sandbox import around, beside

ABOUT = Words(
    "A command of any language, kept running, a JSON object a line each way: "
    '{"id": …, "input": …} to it, {"id": …, "output": …} from it.',
    '任何语言的命令，保持运行，双向每行一个 JSON 对象：发给它 {"id": …, "input": …}，它回 {"id": …, "output": …}。',
)
EXAMPLE = 'cmd:"./asr --model small"'


def _is(what: Callable[[Path], bool], path: Path) -> bool:
    """Return what a path is; a word that cannot be looked up as one is none."""
    try:
        return what(path)
    except OSError:
        return False


def open_product(address: str) -> Product:
    """Return the product of a command line, split as a shell splits words; no shell runs it."""
    try:
        command = shlex.split(address)
    except ValueError as error:
        raise ProductError(
            Words(f"cmd:{address}: {error}", f"cmd:{address}：{error}"),
            Words(f"Close the quotation mark: {EXAMPLE}", f"请补全引号：{EXAMPLE}"),
        ) from None
    program = shutil.which(command[0]) if command else None
    if program is None:
        name = command[0] if command else address
        raise ProductError(
            Words(f"there is no program {name}.", f"没有程序 {name}。"),
            Words("Give its path, and make it executable: chmod +x", "请给出其路径，并使其可执行：chmod +x"),
        )
    files = {word: file_digest(Path(word)) for word in [program, *command[1:]] if _is(Path.is_file, Path(word))}
    identity = Identity(
        uri=f"cmd:{address}",
        kind="digest",
        digest=digest([command, list(files.values())]),
        covers=Words(
            "the command line and the files that it names; not what they load",
            "命令行及其指明的文件；不含它们加载的内容",
        ),
    )

    named = [Path(word.rpartition("=")[2]) for word in command[1:]]
    readable = [*around(Path(program)), *(beside(path) for path in named if path.name and _is(Path.exists, path))]

    def start(
        seen: DataType[Any] | None, said: DataType[Any], limits: Limits, isolation: Isolation = OPEN, /
    ) -> ProcessSession:
        environment = {
            "STEELYARD_INPUT": json.dumps(None if seen is None else seen.schema()),
            "STEELYARD_OUTPUT": json.dumps(said.schema()),
        }
        whole = [str(Path(program).absolute()), *command[1:]]
        return ProcessSession(whole, limits, environment, isolation=isolation, readable=readable)

    return Product(identity=identity, assurance="B", start=start, keeps_episodes=True)
