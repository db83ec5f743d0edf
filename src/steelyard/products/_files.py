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
from concurrent.futures import ThreadPoolExecutor
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
    files = files_of(path)
    count = f"{files.count:,} file{'s' * (files.count > 1)}"
    return replace(
        product,
        identity=replace(
            identity,
            digest=digest([identity.digest, files.digest]),
            covers=Words(
                f"what {files.name} holds ({count}) and {identity.covers.en}",
                f"{files.name} 的内容（{files.count:,} 个文件）与{identity.covers.zh}",
            ),
            files=(*identity.files, files),
        ),
        model=path.absolute(),
    )


def files_of(path: Path) -> Files:
    """Return name and digest of a file, or of a folder's files.

    Raises
    ------
    ProductError
        Where there is nothing, a file without a byte, a link, or what is no file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "weights.bin").write_bytes(b"0")
    ...     files_of(Path(folder) / "weights.bin").digest
    'sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9'
    """
    try:
        return _folder(path) if path.is_dir() else _file(path)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProductError(
            Words(f"{path} cannot be read: {why}.", f"无法读取 {path}：{why}。"),
            Words("--model names a file, or a folder of files.", "--model 指明一个文件或文件目录。"),
        ) from None


def _file(path: Path) -> Files:
    if path.is_file() and not path.stat().st_size:  # its digest would name any product's empty file
        raise ProductError(
            Words(f"{path} is empty.", f"{path} 为空。"),
            Words("--model names what the product is made of: its weights.", "--model 指明产品的组成：其权重文件。"),
        )
    return Files(path.name, f"sha256:{_sha256(path).hex()}", 1)


def _folder(folder: Path) -> Files:
    found = sorted(_inside(folder), key=lambda file: file.relative_to(folder).parts)
    if not found:
        raise ProductError(
            Words(f"{folder} holds no files.", f"{folder} 中没有文件。"),
            Words("--model names what the product is made of: its weights.", "--model 指明产品的组成：其权重文件。"),
        )
    with ThreadPoolExecutor() as threads:  # hashing lets other threads run
        root = hashlib.sha256(b"".join(threads.map(_sha256, found)))
    return Files(folder.resolve().name, f"sha256:{root.hexdigest()}", len(found))


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


def _sha256(file: Path) -> bytes:
    with file.open("rb") as opened:  # a model may be larger than memory
        return hashlib.file_digest(opened, "sha256").digest()
