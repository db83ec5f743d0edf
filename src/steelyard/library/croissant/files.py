"""Opens the files that Croissant metadata name: beside them, with the digests that they state, and nothing else."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.foreign.archive import members
from steelyard.library.foreign.beside import beside
from steelyard.library.foreign.tables import KINDS, read_table

if TYPE_CHECKING:
    import pyarrow as pa

ENCODINGS = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/jsonlines": "lines",
    "application/jsonl": "lines",
    "application/x-ndjson": "lines",
    "application/x-parquet": "parquet",
    "application/vnd.apache.parquet": "parquet",
}
CODE = (".py", ".sh", ".ipynb", ".pkl", ".pickle", ".pt", ".js", ".exe", ".so", ".dll")
"""Ends of the names of files that are, or run, programs."""
_DIGESTS = (("sha256", 32), ("md5", 16))


class Files:
    """The files of a Croissant dataset, by the ids of their nodes."""

    def __init__(self, path: Path, metadata: Any) -> None:
        self.path = path
        self.nodes = {node.id: node for node in metadata.distribution}
        for node in metadata.distribution:
            encodings = " ".join(node.encoding_formats or [])
            names = [
                getattr(node, "content_url", None) or "",
                node.name or "",
                *(getattr(node, "includes", None) or []),
            ]
            if "python" in encodings or any(str(name).lower().endswith(CODE) for name in names):
                raise SetError(
                    Words(f"{path} names a program: {node.id}.", f"{path} 列有程序：{node.id}。"),
                    Words(
                        "Steelyard runs no code of a set. Describe the tables that it makes.",
                        "Steelyard 不运行数据集附带的代码。请描述其生成的表。",
                    ),
                )

    def columns(self, source: str, fields: list[Any]) -> dict[Any, pa.ChunkedArray]:
        """Return a column for each field, all of them from one file or file set.

        Raises
        ------
        SetError
            Where a file is missing, has another digest, or cannot be read.
        """
        import pyarrow as pa

        if source not in self.nodes:
            raise SetError(
                Words(
                    f"{self.path}: {source} is no file; fields of other record sets are not followed.",
                    f"{self.path}：{source} 不是文件；不跟随其他记录集的字段。",
                ),
                Words("Name the file and the column.", "请指明文件与列。"),
            )
        node = self.nodes[source]
        _refuse_repository(self.path, node)
        if all(field.source.extract.column for field in fields):
            kind = self._kind(node)
            tables = [read_table(Path(name), kind, data) for name, data in self._contents(node)]
            if not tables:
                raise self._empty(node)
            try:
                table = pa.concat_tables(tables)
            except pa.ArrowException as error:
                raise SetError(
                    Words(
                        f"{self.path}: tables of {source} differ: {error}", f"{self.path}：{source} 各表不一致：{error}"
                    )
                ) from None
            return {field: self._column(table, field) for field in fields}
        found: dict[Any, list[Any]] = {field: [] for field in fields}
        for name, data in self._contents(node):
            for field in fields:
                found[field].append(self._property(field, name, data))
        if not next(iter(found.values())):
            raise self._empty(node)
        return {field: pa.chunked_array([pa.array(values)]) for field, values in found.items()}

    def _column(self, table: pa.Table, field: Any) -> pa.ChunkedArray:
        name = field.source.extract.column
        if name not in table.column_names:
            listed = ", ".join(table.column_names)
            raise SetError(
                Words(
                    f"{self.path}: {field.id} is column {name!r}, which the table lacks; it has {listed}.",
                    f"{self.path}：{field.id} 对应列 {name!r}，表中没有；现有 {listed}。",
                )
            )
        return table[name]

    def _empty(self, node: Any) -> SetError:
        return SetError(Words(f"{self.path}: {node.id} holds no file.", f"{self.path}：{node.id} 没有任何文件。"))

    def _property(self, field: Any, name: PurePosixPath, data: bytes) -> Any:
        extract = field.source.extract
        kind = getattr(extract.file_property, "name", None)
        if kind in ("fullpath", "filepath"):
            return str(name)
        if kind == "filename":
            return name.name
        if kind == "content":
            text = any(str(each) == "https://schema.org/Text" for each in field.data_types or [])
            try:
                return data.decode("utf-8") if text else data
            except UnicodeDecodeError as error:
                raise SetError(
                    Words(f"{name} is not UTF-8: byte {error.start}.", f"{name} 不是 UTF-8：字节 {error.start}。")
                ) from None
        raise SetError(
            Words(
                f"{self.path}: {field.id} is neither a column nor a file's name or content ({kind}).",
                f"{self.path}：{field.id} 既非表的列，也非文件名或内容（{kind}）。",
            )
        )

    def _kind(self, node: Any) -> str:
        for encoding in node.encoding_formats or []:
            if encoding in ENCODINGS:
                return ENCODINGS[encoding]
        kind = KINDS.get(PurePosixPath(getattr(node, "content_url", None) or node.name or "").suffix.lower())
        if kind is None:
            listed = ", ".join(node.encoding_formats or []) or "—"
            raise SetError(
                Words(
                    f"{self.path}: {node.id} is no table that is read: {listed}.",
                    f"{self.path}：{node.id} 不是可读的表：{listed}。",
                ),
                Words(f"Tables are {', '.join(ENCODINGS)}.", f"可读的表：{'、'.join(ENCODINGS)}。"),
            )
        return kind

    def _contents(self, node: Any) -> Iterator[tuple[PurePosixPath, bytes]]:
        """Yield name and bytes of a node's files, in the order of their names."""
        containers = [self.nodes[each] for each in node.contained_in or [] if each in self.nodes]
        patterns = getattr(node, "includes", None)
        if patterns is None and not containers:
            path = self._place(node)
            yield PurePosixPath(path.name), path.read_bytes()
            return
        wanted = patterns or [node.content_url]
        places = [self._place(each) for each in containers] or [self.path.parent]
        found: list[tuple[PurePosixPath, bytes]] = []
        for place in places:
            if place.is_dir():
                below = sorted(each for each in place.rglob("*") if each.is_file())
                names = [PurePosixPath(each.relative_to(place).as_posix()) for each in below]
                chosen = [name for name in names if _matches(name, wanted)]
                found += [(name, beside(place, str(name), self.path).read_bytes()) for name in chosen]
            else:
                found += members(place, lambda name: _matches(name, wanted))
        yield from sorted(found, key=lambda each: each[0])

    def _place(self, node: Any) -> Path:
        """Return the path of a file that lies beside the metadata, its digest checked."""
        address = node.content_url or ""
        _refuse_repository(self.path, node)
        if re.match(r"[A-Za-z][\w+.-]*://", address):
            name = PurePosixPath(address.partition("?")[0]).name
            if not name or not (self.path.parent / name).is_file():
                raise SetError(
                    Words(f"{self.path} needs {address}.", f"{self.path} 需要 {address}。"),
                    Words(
                        f"Nothing is fetched: put the file beside it as {name or node.id}"
                        f"{f' (SHA-256 {node.sha256})' if node.sha256 else ''}.",
                        f"此处不联网：请将该文件以 {name or node.id} 之名放在其旁"
                        f"{f'（SHA-256 {node.sha256}）' if node.sha256 else ''}。",
                    ),
                )
            if not node.sha256:
                raise SetError(
                    Words(f"{self.path}: {node.id} has no SHA-256.", f"{self.path}：{node.id} 没有 SHA-256。"),
                    Words(
                        "Without it nobody knows that the file is the one meant: write it into the metadata.",
                        "否则无法确认文件无误：请写入元数据。",
                    ),
                )
            address = name
        place = beside(self.path.parent, address, self.path)
        if place.is_file():
            self._check(place, node)
        elif not place.is_dir():
            raise SetError(Words(f"{place} is no file.", f"{place} 不是文件。"))
        return place

    def _check(self, place: Path, node: Any) -> None:
        for name, size in _DIGESTS:
            expected = getattr(node, name)
            if not expected:
                continue
            with place.open("rb") as file:
                made = partial(hashlib.new, name, usedforsecurity=False)  # MD5 is what old metadata have
                found = hashlib.file_digest(file, made).digest()
            if expected.lower() != found.hex() and expected != base64.b64encode(found).decode("ascii"):
                raise SetError(
                    Words(
                        f"{place} has {name} {found.hex()}, not {expected[: 4 * size]}.",
                        f"{place} 的 {name} 为 {found.hex()}，应为 {expected[: 4 * size]}。",
                    ),
                    Words("Fetch it again.", "请重新获取。"),
                )


def _matches(name: PurePosixPath, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(str(name), pattern) for pattern in patterns)


def _refuse_repository(path: Path, node: Any) -> None:
    if any(encoding.startswith("git") for encoding in node.encoding_formats or []):
        address = getattr(node, "content_url", None)
        raise SetError(
            Words(f"{path}: {node.id} is a repository at {address}.", f"{path}：{node.id} 是代码库 {address}。"),
            Words(
                "Nothing is cloned: fetch it yourself and add its folder.", "此处不克隆代码库：请自行获取后导入其目录。"
            ),
        )
