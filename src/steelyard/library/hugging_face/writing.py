"""Writes a set as a folder that Hugging Face's ``datasets`` loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.foreign.licences import address
from steelyard.library.hugging_face.folder import README
from steelyard.library.stored_set import TEST, StoredSet

if TYPE_CHECKING:
    import pyarrow as pa

ANSWERS = "answers-"
"""Begins the names of configurations that hold recorded answers."""
MOST_CLASSES = 1000
ROW = "row_in_set"
"""Column of a row's place, where putting rows into splits would lose it."""
_PIXELS = {"image", "picture"}


class Count(NamedTuple):
    """How much a split holds."""

    rows: int
    bytes: int
    """In memory."""


def write_folder(stored: StoredSet, folder: Path) -> None:
    """Write card and tables; each split, and each product's recorded answers, is a Parquet file.

    Raises
    ------
    SetError
        Where two splits would have one name.
    """
    import pyarrow.parquet as pq

    from steelyard.library.stored_set import SAMPLES

    card = stored.card
    schema = pq.read_schema(stored.folder / SAMPLES)
    splits = _split_names(card)
    classes = _classes(stored)
    row = ROW if "split" in schema.names and _mixed(stored) else None
    features, counts = _write_samples(stored, folder, splits, classes, row)
    configs = [_config("default", [(name, f"data/{name}-*") for name in counts])]
    infos = [_info("default", features, counts)]
    (folder / "answers").mkdir()
    for place, name in enumerate(card.answers):
        table = stored.answers(name)
        plain_name = re.sub(r"[^\w.-]", "-", name)
        path = f"answers/{place:02d}-{plain_name}.parquet"
        pq.write_table(table.replace_schema_metadata(), folder / path, compression="zstd")
        configs.append(_config(f"{ANSWERS}{name}", [(TEST, path)]))
        infos.append(
            _info(f"{ANSWERS}{name}", _features(table.schema, card, {}), {TEST: Count(table.num_rows, table.nbytes)})
        )
    if not card.answers:
        (folder / "answers").rmdir()
    own = {
        "splits": {written: name for name, written in splits.items() if written != name},
        "split": "split" in schema.names,
        "row": row,
        "card": plain(card),
    }
    front = {
        **_licence(card),
        "pretty_name": card.title.en,
        "configs": configs,
        "dataset_info": infos,
        "steelyard": own,
    }
    (folder / README).write_text(_readme(card, front), "utf-8")


def _split_names(card: Card) -> dict[str, str]:
    """Return what each split is called where names hold letters, digits and underscores, and training is train."""
    names = {name: "train" if name == "training" else re.sub(r"\W", "_", name) for name in card.splits}
    if len(set(names.values())) < len(names):
        raise SetError(
            Words(
                f"{card.label}: Hugging Face has one name for two of its splits: {', '.join(names)}.",
                f"{card.label}：其划分 {'、'.join(names)} 在 Hugging Face 中会重名。",
            ),
            Words("Export it with --format croissant.", "请用 --format croissant 导出。"),
        )
    return names


def _mixed(stored: StoredSet) -> bool:
    """Tell whether the rows of a split do not follow one another, in the order of the splits."""
    import numpy as np

    last = -1
    for split in stored.card.splits:
        rows = stored.positions(split)
        if len(rows) and (rows[0] < last or not np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows)))):
            return True
        last = int(rows[-1]) if len(rows) else last
    return False


def _classes(stored: StoredSet) -> list[str]:
    """Return the classes that reference answers name, sorted; none where they are no classes: most stand but once."""
    import pyarrow as pa

    seen: set[str] = set()
    for batch in stored.batches(["reference"], 2**16):
        if not pa.types.is_string(batch.schema.field(0).type):
            return []
        seen |= set(batch.column(0).unique().to_pylist())
        if len(seen) > MOST_CLASSES:
            return []
    return sorted(seen) if 2 * len(seen) <= stored.card.samples else []


