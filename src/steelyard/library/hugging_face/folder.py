"""Finds the tables of a folder as Hugging Face's ``datasets`` has them, by the YAML of its card or by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import CallError, SetError, UnknownName
from steelyard.core.words import Words
from steelyard.library.foreign.beside import beside
from steelyard.library.foreign.tables import KINDS, read_table

if TYPE_CHECKING:
    import pyarrow as pa

README = "README.md"
MOST_BYTES = 2**24
"""Of the card."""
KNOWN = {
    "annotations_creators",
    "arxiv",
    "config_names",
    "configs",
    "dataset_info",
    "dataset_name",
    "doi",
    "extra_gated_fields",
    "extra_gated_prompt",
    "language",
    "language_bcp47",
    "language_creators",
    "language_details",
    "library_name",
    "license",
    "license_details",
    "license_link",
    "license_name",
    "modality",
    "multilinguality",
    "paperswithcode_id",
    "pretty_name",
    "size_categories",
    "source_datasets",
    "steelyard",
    "tags",
    "task_categories",
    "task_ids",
    "train-eval-index",
    "viewer",
}
"""Keys of a card that say nothing of how a set is read, or are read here."""
_NAMES = {**KINDS, ".json": "lines"}
_SPLIT = re.compile(r"(?:^|[/_. -])(train|training|test|testing|validation|valid|val|dev|eval)(?=[/_. -]|$)")
_CALLED = {
    "training": "train",
    "testing": "test",
    "eval": "test",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}


def is_folder(path: Path) -> bool:
    """Tell whether a folder's ``README.md`` begins with YAML."""
    if not (path / README).is_file():
        return False
    with (path / README).open("rb") as file:
        return file.read(8).removeprefix(b"\xef\xbb\xbf").startswith(b"---")


