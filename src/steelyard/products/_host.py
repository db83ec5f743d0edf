"""Runs a Python product in its own process: ``python -m steelyard.products._host``.

The first line on standard input says what to load; then it is a product like any other (see ``_process.py``).
Whatever the product prints goes to standard error.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from steelyard.core.data_type import DataType, Lasting
from steelyard.core.episode import OPEN, STEP, Turn, Turns
from steelyard.core.errors import MalformedValue
from steelyard.data import declared

FLUSH_SECONDS = 0.005


def main() -> None:
    """Load the product and answer until the input ends."""
    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    greeting = json.loads(inward.readline())
    try:
        product = _load(greeting["load"])
        seen = None if greeting["input"] is None else _declared(greeting["input"])
        said = declared(greeting["output"])
        if isinstance(seen, Lasting):  # its time may be weighed, and what decoding loads is none of the product's
            importlib.import_module("numpy")
            importlib.import_module("wave")
        answer: Callable[[Any], Any]
        if isinstance(seen, Turns):
            answer = Episodes(product, said.encode)
        elif callable(product):
            answer = lambda value: said.encode(product(value))  # noqa: E731 - as short as what it says
        else:
            raise TypeError(f"{greeting['load'].get('callable')} is not callable")
    except Exception as error:
        _send(outward, {"failed": f"{type(error).__name__}: {error}"})
        raise
    _send(outward, {"ready": True})
    outward.flush()
    decode = (lambda wire: wire) if seen is None else seen.decode
    _serve(inward, outward, decode, answer)


class Episodes:
    """Gives the turns of closed loops to a product.

    A product with ``open(scenario)`` returns an episode from it, whose ``step(observation)`` returns an action and
    whose ``close()``, where there is one, is called at the end. Any other is called with each observation.

    Parameters
    ----------
    product : object
        As it was loaded.
    encode : callable
        Makes the wire form of an action.
    """

    def __init__(self, product: Any, encode: Callable[[Any], Any]) -> None:
        self._open = getattr(product, "open", None)
        if not callable(self._open) and not callable(product):
            raise TypeError(f"{type(product).__name__} has no open(scenario), and cannot be called either")
        self._product, self._encode = product, encode
        self._episodes: dict[str, Any] = {}

    def __call__(self, turn: Turn) -> Any:
        """Return the wire form of the answer to a turn."""
        if turn.act == STEP:
            act = self._episodes[turn.episode].step if callable(self._open) else self._product
            return self._encode(act(turn.value))
        if turn.act == OPEN:
            self._episodes[turn.episode] = self._open(turn.value) if callable(self._open) else None
        else:
            close = getattr(self._episodes.pop(turn.episode, None), "close", None)
            if callable(close):
                close()
        return None


def _declared(declaration: Mapping[str, Any]) -> DataType[Any]:
    """Return the data type of what a product sees."""
    if declaration["type"] == "turns":
        return Turns(declared(declaration["scenario"]), declared(declaration["observation"]))
    return declared(declaration)


def _serve(inward: BinaryIO, outward: BinaryIO, decode: Callable[[Any], Any], answer: Callable[[Any], Any]) -> None:
    """Answer line by line; answers are sent on when the input pauses, and every few milliseconds."""
    flushed, rest = time.monotonic(), b""
    while chunk := os.read(inward.fileno(), 2**18):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            asked = orjson.loads(line)
            try:
                value = decode(asked["input"])
            except MalformedValue as error:  # the set's fault, not the product's
                outward.write(_line({"id": asked["id"], "unreadable": error.what.en}))
                continue
            try:
                reply = _line({"id": asked["id"], "output": answer(value)})
            except Exception as error:
                reply = _line({"id": asked["id"], "error": f"{type(error).__name__}: {error}"})
            outward.write(reply)
            if time.monotonic() - flushed > FLUSH_SECONDS:
                outward.flush()
                flushed = time.monotonic()
        outward.flush()


def _send(outward: BinaryIO, value: Mapping[str, Any]) -> None:
    outward.write(_line(value))
    outward.flush()


def _line(value: Mapping[str, Any]) -> bytes:
    """Return a line of JSON; what is no JSON (NaN, half a surrogate) is sent for the bench to see and name."""
    try:
        line = orjson.dumps(value, default=_plain, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=_plain).encode() + b"\n"
    # It writes NaN as null.
    return line if b"null" not in line else json.dumps(value, default=_plain).encode() + b"\n"


def _plain(value: Any) -> Any:
    """Return numbers and arrays of other libraries as plain ones."""
    for convert in ("item", "tolist"):
        if hasattr(value, convert) and (convert != "item" or getattr(value, "ndim", 0) == 0):
            return getattr(value, convert)()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def _load(what: Mapping[str, Any]) -> Any:
    """Return the product: a function, or an instance of a class, which is made once."""
    if "pickle" in what:  # of the caller's own function; nothing from a product is ever unpickled
        import cloudpickle

        found = cloudpickle.loads(base64.b64decode(what["pickle"]))
    else:
        module = _import(what["module"])
        found = module
        for name in what["callable"].split("."):
            found = getattr(found, name)
    return found() if inspect.isclass(found) else found


def _import(name: str) -> Any:
    path = Path(name)
    if path.suffix != ".py":
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(name)
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
