"""Reads what Croissant metadata describe: `mlcroissant` parses and validates, and only plain files are opened here.

`mlcroissant` itself would fetch addresses, clone repositories and unpack archives onto the disk for whoever wrote the
metadata; here nothing is fetched, digests are checked, archives are read member by member, and regular expressions run
in RE2, whose time is linear.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError, UnknownName
from steelyard.core.words import Words
from steelyard.library.card_file import card_of
from steelyard.library.croissant.files import Files
from steelyard.library.croissant.metadata import CARD_PROPERTY
from steelyard.library.croissant.transforms import transformed
from steelyard.library.foreign.beside import inside
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Foreign, slug

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BYTES = 2**26
"""Of the metadata."""
NO_CODE = Words("Steelyard runs no code of a set.", "Steelyard 不运行数据集附带的代码。")
_MEDIA = {"https://schema.org/ImageObject": "image", "https://schema.org/AudioObject": "audio"}
_LABEL, _SPLIT = "http://mlcommons.org/croissant/Label", "http://mlcommons.org/croissant/Split"
_TEXT = {"https://schema.org/Text", "https://schema.org/URL"}
_FRACTIONS = {"https://schema.org/Float", "http://mlcommons.org/croissant/Float64"}
_WHOLE = {"https://schema.org/Integer", "http://mlcommons.org/croissant/Int64"}


def looks_like_croissant(path: Path) -> bool:
    """Tell whether a file is JSON-LD that says that it is Croissant, or one that bears Croissant's name."""
    if path.suffix not in (".json", ".jsonld") or not path.is_file():
        return False
    with path.open("rb") as file:
        return path.name == "croissant.json" or b"mlcommons.org/croissant" in file.read(2**16)


def named_files(path: Path) -> list[Path]:
    """Return a metadata file and the local files that it names, without reading what it means.

    What is not there is left out: a name may be of a file within an archive.

    Raises
    ------
    SetError
        Where a name leads out of the file's folder, itself or by a link.
    """
    names = [
        value
        for node in _nodes(_parsed(path))
        for key, value in node.items()
        if key.rpartition(":")[2].rpartition("/")[2] == "contentUrl" and isinstance(value, str)
    ]
    local = {re.split(r"[/\\]", name)[-1] if "://" in name else name for name in names}
    found = [path]
    for place in sorted(inside(path.parent, name, path) for name in local if name):
        below = [place] if place.is_file() else sorted(each for each in place.rglob("*") if each.is_file())
        found += [inside(path.parent, each.relative_to(path.parent).as_posix(), path) for each in below]
    return list(dict.fromkeys(found))