def _write_samples(
    stored: StoredSet, folder: Path, splits: Mapping[str, str], classes: list[str], row: str | None
) -> tuple[list[dict[str, Any]], dict[str, Count]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    (folder / "data").mkdir()
    writers: dict[str, Any] = {}
    counts = dict.fromkeys(splits.values(), Count(0, 0))
    features: list[dict[str, Any]] = []
    place = 0
    try:
        for batch in stored.batches(size=2**16):
            table = pa.Table.from_batches([batch])
            if row:
                table = table.append_column(row, pa.array(range(place, place + len(table)), pa.int64()))
            place += len(batch)
            for name, written in splits.items():
                part = table.filter(pc.equal(table["split"], name)) if "split" in table.column_names else table
                part = part.drop_columns(["split"]) if "split" in table.column_names else part
                if not len(part):  # an empty row group is more than some readers can read
                    continue
                features = features or _features(part.schema, stored.card, {"reference": classes} if classes else {})
                part = _encoded(part, stored.card, classes)
                if written not in writers:
                    file = folder / "data" / f"{written}-00000-of-00001.parquet"
                    writers[written] = pq.ParquetWriter(file, part.schema, compression="zstd")
                writers[written].write_table(part)
                counts[written] = Count(counts[written].rows + len(part), counts[written].bytes + part.nbytes)
    finally:
        for writer in writers.values():
            writer.close()
    return features, counts


def _encoded(table: pa.Table, card: Card, classes: list[str]) -> pa.Table:
    """Return a table with reference answers as numbers of classes, and files in structs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if classes:
        numbers = pc.index_in(table["reference"], pa.array(classes, pa.string())).cast(pa.int64())
        table = table.set_column(table.column_names.index("reference"), "reference", numbers)
    if card.input is not None and card.input["type"] in (*_PIXELS, "audio"):
        data = table["input"].combine_chunks()
        files = pa.StructArray.from_arrays([data, pa.nulls(len(data), pa.string())], ["bytes", "path"])
        table = table.set_column(table.column_names.index("input"), "input", files)
    return table.replace_schema_metadata()


def _features(schema: pa.Schema, card: Card, classes: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    found = []
    for field in schema:
        if field.name in classes:
            names = {str(number): name for number, name in enumerate(classes[field.name])}
            found.append({"name": field.name, "dtype": {"class_label": {"names": names}}})
        elif field.name == "input" and card.input is not None and card.input["type"] in _PIXELS:
            found.append({"name": field.name, "dtype": "image"})
        elif field.name == "input" and card.input is not None and card.input["type"] == "audio":
            rate = card.input.get("sample_rate", 16_000)
            found.append({"name": field.name, "dtype": {"audio": {"sampling_rate": rate}}})
        else:
            found.append({"name": field.name, **_feature(field.type)})
    return found


def _feature(kind: pa.DataType) -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_list(kind):
        inner = _feature(kind.value_type)
        return {"sequence": inner["dtype"] if list(inner) == ["dtype"] else inner}
    return {"dtype": {"double": "float64", "float": "float32", "halffloat": "float16"}.get(str(kind), str(kind))}


def _config(name: str, files: list[tuple[str, str]]) -> dict[str, Any]:
    default = {"default": True} if name == "default" else {}
    return {"config_name": name, **default, "data_files": [{"split": split, "path": path} for split, path in files]}


def _info(name: str, features: list[dict[str, Any]], counts: Mapping[str, Count]) -> dict[str, Any]:
    splits = [{"name": split, "num_bytes": count.bytes, "num_examples": count.rows} for split, count in counts.items()]
    return {"config_name": name, "features": features, "splits": splits}


def _licence(card: Card) -> dict[str, str]:
    if address(card.licence) != card.licence:
        return {"license": card.licence.lower()}
    return {"license": "other", "license_name": card.licence}


def _readme(card: Card, front: Mapping[str, Any]) -> str:
    import yaml

    head = yaml.safe_dump(dict(front), allow_unicode=True, sort_keys=False, width=120)
    scope = [] if card.scope is None else [card.scope.en, card.scope.zh]
    body = [
        f"# {card.title.en}",
        card.title.zh,
        f"Reference answers: {card.reference.en}. 参考答案：{card.reference.zh}。",
        *scope,
        f"Source: {card.source}",
        *([f"Citation: {card.citation}"] if card.citation else []),
        f"Digest of the samples (Merkle root): `{card.digest}`",
    ]
    return f"---\n{head}---\n\n" + "\n\n".join(body) + "\n"
