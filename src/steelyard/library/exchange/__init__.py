"""The formats in which sets are exchanged: one file, one format.

A format says what it is (``ABOUT``), tells whether a path is of it (``recognises``), which files a set there is made of
(``files``), reads it (``read``) and, where it can, writes it (``write``).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import ModuleType

from steelyard.core.errors import CallError, SetError, UnknownName
from steelyard.core.plugins import load, plugins
from steelyard.core.words import Words, listed
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Incoming
from steelyard.library.stored_set import StoredSet

KIND = Words("format", "格式")


def names(*, written: bool = False) -> list[str]:
    """Return the names of all formats, or of those that can be written, as the command line has them.

    Examples
    --------
    >>> names(written=True)
    ['croissant', 'hugging-face', 'steelyard']
    """
    found = [name.replace("_", "-") for name in plugins(__name__)]
    return [name for name in found if hasattr(find(name), "write")] if written else found


def find(name: str) -> ModuleType:
    """Return the format of this name.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if name not in (known := names()):
        raise UnknownName(KIND, name, known)
    return load(__name__, name.replace("-", "_"), KIND)


def recognised(path: Path) -> str | None:
    """Return the format in which a set lies at a path; None where it is none.

    Raises
    ------
    CallError
        Where it could be several.
    """
    found = [name for name in names() if find(name).recognises(path)]
    if len(found) > 1:
        raise CallError(
            Words(
                f"{path} can be read as {' and as '.join(found)}.",
                f"{path} 可读作 {' 或 '.join(found)}。",
            ),
            Words("Name the file that is meant, or give --format.", "请指明具体文件，或给出 --format。"),
        )
    return found[0] if found else None


def unrecognised(path: Path) -> CallError:
    """Return the error of a path that no format knows."""
    if not path.exists():
        return CallError(
            Words(f"there is no {path}.", f"{path} 不存在。"),
            Words("Name the file or the folder that holds the set.", "请指明数据集所在的文件或目录。"),
        )
    every = [find(name).ABOUT for name in names()]
    return CallError(
        Words(f"{path} is no set in a format that is known.", f"{path} 不是已知格式的数据集。"),
        Words(f"There is: {listed(every).en}.", f"已知格式：{listed(every).zh}。"),
    )


def files(path: Path, name: str) -> list[Path]:
    """Return the files that a set is made of, sorted."""
    return sorted(find(name).files(path))


def read(path: Path, description: Description | None = None, name: str | None = None) -> Incoming:
    """Return the set at a path: its card, its samples and recorded answers, and what was inferred.

    Raises
    ------
    CallError
        Where no format knows it, or it must be said which column is what.
    SetError
        Where a file is damaged, missing, or not what the set says of it.
    """
    name = name or recognised(path)
    if name is None:
        raise unrecognised(path)
    found = find(name).read(path, description or Description())
    assert isinstance(found, Incoming)
    return found


def write(stored: StoredSet, folder: Path, name: str = "croissant") -> None:
    """Write a set into a new folder; on failure nothing is left.

    Raises
    ------
    CallError
        Where the folder holds something, or the format is only read.
    SetError
        Where the format cannot carry the set.
    """
    chosen = find(name)
    if not hasattr(chosen, "write"):
        raise CallError(
            Words(f"{name} can be read, not written.", f"{name} 只能读取，不能写出。"),
            Words(f"Choose one of {', '.join(names(written=True))}.", f"可选：{'、'.join(names(written=True))}。"),
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallError(
            Words(f"{folder} exists already", f"{folder} 已存在"),
            Words("Name a folder that does not exist yet.", "请指定尚不存在的目录。"),
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "set"
            new.mkdir()
            chosen.write(stored, new)
            new.rename(folder)
    except OSError as error:
        raise SetError(Words(f"cannot write {folder}: {error}", f"无法写入 {folder}：{error}")) from None
