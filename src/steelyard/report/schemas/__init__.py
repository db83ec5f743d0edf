"""JSON Schemas of what a bundle, a run and a log hold, for whoever reads them without Steelyard.

They are derived from the types that the files are written by (``tools/update_schemas.py``), shipped as files, and held
to real bundles by the tests. A schema tells what a document looks like; whether it is true, ``steelyard verify`` tells.

Source: JSON Schema 2020-12 (json-schema.org).
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from steelyard.core.errors import UnknownName
from steelyard.core.words import Words

KIND = Words("schema", "模式")
ENDING = ".schema.json"


def names() -> list[str]:
    """Return the names of all schemas.

    Examples
    --------
    >>> "report" in names()
    True
    """
    found = (entry.name for entry in files(__name__).iterdir())
    return sorted(name.removesuffix(ENDING) for name in found if name.endswith(ENDING))


def text(name: str) -> str:
    """Return a schema as it is shipped.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if name not in (known := names()):
        raise UnknownName(KIND, name, known)
    return files(__name__).joinpath(name + ENDING).read_text("utf-8")


def listing() -> list[str]:
    """Return a line for each schema: name, identifier, and what it describes, in the user's language."""
    known = {name: schema(name) for name in names()}
    width, longest = max(map(len, known)), max(len(said["$id"]) for said in known.values())
    return [
        f"{name:{width}}  {said['$id']:{longest}}  {Words(said['title'], said['$comment'])}"
        for name, said in known.items()
    ]


def schema(name: str) -> dict[str, Any]:
    """Return a schema, read.

    Examples
    --------
    >>> schema("report")["$id"]
    'urn:steelyard:schema:report:1'
    """
    found: dict[str, Any] = json.loads(text(name))
    return found