class Folder:
    """Such a folder, and what its card says.

    Raises
    ------
    SetError
        Where the card cannot be read, or the folder wants to run a script.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.front = _front_matter(path / README)
        self.is_own = "steelyard" in self.front
        scripts = sorted(each.name for each in path.glob("*.py"))
        if scripts or self.front.get("trust_remote_code"):
            what = ", ".join(scripts) or "trust_remote_code"
            raise SetError(
                Words(f"{path} is made by a program ({what}).", f"{path} 由程序生成（{what}）。"),
                Words(
                    "Steelyard runs no code of a set: write its tables as Parquet files, and leave the program out.",
                    "Steelyard 不运行数据集附带的代码：请将数据写成 Parquet 文件，并去掉该程序。",
                ),
            )

    def _objects(self, value: Any, name: str) -> list[dict[str, Any]]:
        """Return a list of mappings, as the card must have it; an empty one where it has none."""
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            where = self.path / README
            raise SetError(
                Words(f"{where}: {name} is no list of mappings.", f"{where}：{name} 不是由映射组成的列表。"),
                Words("Mend the head of the file.", "请更正文件头部。"),
            )
        return value

    def _configs(self) -> dict[str, Any]:
        written = self._objects(self.front.get("configs"), "configs")
        return {str(each.get("config_name", "default")): each.get("data_files") for each in written} or {
            "default": None
        }

    def config(self, wanted: str | None) -> str:
        """Return the configuration that is meant."""
        known = self._configs()
        if wanted is not None:
            if wanted not in known:
                raise UnknownName(Words(f"configuration of {self.path}", f"{self.path} 配置"), wanted, known)
            return wanted
        marked = [
            str(each.get("config_name", "default"))
            for each in self._objects(self.front.get("configs"), "configs")
            if each.get("default")
        ]
        chosen = marked or (["default"] if "default" in known else list(known))
        if len(chosen) != 1:
            raise CallError(
                Words(f"{self.path} has several configurations.", f"{self.path} 有多个配置。"),
                Words(f"Give --records NAME: {', '.join(known)}.", f"请以 --records 指明：{'、'.join(known)}。"),
            )
        return chosen[0]

    def tables(self, config: str) -> dict[str | None, Iterator[tuple[Path, pa.Table]]]:
        """Return the tables of each split, which are read one after another; of None where there are no splits."""
        known = self._configs()
        if config not in known:
            raise UnknownName(Words(f"configuration of {self.path}", f"{self.path} 配置"), config, known)
        places = self._by_name() if known[config] is None else self._by_card(known[config])
        return {split: self._read(paths) for split, paths in places.items()}

    def _read(self, paths: list[Path]) -> Iterator[tuple[Path, pa.Table]]:
        for path in paths:
            if path.suffix.lower() not in _NAMES:
                raise SetError(
                    Words(f"{path} is no table that is read.", f"{path} 不是可读的表。"),
                    Words(f"Tables end with {', '.join(_NAMES)}.", f"可读的后缀：{'、'.join(_NAMES)}。"),
                )
            yield path, read_table(path, _NAMES[path.suffix.lower()])

    def _by_card(self, data_files: Any) -> dict[str | None, list[Path]]:
        if isinstance(data_files, dict):
            data_files = [{"split": split, "path": path} for split, path in data_files.items()]
        if not isinstance(data_files, list) or not all(isinstance(each, dict) for each in data_files):
            data_files = [{"split": None, "path": data_files}]
        found: dict[str | None, list[Path]] = {}
        for each in data_files:
            patterns = each.get("path")
            for pattern in patterns if isinstance(patterns, list) else [patterns]:
                split = each.get("split")
                found.setdefault(None if split is None else str(split), []).extend(self._matching(str(pattern)))
        return found

    def _matching(self, pattern: str) -> list[Path]:
        path = PurePosixPath(pattern)
        if "://" in pattern or path.is_absolute() or ".." in path.parts:
            raise SetError(
                Words(
                    f"{self.path / README} names data elsewhere: {pattern}.",
                    f"{self.path / README} 引用了别处的数据：{pattern}。",
                ),
                Words("Nothing is fetched: put the files into the folder.", "此处不联网：请将文件放入该目录。"),
            )
        try:
            found = sorted(each for each in self.path.glob(pattern) if each.is_file())
        except (ValueError, NotImplementedError):  # no pattern at all
            found = []
        if not found:
            raise SetError(
                Words(
                    f"{self.path / README} names {pattern}, and there is none.",
                    f"{self.path / README} 列有 {pattern}，但不存在。",
                ),
                Words("Restore the files.", "请恢复这些文件。"),
            )
        return [beside(self.path, each.relative_to(self.path).as_posix(), self.path / README) for each in found]

    def _by_name(self) -> dict[str | None, list[Path]]:
        found: dict[str | None, list[Path]] = {}
        for each in sorted(self.path.rglob("*")):
            below = each.relative_to(self.path)
            if (
                each.suffix.lower() in _NAMES
                and each.is_file()
                and not any(part.startswith(".") for part in below.parts)
            ):
                split = _SPLIT.search(below.as_posix())
                name = None if split is None else _CALLED.get(split[1], split[1])
                found.setdefault(name, []).append(beside(self.path, below.as_posix(), self.path / README))
        if len(found) > 1 and None in found:
            listed = ", ".join(path.name for path in found[None][:5])
            raise CallError(
                Words(f"{self.path}: the split of {listed} is not known.", f"{self.path}：{listed} 属于哪个划分不明。"),
                Words("Write configs into README.md.", "请在 README.md 中写明 configs。"),
            )
        return found

    def info(self, config: str) -> dict[str, Any]:
        """Return what the card says of a configuration: features and splits."""
        written = self.front.get("dataset_info")
        every = self._objects([written] if isinstance(written, dict) else written, "dataset_info")
        named = [each for each in every if str(each.get("config_name", "default")) == config]
        found = named[0] if named else every[0] if len(every) == 1 and "config_name" not in every[0] else {}
        features = self._objects(found.get("features"), "features")
        return {"features": features, "splits": self._objects(found.get("splits"), "splits")}

    def stated(self, info: dict[str, Any], split: str | None) -> int | None:
        """Return how many rows the card says that a split has."""
        for each in info["splits"]:
            if each.get("name") == split and isinstance(each.get("num_examples"), int):
                return int(each["num_examples"])
        return None

    def notes(self) -> tuple[Words, ...]:
        """Return what stands in the card and was not read."""
        unknown = ", ".join(sorted(str(key)[:80] for key in self.front.keys() - KNOWN))
        return (Words(f"fields that were not read: {unknown}", f"未读取的字段：{unknown}"),) if unknown else ()


def _front_matter(path: Path) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads data only, and no aliases: a few lines of them can stand for gigabytes."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("it uses aliases")
            return super().compose_node(parent, index)

    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        text = path.read_text("utf-8-sig")
        head = re.match(r"---\s*\n(.*?)\n---\s*(?:\n|$)", text, re.DOTALL)
        front = yaml.load(head[1], Loader) if head else {}  # noqa: S506 - it is a SafeLoader
        if not isinstance(front, dict):
            raise TypeError("its head is no mapping")
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise SetError(Words(f"cannot read {path}: {error}", f"无法读取 {path}：{error}")) from None
    return front
