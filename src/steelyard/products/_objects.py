"""The plainest service: a JSON object each way, ``{"input": …}`` to it and ``{"output": …}`` from it.

Sound and images go to it as a form with a file, as browsers send them, and may come back as they are.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType
from steelyard.core.errors import UnknownName
from steelyard.core.product import Product, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.products._address import clean, client_library, place
from steelyard.products._http import Answer, Failed, Wire, json_of
from steelyard.products._service import service

BODIES = ("multipart", "json")
VERSION_HEADERS = ("x-model-version", "x-version")


class Media(NamedTuple):
    """A wire form that is one file: ``{"wav": base64}``."""

    key: str
    type: str
    """Its media type: ``audio/wav``."""


class Objects:
    """Asks with one object a request.

    Parameters
    ----------
    url : str
        Where requests are posted.
    seen, said : DataType
        What the product sees and says.
    body : str
        ``multipart`` sends media as a form; ``json`` sends them in base64, as all else.
    """

    most = 1

    def __init__(self, url: str, seen: DataType[Any] | None, said: DataType[Any], body: str) -> None:
        self._url = url
        self._seen = media_of(seen) if body == "multipart" else None
        self._said = media_of(said)

    async def open(self, wire: Wire) -> None:
        """Nothing need be known."""

    def kin(self, value: JSON) -> None:
        """No two inputs share a request."""

    async def answer(self, wire: Wire, values: Sequence[JSON]) -> list[Reply]:
        """Ask one input."""
        import orjson

        (value,) = values
        if self._seen is None:
            what: dict[str, Any] = {
                "content": orjson.dumps({"input": value}),
                "headers": {"content-type": "application/json"},
            }
        else:
            assert isinstance(value, dict)
            file = (f"input.{self._seen.key}", base64.b64decode(value[self._seen.key]), self._seen.type)
            what = {"files": {"input": file}}
        return [self._reply(wire, await wire.ask("POST", self._url, **what))]

    def notes(self) -> Iterator[Words]:
        """Nothing else is seen."""
        return iter(())

    def _reply(self, wire: Wire, answer: Answer) -> Reply:
        for header in VERSION_HEADERS:
            wire.called(answer.headers.get(header))
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._said is not None and kind == self._said.type:
            return Reply({self._said.key: base64.b64encode(answer.body).decode("ascii")}, answer.seconds)
        said = json_of(answer)
        if isinstance(said, dict) and "version" in said:
            wire.called(said["version"])
        if isinstance(said, dict) and "output" in said:
            return Reply(said["output"], answer.seconds)
        if isinstance(said, dict) and "error" in said:
            text = wire.scrub(clean(str(said["error"])))
            return Reply(None, answer.seconds, Fault.REFUSED, Words(text, text))
        shown = clean(answer.body[:200].decode("utf-8", "replace"), 80)
        raise Failed(
            Fault.MALFORMED,
            Words(
                f'the answer is not {{"output": …}}, nor {{"error": …}}: {shown}',
                f'回答既不是 {{"output": …}}，也不是 {{"error": …}}：{shown}',
            ),
            answer.seconds,
        )


def media_of(kind: DataType[Any] | None) -> Media | None:
    """Return how values of a type travel as a file, or None where they do not.

    Examples
    --------
    >>> from steelyard.data.audio import Audio
    >>> from steelyard.data.text import Text
    >>> media_of(Audio()), media_of(Text())
    (Media(key='wav', type='audio/wav'), None)
    """
    properties = {} if kind is None else kind.schema().get("properties", {})
    if len(properties) != 1:
        return None
    (key, schema), *_ = properties.items()
    return Media(key, schema["contentMediaType"]) if schema.get("contentEncoding") == "base64" else None


def open_service(scheme: str, address: str, example: str) -> Product:
    """Return the product that answers at ``SCHEME:ADDRESS``.

    Raises
    ------
    ProductError, UnknownName
        Where the address or one of its options is none.
    """
    where = place(scheme, f"{scheme}:{address}", example, ("body",))
    body = where.own.get("body", BODIES[0])
    if body not in BODIES:
        raise UnknownName(Words("body", "请求体形式"), body, BODIES)
    client_library()
    return service(
        where.written,
        where,
        lambda seen, said: Objects(where.url, seen, said, body),
        keeps_episodes=True,
    )
