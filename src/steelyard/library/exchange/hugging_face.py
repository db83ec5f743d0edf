"""A folder as Hugging Face's ``datasets`` has them: ``README.md`` with YAML at its head, and tables of data.

It is read without that library, which would run a folder's script; here a script is refused. Its own card and what
``datasets`` has no words for stand under the key ``steelyard``.

Source: Hugging Face, "Manual configuration" and "Structure your repository", datasets 4 and 5; feature types as
``Features._to_yaml_list`` writes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library.card_file import card_of
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Foreign, Incoming, incoming, redescribed, slug
from steelyard.library.hugging_face.features import CLASS_LABEL, MEDIA, Features, decoded, features_of
from steelyard.library.hugging_face.folder import README, Folder, is_folder
from steelyard.library.hugging_face.writing import ANSWERS, write_folder
from steelyard.library.stored_set import StoredSet

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = Words(
    "hugging-face (a folder with README.md and tables, as Hugging Face's datasets has them)",
    "hugging-face（Hugging Face datasets 式目录：README.md 与数据表）",
)


def recognises(path: Path) -> bool:
    """Tell whether a path is a folder whose ``README.md`` begins with YAML, or that file."""
    return is_folder(_folder(path))


def files(path: Path) -> list[Path]:
    """Return all files of the folder: cells may name them."""
    below = _folder(path).rglob("*")
    return [each for each in below if each.is_file() and not any(part.startswith(".") for part in each.parts[-2:])]


def read(path: Path, description: Description) -> Incoming:
    """Return the set that a folder holds; counts that its card states are checked, and no code is run."""
    folder = Folder(_folder(path))
    own = folder.front.get("steelyard")
    if own is None:
        return incoming(_foreign(folder, description.records), description)
    own = own if isinstance(own, dict) else {}
    card = card_of(own["card"] if isinstance(own.get("card"), dict) else {}, folder.path / README)
    samples = _ordered(_table(folder, "default", own.get("splits") or {})[0], own)
    answers = {}
    for name in card.answers:
        answers[name] = _table(folder, f"{ANSWERS}{name}", {})[0].drop_columns(["split"])
    return Incoming(redescribed(card, description, folder.path), samples, answers)


def write(stored: StoredSet, folder: Path) -> None:
    """Write the set as such a folder."""
    write_folder(stored, folder)


def _folder(path: Path) -> Path:
    return path.parent if path.name == README else path


def _foreign(folder: Folder, wanted: str | None) -> Foreign:
    config = folder.config(wanted)
    table, features = _table(folder, config, {})
    front = folder.front
    title = front.get("pretty_name") or front.get("dataset_name")
    licence = front.get("license_name") if front.get("license") == "other" else front.get("license")
    licences = licence if isinstance(licence, list) else [licence] if licence else []
    said = Description(
        name=slug(str(title or folder.path.resolve().name)),
        title=Words(str(title), str(title)) if title else None,
        licence=" AND ".join(map(str, licences)) if licences else None,
        split="split" if "split" in table.column_names else None,
    )
    media = {name: MEDIA[kind] for name, (kind, _) in features.items() if kind in MEDIA and name in table.column_names}
    labels = tuple(name for name, (kind, _) in features.items() if kind == CLASS_LABEL and name in table.column_names)
    return Foreign(folder.path, table, said, media, labels, folder.notes())


def _table(folder: Folder, config: str, splits: dict[str, str]) -> tuple[pa.Table, Features]:
    """Return the rows of a configuration, a column ``split`` with them, and its features."""
    import pyarrow as pa

    info = folder.info(config)
    parts = []
    features: Features = {}
    for split, tables in folder.tables(config).items():
        rows = 0
        for path, table in tables:
            features = features or features_of(info, table.schema)
            made = decoded(table, features, folder.path, path)
            if split is not None and ("split" not in made.column_names or folder.is_own):
                named = pa.array([splits.get(split, split)] * made.num_rows, pa.string())
                made = made.append_column("split", named)
            parts.append(made)
            rows += made.num_rows
        stated = folder.stated(info, split)
        if stated is not None and stated != rows:
            raise SetError(
                Words(
                    f"{folder.path / README} says that {split} has {stated} rows; it has {rows}.",
                    f"{folder.path / README} 称 {split} 有 {stated} 行，实有 {rows} 行。",
                ),
                Words("Restore the file that lacks them, or mend the card.", "请恢复缺失的文件，或更正卡片。"),
            )
    if not parts:
        raise CallError(Words(f"{folder.path} holds no table of {config}", f"{folder.path} 没有 {config} 的数据表"))
    try:
        return pa.concat_tables(parts), features
    except pa.ArrowException as error:
        raise SetError(
            Words(f"{folder.path}: its tables differ: {error}", f"{folder.path}：各表不一致：{error}")
        ) from None


def _ordered(samples: pa.Table, own: dict[str, Any]) -> pa.Table:
    """Return the samples in the order that they had before they were put into splits."""
    if row := own.get("row"):
        samples = samples.sort_by(str(row)).drop_columns([str(row)])
    return samples if own.get("split", True) else samples.drop_columns(["split"])
