"""Files that another file names: they lie beside it or below, and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from steelyard.core.errors import SetError
from steelyard.core.words import Words


def beside(folder: Path, name: str, named_by: Path) -> Path:
    """Return the path of a file below a folder.

    Parameters
    ----------
    folder : Path
        The folder that it must not leave.
    name : str
        As it was written, with slashes.
    named_by : Path
        The file in which it was written, for the message.

    Raises
    ------
    SetError
        Where it leads out of the folder, by its name or by a link, or is not there.
    """
    place = inside(folder, name, named_by)
    if not place.exists():
        raise SetError(
            Words(
                f"{named_by} names {name!r}, and there is no {place}.", f"{named_by} 列有 {name!r}，但 {place} 不存在。"
            ),
            Words("Put the file there.", "请将文件放到该处。"),
        )
    return place


def inside(folder: Path, name: str, named_by: Path) -> Path:
    """Return the path of what a name below a folder would be, which need not be there; as `beside` otherwise."""
    path = PurePosixPath(name)
    place = folder / path
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        out = True
    else:
        out = not place.resolve().is_relative_to(folder.resolve())
    if out:
        raise SetError(
            Words(
                f"{named_by} names {name!r}, which lies outside of its folder.",
                f"{named_by} 所列 {name!r} 在其目录之外。",
            ),
            Words(
                "Put the file below the folder and name it from there.", "请将文件放在该目录之下，并以相对路径列出。"
            ),
        )
    return place
