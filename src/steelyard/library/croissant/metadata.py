"""Writes MLCommons Croissant 1.1 metadata for a stored set: JSON-LD that describes its files, columns and card.

Croissant has no words for methods, groups, units, reference answers and data types of inputs: the whole card stands
in ``steelyard:card``, which others may pass over.

Source: MLCommons Croissant Format Specification 1.1, http://mlcommons.org/croissant/1.1.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.foreign.licences import address

if TYPE_CHECKING:
    import pyarrow as pa

CARD_PROPERTY = "steelyard:card"
SAMPLES_RECORDS = "samples"
ANSWERS_RECORDS = "answers"
"""Begins the names of record sets that hold recorded answers."""
PARQUET = "application/x-parquet"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "steelyard": "urn:steelyard:",
    CARD_PROPERTY: {"@id": "urn:steelyard:card", "@type": "@json"},
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_PIXELS = {"image", "picture"}


def metadata(card: Card, files: Sequence[tuple[str, Path, pa.Schema]]) -> dict[str, Any]:
    """Return the Croissant metadata of a set.

    Parameters
    ----------
    card : Card
        Of the set.
    files : sequence of (str, Path, pyarrow.Schema)
        Of each table the name of its record set, its file, and its columns.
    """
    found = re.search(r"https?://\S+", card.source)
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": card.name,
        "alternateName": card.title.en,
        "description": _described(card),
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "citeAs": card.citation or f"{card.label}, {card.source}",
        "license": address(card.licence),
        **({} if found is None else {"url": found[0]}),
        "version": _three_numbers(card.version),
        "datePublished": _today(),
        CARD_PROPERTY: plain(card),
        "distribution": [_file(path) for _, path, _ in files],
        "recordSet": [_records(card, name, path, schema) for name, path, schema in files],
    }


def identifier(*parts: str) -> str:
    """Return an ``@id``, which may hold no white space, whatever columns are called.

    Examples
    --------
    >>> identifier("samples", "sex of patient")
    'samples/sex-of-patient'
    """
    return "/".join(re.sub(r"[^\w.-]", "-", part) for part in parts)


def _described(card: Card) -> dict[str, str]:
    scope = [] if card.scope is None else [card.scope]
    made = Words(f"Reference answers: {card.reference.en}.", f"参考答案：{card.reference.zh}。")
    parts = [Words(f"{card.title.en}.", f"{card.title.zh}。"), made, *scope]
    return {"en": " ".join(part.en for part in parts), "zh": "".join(part.zh for part in parts)}


def _three_numbers(version: str) -> str:
    """Return a version as Croissant wants it, MAJOR.MINOR.PATCH; the card has it as it was written."""
    numbers = re.match(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?$", version)
    if numbers:
        return ".".join(str(int(number or 0)) for number in numbers.groups())
    return f"0.0.0-{re.sub(r'[^0-9a-zA-Z]+', '-', version).strip('-') or 'x'}"


def _today() -> str:
    """Return the day on which it is written, or the one that a reproducible build asks for."""
    at = os.environ.get("SOURCE_DATE_EPOCH")
    return time.strftime("%Y-%m-%d", time.gmtime(int(at) if at else None))


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": identifier(path.name),
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": PARQUET,
        "sha256": sha256,
    }


def _records(card: Card, name: str, path: Path, schema: pa.Schema) -> dict[str, Any]:
    used: set[str] = set()
    fields = []
    for column in schema:
        where = identifier(name, column.name)
        while where in used:
            where += "-"
        used.add(where)
        types, array = _types(card, column.name, column.type)
        fields.append(
            {
                "@type": "cr:Field",
                "@id": where,
                "name": column.name,
                **_column_description(card, column.name),
                "dataType": types[0] if len(types) == 1 else types,
                **array,
                "source": {"fileObject": {"@id": identifier(path.name)}, "extract": {"column": column.name}},
            }
        )
    return {
        "@type": "cr:RecordSet",
        "@id": identifier(name),
        "name": name,
        **({"key": {"@id": identifier(name, "id")}} if "id" in schema.names else {}),
        "field": fields,
    }


def _column_description(card: Card, name: str) -> dict[str, Any]:
    found = {**card.groups, **card.units}.get(name)
    return {} if found is None else {"description": {"en": found.en, "zh": found.zh}}


def _types(card: Card, name: str, kind: pa.DataType) -> tuple[list[str], dict[str, Any]]:
    """Return a column's Croissant data types, and its shape where it holds lists."""
    import pyarrow as pa

    depth = 0
    while pa.types.is_list(kind):
        kind, depth = kind.value_type, depth + 1
    types = _kinds(card, name, kind)
    types += ["cr:Label"] if name == "reference" else ["cr:Split"] if name == "split" else []
    if not depth:
        return types, {}
    sizes: Iterable[int] = [-1] * depth
    if name == "input" and card.input is not None and depth == 1:
        sizes = [card.input.get("size") or -1]
    return types, {"isArray": True, "arrayShape": ",".join(map(str, sizes))}


def _kinds(card: Card, name: str, kind: pa.DataType) -> list[str]:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return ["sc:Text"]
    if pa.types.is_floating(kind):
        return [f"cr:Float{kind.bit_width}"]
    if pa.types.is_integer(kind):
        return [f"cr:{'Int' if pa.types.is_signed_integer(kind) else 'UInt'}{kind.bit_width}"]
    seen = None if card.input is None or name != "input" else card.input["type"]
    if seen in _PIXELS:
        return ["sc:ImageObject"]
    if seen == "audio":
        return ["sc:AudioObject"]
    # Croissant has no type of bytes: a file's content, and Text, which mlcroissant gives as bytes.
    return ["sc:MediaObject", "sc:Text"]