def _parsed(path: Path) -> dict[str, Any]:
    """Return the JSON of a metadata file that asks for nothing from elsewhere."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        parsed = json.loads(path.read_text("utf-8"))
        if not isinstance(parsed, dict):
            raise TypeError("it is no object")
        nodes = list(_nodes(parsed))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SetError(
            Words(f"cannot read the Croissant file {path}: {error}", f"无法读取 Croissant 文件 {path}：{error}"),
            Words("Fetch it again, or ask its maker.", "请重新获取，或询问其制作者。"),
        ) from None
    for node in nodes:
        context = node.get("@context", {})
        if not isinstance(context, dict) or "@import" in context or (context and node is not parsed):
            raise SetError(
                Words(f"{path} has a @context that stands elsewhere.", f"{path} 的 @context 指向别处。"),
                Words(
                    "Write the standard @context into the file: nothing is fetched to read it.",
                    "请将标准 @context 写入文件：读取时不联网。",
                ),
            )
        if node.get("trust_remote_code"):
            raise SetError(Words(f"{path} asks to run code from elsewhere.", f"{path} 要求运行远程代码。"), NO_CODE)
    return parsed


def _nodes(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 64:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(each, depth + 1)


class CroissantFile:
    """Croissant metadata that are valid, and the tables that they describe.

    Raises
    ------
    CallError
        Where `mlcroissant` is not installed.
    SetError
        Where the metadata are not valid; the message is `mlcroissant`'s.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.json = _parsed(path)
        self.metadata = _validated(path)
        self.files = Files(path, self.metadata)

    def card(self) -> Card | None:
        """Return the card that Steelyard wrote; None where others wrote the file."""
        written = self.json.get(CARD_PROPERTY)
        return None if written is None else card_of(written, self.path)

    def table(self, name: str) -> pa.Table:
        """Return the record set of this name as a table."""
        return self._read(self._record_set(name))[0]

    def notes(self) -> tuple[Words, ...]:
        """Return what stands in the file and was not read."""
        nodes = [self.metadata, *self.metadata.distribution, *self.metadata.record_sets]
        nodes += [field for records in self.metadata.record_sets for field in _leaves(records.fields)]
        unknown = {key for node in nodes for key in node.extra_properties} - {CARD_PROPERTY, "alternateName"}
        listed = ", ".join(sorted(key[:80] for key in unknown))
        return (Words(f"fields that were not read: {listed}", f"未读取的字段：{listed}"),) if unknown else ()

    def foreign(self, records: str | None) -> Foreign:
        """Return the record set that holds the samples, and what is said of it."""
        chosen = self._chosen(records)
        table, names = self._read(chosen)
        media: dict[str, str] = {}
        labels: list[str] = []
        split = None
        for field, name in names.items():
            types = [str(each) for each in field.data_types or []]
            for each, kind in _MEDIA.items():
                media |= {name: kind} if each in types else {}
            labels += [name] if _LABEL in types else []
            split = name if _SPLIT in types else split
        keys = chosen.key if isinstance(chosen.key, list) else [chosen.key] if chosen.key else []
        key = [name for field, name in names.items() if field.id in keys]
        said = self._said(key[0] if len(key) == len(keys) == 1 else None, split)
        return Foreign(self.path, table, said, media, tuple(labels), self.notes())

    def _said(self, key: str | None, split: str | None) -> Description:
        read = self.metadata
        title = read.name if isinstance(read.name, dict) else {"en": str(read.name or "")}
        en = str(title.get("en") or next(iter(title.values()), ""))
        zh = next((str(value) for tag, value in title.items() if tag.lower().startswith("zh")), en)
        licences = [each if isinstance(each, str) else each.name or each.url for each in read.license or []]
        url = read.url if isinstance(read.url, str) else None
        return Description(
            name=slug(en) if en else None,
            version=str(read.version) if read.version else None,
            title=Words(en, zh) if en else None,
            licence=" AND ".join(map(str, licences)) if licences else None,
            source=url,
            citation=read.cite_as,
            id=key,
            split=split,
        )

    def _record_set(self, name: str) -> Any:
        known = {each.id: each for each in self.metadata.record_sets}
        known |= {each.name: each for each in self.metadata.record_sets if isinstance(each.name, str) and each.name}
        if name not in known:
            raise UnknownName(Words(f"record set in {self.path}", f"{self.path} 记录集"), name, known)
        return known[name]

    def _chosen(self, name: str | None) -> Any:
        if name is not None:
            return self._record_set(name)
        found = [each for each in self.metadata.record_sets if not _lists_names(each)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(each.id for each in found)
        raise CallError(
            Words(
                f"{self.path} describes {len(found)} record sets: {listed or '—'}.",
                f"{self.path} 描述了 {len(found)} 个记录集：{listed or '—'}。",
            ),
            Words(
                "Give --records NAME to `steelyard sets add`: the one that holds the samples.",
                "请在 `steelyard sets add` 中以 --records 指明存放样本的记录集。",
            ),
        )

    def _read(self, records: Any) -> tuple[pa.Table, dict[Any, str]]:
        """Return a record set as a table, and the name of each field's column."""
        import pyarrow as pa

        fields = _leaves(records.fields)
        names = {field: _column_name(records, field) for field in fields}
        if len(set(names.values())) < len(names):
            names = {field: field.id for field in fields}
        if records.data:
            rows = pa.table({names[field]: [row.get(field.id) for row in records.data] for field in fields})
            return rows, names
        sources = {field.source.uuid for field in fields if field.source}
        if len(sources) != 1:
            listed = ", ".join(sorted(map(str, sources))) or "—"
            raise SetError(
                Words(
                    f"{self.path}: the record set {records.id} joins several sources ({listed}).",
                    f"{self.path}：记录集 {records.id} 联接了多个来源（{listed}）。",
                ),
                Words("Join them into one table and describe that.", "请先合并为一张表，再加以描述。"),
            )
        table = self.files.columns(sources.pop(), [field for field in fields if field.source])
        columns = {}
        for field in fields:
            column = table[field] if field.source else pa.chunked_array([pa.array([field.value] * _rows(table))])
            columns[names[field]] = _typed(transformed(column, field, self.path), field, self.path)
        return pa.table(columns), names


def _rows(table: Mapping[Any, pa.ChunkedArray]) -> int:
    return len(next(iter(table.values())))


def _leaves(fields: Any) -> list[Any]:
    return [leaf for field in fields for leaf in (_leaves(field.sub_fields) if field.sub_fields else [field])]


def _column_name(records: Any, field: Any) -> str:
    if isinstance(field.name, str) and field.name:
        return field.name
    return str(field.id).removeprefix(f"{records.id}/")


def _lists_names(records: Any) -> bool:
    """Tell whether a record set only lists the names of splits or classes."""
    kinds = {str(each) for each in records.data_types or []}
    return bool({_SPLIT, "https://schema.org/Enumeration"} & kinds or records.is_enumeration)


def _typed(column: pa.ChunkedArray, field: Any, path: Path) -> pa.ChunkedArray:
    """Return text of a CSV file as the numbers that the metadata say it is."""
    import pyarrow as pa

    if not pa.types.is_string(column.type):
        return column
    kinds = {str(each) for each in field.data_types or []}
    wanted = pa.float64() if kinds & _FRACTIONS else pa.int64() if kinds & _WHOLE else None
    try:
        return column if wanted is None else column.cast(wanted)
    except pa.ArrowException as error:
        raise SetError(
            Words(
                f"{path}: field {field.id} is no number everywhere: {error}",
                f"{path}：字段 {field.id} 含非数字：{error}",
            )
        ) from None


def _validated(path: Path) -> Any:
    """Return the metadata, parsed and found valid by `mlcroissant`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlcroissant
    except ImportError:
        raise CallError(
            Words(
                "Croissant needs mlcroissant, which is not installed.", "读写 Croissant 需要 mlcroissant，尚未安装。"
            ),
            Words("pip install 'steelyard[exchange]'", "pip install 'steelyard[exchange]'"),
        ) from None
    try:
        with _in_silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries beneath it
            return mlcroissant.Dataset(jsonld=str(path)).metadata
    except Exception as error:  # whoever wrote the metadata can bring it to raise anything
        said = " ".join(str(error).split())[:2000] or type(error).__name__
        raise SetError(
            Words(f"{path} is not valid Croissant: {said}", f"{path} 不是有效的 Croissant：{said}"),
            Words(
                "`mlcroissant validate --jsonld FILE` says the same.",
                "`mlcroissant validate --jsonld 文件` 给出同样结果。",
            ),
        ) from None


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keep what lies beneath from writing to the terminal what the error says anyway."""
    logs = [logging.getLogger(name) for name in ("absl", "rdflib")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
