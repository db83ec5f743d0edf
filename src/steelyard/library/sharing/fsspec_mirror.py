"""Whatever fsspec reaches as a mirror: S3 and what speaks like it, SFTP, other clouds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.sharing.mirrors import Absent, Broken, Mirror, Refused, Sent, Trouble, clean, redacted

CHUNK = 2**20


class Fsspec(Mirror):
    """A folder that fsspec reaches; what it needs to get in stands where fsspec looks for it.

    Parameters
    ----------
    address : str
        A URL: ``s3://bucket/folder``.
    """

    def __init__(self, address: str) -> None:
        extra = Words("Install it: pip install 'steelyard[mirrors]'", "请安装：pip install 'steelyard[mirrors]'")
        try:
            import fsspec
        except ImportError:
            raise CallError(
                Words(
                    "such mirrors are reached with fsspec, which is not installed.", "访问该镜像需要 fsspec，尚未安装。"
                ),
                extra,
            ) from None
        self.shown = redacted(address)
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            said = clean(str(error))
            raise CallError(
                Words(f"{self.shown} cannot be a mirror yet: {said}", f"{self.shown} 尚不能作为镜像：{said}"), extra
            ) from None
        except ValueError as error:
            said = clean(str(error))
            raise CallError(
                Words(f"{self.shown} cannot be a mirror: {said}", f"{self.shown} 不能作为镜像：{said}"),
                Words(
                    "Name a folder, or an address: https://HOST/FOLDER, s3://BUCKET/FOLDER.",
                    "请填写目录或地址：https://主机/目录、s3://存储桶/目录。",
                ),
            ) from None
        self._root = str(root).rstrip("/")

    @contextmanager
    def open(self, below: str, start: int = 0, version: str | None = None) -> Iterator[Sent]:
        place = f"{self._root}/{below}"
        with self._troubles(below):
            self._files.invalidate_cache()
            about: dict[str, Any] = self._files.info(place)
            if about.get("type") == "directory":
                raise FileNotFoundError(place)
            now = str(about.get("ETag") or about.get("mtime") or about.get("LastModified") or "") or None
            size = about.get("size")
            first = 0 if version is not None and version != now else start
            if size is not None and first > size:
                first = 0
            file = self._files.open(place, "rb", cache_type="none", block_size=CHUNK)
        try:
            yield Sent(self._chunks(file, first, below), first, size, now)
        finally:
            file.close()

    def _chunks(self, file: Any, first: int, below: str) -> Iterator[bytes]:
        with self._troubles(below):
            file.seek(first)
            while chunk := file.read(CHUNK):
                yield chunk

    def listing(self, below: str) -> Mapping[str, str | None] | None:
        folder = f"{self._root}/{below}"
        with self._troubles(below):
            self._files.invalidate_cache()
            inside = folder.strip("/") + "/"
            return {each.lstrip("/").removeprefix(inside): None for each in self._files.find(folder)}
        return {}

    @contextmanager
    def _troubles(self, below: str) -> Iterator[None]:
        """Make of what a file system raises what a mirror does."""
        where = self.where(below)
        try:
            yield
        except Trouble:
            raise
        except FileNotFoundError:
            raise Absent(Words(f"{where} does not exist", f"{where} 不存在")) from None
        except PermissionError as error:
            said = clean(str(error))
            raise Refused(Words(f"{where}: not allowed: {said}", f"{where}：无权访问：{said}")) from None
        except Exception as error:  # each file system has errors of its own
            said = clean(f"{type(error).__name__}: {error}")
            raise Broken(Words(f"{where}: {said}", f"{where}：{said}")) from None
