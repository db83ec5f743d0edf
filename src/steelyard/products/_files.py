"""What a product is made of, by digests that others can compute.

A file has its SHA-256, as ``sha256sum`` prints it. A folder has the digest of the statement that OpenSSF model-signing
signs: SHA-256 over the SHA-256 of its files, in the order of their names, git's own left out
(github.com/sigstore/model-transparency, serialisation by files). Who has signed a model with ``model_signing`` and who
has a report on it can so see, by one number, that both speak of the same files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from steelyard.core.canonical import digest
from steelyard.core.errors import ProductError
from steelyard.core.product import Files, Product
from steelyard.core.words import Words

GIT = (".git", ".gitattributes", ".github", ".gitignore")
"""At the top of a folder, these are git's own, and no part of a model."""


def made_of(product: Product, path: Path) -> Product:
    """Return a product that is said to be made of a file or a folder; its digest then covers that too.

    Parameters
    ----------
    product : Product
        One that is run here: of a service or of recorded answers nobody can see the files.
    path : Path
        Weights, code, or both.

    Returns
    -------
    Product
        The same; in isolation it may read them.

    Raises
    ------
    ProductError
        Where there are no such files, or the product cannot be made of any.
    """
    identity = product.identity
    if identity.kind != "digest" or identity.digest is None or product.answered is not None:
        raise ProductError(
            Words(
                f"{identity.uri} is not run from files here: what it is made of cannot be seen.",
                f"{identity.uri} 不是由本机文件运行的产品：其组成无从查看。",
            ),
            Words("Leave out --model, or test the files themselves.", "请去掉 --model，或直接检测这些文件。"),
        )
    files, contents = _read(path)
    count = f"{files.count:,} file{'s' * (files.count > 1)}"
    return replace(
        product,
        identity=replace(
            identity,
            digest=digest([identity.digest, contents]),  # with names, by which a product may choose
            covers=Words(
                f"what {files.name} holds ({count}) and {identity.covers.en}",
                f"{files.name} 的内容（{files.count:,} 个文件）与{identity.covers.zh}",
            ),
            files=(*identity.files, files),
        ),
        model=path.absolute(),
    )


def not_covered(path: Path) -> list[Path]:
    """Return what lies in a folder and is no part of the digest: an isolated product must not see it."""
    return [path / name for name in GIT if path.is_dir() and (path / name).exists()]


def files_of(path: Path) -> Files:
    """Return name and digest of a file, or of a folder's files.

    Raises
    ------
    ProductError
        Where there is nothing, a file without a byte, what is no file, or a link in a folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "weights.bin").write_bytes(b"0")
    ...     files_of(Path(folder) / "weights.bin").digest
    'sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9'
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[Files, list[list[str]]]:
    """Return what is said of a file or a folder, and of each of its files the name and the SHA-256."""
    from concurrent.futures import ThreadPoolExecutor

    try:
        files = [path] if not path.is_dir() else sorted(_inside(path), key=lambda file: file.relative_to(path).parts)
        if files == [path]:
            _check_file(path)
        names = [os.fsencode(file.relative_to(path)).decode() for file in files]  # which may be no text
        own = os.fsencode(path.resolve().name).decode()
        with ThreadPoolExecutor() as threads:  # hashing lets other threads run
            digests = list(threads.map(_sha256, files))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProductError(
            Words(f"{path} cannot be read: {why}.", f"无法读取 {path}：{why}。"),
            Words("--model names a file, or a folder of files.", "--model 指明一个文件或文件目录。"),
        ) from None
    if not files:
        raise ProductError(
            Words(f"{path} holds no files.", f"{path} 中没有文件。"),
            Words("Name what the product is made of: its weights.", "请指明产品的组成：其权重文件。"),
        )
    of_all = digests[0] if files == [path] else hashlib.sha256(b"".join(digests)).digest()
    contents = [[name, each.hex()] for name, each in zip(names, digests, strict=True)]
    return Files(own, f"sha256:{of_all.hex()}", len(files)), contents


def _check_file(path: Path) -> None:
    """Raise an error for what is no file, or an empty one: its digest would name any product's empty file."""
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError("it is neither a file nor a folder")
    if not size:
        raise ProductError(
            Words(f"{path} is empty.", f"{path} 为空。"),
            Words("Name what the product is made of: its weights.", "请指明产品的组成：其权重文件。"),
        )


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, at any depth."""

    def stop(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=stop):
        here = Path(place)
        for name in (*folders, *files):
            _check(here / name)
        if here == folder:
            folders[:] = [name for name in folders if name not in GIT]
            files = [name for name in files if name not in GIT]
        yield from (here / name for name in files)


def _check(path: Path) -> None:
    """Raise `ProductError` for what is neither a file nor a folder: a link may lead elsewhere tomorrow."""
    if path.is_symlink():
        raise ProductError(
            Words(f"{path} is a link: what it leads to may change.", f"{path} 是链接：其所指可能改变。"),
            Words("Name a copy of the folder: cp -rL FOLDER COPY", "请指明目录的副本：cp -rL 目录 副本"),
        )
    if not (path.is_file() or path.is_dir()):
        raise ProductError(
            Words(f"{path} is no file.", f"{path} 不是文件。"),
            Words("Name a folder that holds files alone.", "请指明只含文件的目录。"),
        )


def file_digest(file: Path) -> str:
    """Return ``"sha256:…"`` of a file of any size."""
    return f"sha256:{_sha256(file).hex()}"


def _sha256(file: Path) -> bytes:
    with file.open("rb") as opened:  # a model may be larger than memory
        return hashlib.file_digest(opened, "sha256").digest()
