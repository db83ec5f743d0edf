"""Encryption with age keys, in memory: who may read, and with which key it is read.

Keys are read from files, never from a command line, where every user of the machine could see them. The format is that
of age (F. Valsorda, B. Cartwright-Cox, C2SP, https://age-encryption.org/v1): X25519, HKDF-SHA-256, ChaCha20-Poly1305.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words

KEY = "STEELYARD_SEAL_KEY"
"""Names the file that holds the key of sealed sets."""
_SECRET, _PUBLIC = "AGE-SECRET-KEY-1", "age1"
_MAKE_ONE = Words(
    "Make one: age-keygen -o key.txt; chmod 600 key.txt", "请生成：age-keygen -o key.txt；chmod 600 key.txt"
)


@dataclass(frozen=True)
class Keys:
    """The secret keys of a file."""

    path: Path
    identities: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Keys({str(self.path)!r})"  # no traceback shows a secret

    @cached_property
    def _identities(self) -> list[Any]:
        x25519 = _pyrage().x25519
        return [x25519.Identity.from_str(each) for each in self.identities]

    def open(self, ciphertext: bytes, where: Path) -> bytes | None:
        """Return what was sealed; None where it is for other keys.

        Raises
        ------
        SetError
            Where the bytes are not those that were sealed.
        """
        try:
            return self._opened(ciphertext)
        except _pyrage().DecryptError as error:
            if "No matching keys" in str(error):
                return None
            raise SetError(
                Words(f"{where} is damaged: {error}.", f"{where} 已损坏：{error}。"),
                Words("Nothing was run. Restore the file from a copy.", "未运行任何检测。请用备份恢复该文件。"),
            ) from None

    def seal(self, plaintext: bytes) -> bytes:
        """Return what these keys alone open."""
        made: bytes = _pyrage().encrypt(plaintext, [each.to_public() for each in self._identities])
        return made

    def _opened(self, ciphertext: bytes) -> bytes:
        opened: bytes = _pyrage().decrypt(ciphertext, self._identities)
        return opened


def keys(path: Path | None = None) -> Keys:
    """Return the keys of a file; without one, of the file that `KEY` names.

    Raises
    ------
    CallError
        Where there is none, others could read it, or it holds no key.
    """
    if path is None:
        named = os.environ.get(KEY)
        if not named:
            raise CallError(
                Words("the set is sealed, and there is no key.", "数据集已密封，而未给出密钥。"),
                Words(f"Set {KEY} to the file of your age key.", f"请将 {KEY} 设为 age 密钥文件。"),
            )
        path = Path(named)
    try:
        with path.open(encoding="utf-8") as file:
            open_to_others = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            lines = file.read().split()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise CallError(
            Words(f"cannot read the key {path}: {why}.", f"无法读取密钥 {path}：{why}。"), _MAKE_ONE
        ) from None
    if open_to_others:
        raise CallError(
            Words(f"others can read the key {path}.", f"他人可读取密钥 {path}。"),
            Words(f"Keep it to yourself: chmod 600 {path}", f"请仅供自己读取：chmod 600 {path}"),
        )
    found = Keys(path, tuple(word for word in lines if word.startswith(_SECRET)))
    try:
        if not found.identities:
            raise ValueError
        _ = found._identities
    except (ValueError, _pyrage().IdentityError):
        raise CallError(
            Words(f"{path} holds no age key ({_SECRET}…).", f"{path} 不含 age 密钥（{_SECRET}…）。"), _MAKE_ONE
        ) from None
    return found


def recipient(text: str) -> tuple[str, ...]:
    """Return the public keys of one recipient: a public key itself, or all that a file of public or secret keys holds.

    Raises
    ------
    CallError
        Where there is none.
    """
    x25519 = _pyrage().x25519
    if text.startswith(_PUBLIC) and not Path(text).exists():
        words = [text]
    else:
        try:
            words = Path(text).read_text("utf-8").split()
        except (OSError, ValueError):
            raise CallError(
                Words(f"{text} is neither a recipient nor a file of keys.", f"{text} 既不是接收者，也不是密钥文件。"),
                Words("Give age1… or the file of an age key.", "请给出 age1… 或 age 密钥文件。"),
            ) from None
    try:
        secret = [str(x25519.Identity.from_str(word).to_public()) for word in words if word.startswith(_SECRET)]
        public = [str(x25519.Recipient.from_str(word)) for word in words if word.startswith(_PUBLIC)]
    except (_pyrage().IdentityError, _pyrage().RecipientError) as error:
        shown = text if text.startswith(_PUBLIC) else f"a key in {text}"
        raise CallError(
            Words(f"{shown} is no age key: {error}.", f"{shown} 不是 age 密钥：{error}。"),
            Words("It may have been cut short when it was copied.", "复制时可能不完整。"),
        ) from None
    found = tuple(sorted({*secret, *public}))
    if not found:
        raise CallError(Words(f"{text} holds no age key.", f"{text} 不含 age 密钥。"), _MAKE_ONE)
    return found


def seal(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """Return what the keys of these recipients alone open."""
    x25519 = _pyrage().x25519
    made: bytes = _pyrage().encrypt(plaintext, [x25519.Recipient.from_str(each) for each in recipients])
    return made


def _pyrage() -> ModuleType:
    try:
        import pyrage
    except ImportError:
        raise CallError(
            Words("sealed sets need pyrage, which is not installed.", "密封数据集需要 pyrage，尚未安装。"),
            Words("Install it: pip install 'steelyard[seal]'", "请安装：pip install 'steelyard[seal]'"),
        ) from None
    module: ModuleType = pyrage
    return module
