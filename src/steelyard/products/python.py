"""A Python function or class: ``python:MODULE:CALLABLE`` or ``python:FILE.py:CALLABLE``.

The callable takes one input and returns one output; a class is made once, when the process starts, and its instance
is called. In a closed loop it may have a method ``open(scenario)`` that returns an episode: docs/closed-loops.md.
"""

from __future__ import annotations

import base64
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steelyard.core.canonical import digest, sha256
from steelyard.core.errors import ProductError
from steelyard.core.product import Identity, Product
from steelyard.core.words import Words
from steelyard.products._hosted import hosted
from steelyard.products._sandbox import beside

ABOUT = Words(
    "A Python function or class. It takes one input and returns one output; "
    "a class is made once, when its process starts.",
    "Python 函数或类：接收一个输入，返回一个输出；类在其进程启动时只创建一次。",
)
EXAMPLE = "python:my_model.py:classify"


def open_product(address: str) -> Product:
    """Return the product of ``MODULE:CALLABLE`` or ``FILE.py:CALLABLE``."""
    module, colon, name = address.rpartition(":")
    if not colon or not name:
        raise ProductError(
            Words(f"python:{address} names no callable.", f"python:{address} 未指明可调用对象。"),
            Words(f"Write {EXAMPLE}", f"请写作 {EXAMPLE}"),
        )
    source = Path(module) if module.endswith(".py") else _source(module)
    if source is None or not source.is_file():
        raise ProductError(
            Words(f"there is no module or file {module}.", f"没有模块或文件 {module}。"),
            Words(
                "A module is looked for in this folder and among installed packages.",
                "模块在当前目录和已安装的包中查找。",
            ),
        )
    identity = Identity(
        uri=f"python:{address}",
        kind="digest",
        digest=digest([sha256(source.read_bytes()), name]),
        covers=Words(
            f"the source file {source.name}; not what it imports or loads",
            f"源文件 {source.name}；不含其导入或加载的内容",
        ),
    )
    folder = beside(source) if module.endswith(".py") else _home(source, module)
    return hosted(identity, {"module": module, "callable": name}, folders=[folder])


def of_callable(function: Callable[[Any], Any]) -> Product:
    """Return a function or an object of this process as a product, by way of a copy in a process of its own."""
    import cloudpickle

    name = getattr(function, "__qualname__", type(function).__qualname__)
    try:
        pickled = cloudpickle.dumps(function)
    except Exception as error:  # whatever the object's own reduction raises
        raise ProductError(
            Words(f"{name} cannot be copied to another process: {error}", f"{name} 无法复制到另一进程：{error}"),
            Words(f"Put it in a file and name it: {EXAMPLE}", f"请放入文件并指明：{EXAMPLE}"),
        ) from error
    identity = Identity(
        uri=f"python:{getattr(function, '__module__', '__main__')}:{name}",
        kind="declared",
        digest=sha256(pickled),
        covers=Words("a copy of a function in memory; not what it imports", "内存中函数的副本；不含其导入的内容"),
    )
    module = sys.modules.get(getattr(function, "__module__", None) or "__main__")
    file = getattr(module, "__file__", None)
    folders = [] if module is None or file is None else [_home(Path(file), module.__name__)]
    return hosted(identity, {"pickle": base64.b64encode(pickled).decode("ascii"), "callable": name}, folders=folders)


def _home(source: Path, module: str) -> Path:
    """Return the folder that a module is imported from: above its packages."""
    return source.absolute().parents[module.count(".") + (source.name == "__init__.py")]


def _source(module: str) -> Path | None:
    """Return a module's file without importing it."""
    where: list[str] | None = [str(Path.cwd()), *sys.path]
    spec = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        spec = importlib.machinery.PathFinder.find_spec(name, where)
        if spec is None:
            return None
        where = list(spec.submodule_search_locations or [])
    return Path(spec.origin) if spec is not None and spec.origin else None
