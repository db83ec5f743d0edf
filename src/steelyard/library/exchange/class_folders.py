"""A folder of sounds or pictures: a sub-folder for each class, perhaps below one for each split."""

from __future__ import annotations

from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import SPLITS, Foreign, Incoming, incoming, slug

ABOUT = Words(
    "class-folders (a folder of WAV, PNG, JPEG or PGM files, a sub-folder for each class)",
    "class-folders（WAV、PNG、JPEG 或 PGM 文件的目录，每类一个子目录）",
)
ENDS = {".wav": "audio", ".png": "image", ".jpg": "image", ".jpeg": "image", ".pgm": "image", ".ppm": "image"}
ROLES = {"test", "training", "validation", *SPLITS}


def recognises(path: Path) -> bool:
    """Tell whether a folder holds nothing but sub-folders, and these hold sounds or pictures."""
    if not path.is_dir():
        return False
    below = [each for each in path.iterdir() if not each.name.startswith(".")]
    if not below or not all(each.is_dir() for each in below):
        return False
    inner = [each for folder in below for each in folder.iterdir() if not each.name.startswith(".")]
    if _has_splits(path):
        inner = [each for folder in inner if folder.is_dir() for each in folder.iterdir()]
    return any(each.suffix.lower() in ENDS for each in inner)


def files(path: Path) -> list[Path]:
    """Return all files below the folder."""
    return sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))


def read(path: Path, description: Description) -> Incoming:
    """Return the files as samples: the folder's name is the reference answer, the path the id.

    Raises
    ------
    SetError
        Where a file is a link out of the folder, stands elsewhere than in a class, or is of another kind.
    """
    import pyarrow as pa

    splits = _has_splits(path)
    rows = []
    kinds = set()
    for file in files(path):
        parts = file.relative_to(path).parts
        kind = ENDS.get(file.suffix.lower())
        if len(parts) != 2 + splits or kind is None or not file.resolve().is_relative_to(path.resolve()):
            raise SetError(
                Words(
                    f"{file} is no sound or picture in a class's folder.", f"{file} 不是类别目录中的音频或图像文件。"
                ),
                Words(
                    f"Below {path} there must be {'split/' if splits else ''}class/file and nothing else.",
                    f"{path} 之下应仅有 {'划分/' if splits else ''}类别/文件。",
                ),
            )
        kinds.add(kind)
        rows.append(("/".join(parts), file.read_bytes(), parts[-2], parts[0]))
    if len(kinds) != 1:
        raise SetError(Words(f"{path} mixes sounds and pictures.", f"{path} 混有音频与图像。"))
    ids, data, classes, roles = zip(*rows, strict=True)
    table = {"id": pa.array(ids), "input": pa.array(data, pa.binary()), "reference": pa.array(classes)}
    table |= {"split": pa.array(roles)} if splits else {}
    said = Description(name=slug(path.resolve().name), id="id", input=("input",), reference="reference")
    return incoming(Foreign(path, pa.table(table), said, {"input": kinds.pop()}, ("reference",)), description)


def _has_splits(path: Path) -> bool:
    return all(each.name in ROLES for each in path.iterdir() if not each.name.startswith("."))
