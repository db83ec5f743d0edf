"""Ed25519 keys: those that sign here, and those of others that are trusted."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.library.home import home
from steelyard.library.sharing.part import unwritable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PRIVATE, PUBLIC = ".key", ".pub"
PASSPHRASE = "STEELYARD_KEY_PASSPHRASE"  # noqa: S105 - a name, no word
"""Names the variable that locks and unlocks private keys; without it they are not locked."""


@dataclass(frozen=True)
class PublicKey:
    """A key that signatures are checked with."""

    name: str
    """What its holder, or whoever trusts it, calls it."""
    pem: bytes

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        _need_cryptography()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(self.pem)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"it is of another kind: {type(key).__name__}")
        return key

    @cached_property
    def id(self) -> str:
        """``sha256:`` of the key's 32 bytes."""
        return f"sha256:{hashlib.sha256(self._key.public_bytes_raw()).hexdigest()}"

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature over the data was made with this key's private half."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class PrivateKey:
    """A key that signs."""

    public: PublicKey
    secret: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the signature over the data, 64 bytes."""
        return self.secret.sign(data)


def new_key(name: str) -> PublicKey:
    """Make a key pair under a name; the private half is readable by its owner only, and locked by `PASSPHRASE`.

    Raises
    ------
    CallError
        Where the name is taken, or cannot be one, or nothing can be written.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_name(name)
    folder = home() / "keys"
    secret = Ed25519PrivateKey.generate()
    passphrase = _passphrase()
    kept = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption(),
    )
    shown = secret.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_pair(folder, name, kept, shown)
    except OSError as error:
        raise unwritable(folder, error) from None
    return PublicKey(name, shown)


def _passphrase() -> bytes | None:
    """Return what locks private keys; an empty word locks nothing."""
    return os.environ.get(PASSPHRASE, "").encode() or None


def _write_pair(folder: Path, name: str, kept: bytes, shown: bytes) -> None:
    """Write both halves of a key, or neither."""
    private, public = folder / f"{name}{PRIVATE}", folder / f"{name}{PUBLIC}"
    try:
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CallError(
            Words(f"there is a key {name} already.", f"已有密钥 {name}。"),
            Words("Choose another name: a key is never written over.", "请另取名称：密钥不会被覆盖。"),
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(kept)
        public.write_bytes(shown)
    except BaseException:  # a full disk: half a key would only keep its name taken
        private.unlink(missing_ok=True)
        raise


def own_keys() -> list[PublicKey]:
    """Return the public halves of the keys that can sign here."""
    return _in_folder(home() / "keys")


def trusted_keys(files: Iterable[Path] = ()) -> list[PublicKey]:
    """Return the keys that are trusted: our own, those that were said to be, and those of some files."""
    found = [*own_keys(), *_in_folder(home() / "trusted"), *map(read_public_key, files)]
    return list({key.id: key for key in found}.values())


def read_public_key(path: Path) -> PublicKey:
    """Return the public key in a PEM file.

    Raises
    ------
    CallError
        Where there is none.
    """
    try:
        key = PublicKey(path.stem, path.read_bytes())
        _ = key.id
    except OSError as error:
        why = error.strerror or str(error)
        raise _no_key(path, Words(why, why)) from None
    except ValueError as error:
        raise _no_key(path, Words(str(error), str(error))) from None
    return key


def trust(path: Path, name: str | None = None) -> PublicKey:
    """Trust the public key in a file from now on, under a name.

    Raises
    ------
    CallError
        Where there is no key, or another one is trusted under this name, or nothing can be written.
    """
    key = PublicKey(name or path.stem, read_public_key(path).pem)
    _check_name(key.name)
    folder = home() / "trusted"
    place = folder / f"{key.name}{PUBLIC}"
    if place.exists() and read_public_key(place).id != key.id:
        raise CallError(
            Words(f"another key is trusted as {key.name}.", f"已将另一密钥以 {key.name} 之名列为可信。"),
            Words(f"Give it another name, or remove {place}.", f"请另取名称，或删除 {place}。"),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place.write_bytes(key.pem)
    except OSError as error:
        raise unwritable(folder, error) from None
    return key


def private_key(name: str) -> PrivateKey:
    """Return the key of this name that signs here, unlocked by `PASSPHRASE`.

    Raises
    ------
    UnknownName
        Where there is none.
    CallError
        Where it cannot be opened, or is not the private half of the public key that stands beside it.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    known = {key.name: key for key in own_keys()}
    if name not in known:
        raise UnknownName(Words("key", "密钥"), name, known)
    path = home() / "keys" / f"{name}{PRIVATE}"
    try:
        secret = serialization.load_pem_private_key(path.read_bytes(), _passphrase())
    except (OSError, ValueError, TypeError) as error:
        raise CallError(
            Words(f"the key {name} cannot be opened: {error}", f"无法打开密钥 {name}：{error}"),
            Words("Is its passphrase in STEELYARD_KEY_PASSPHRASE?", "口令是否已置于 STEELYARD_KEY_PASSPHRASE？"),
        ) from None
    if not isinstance(secret, Ed25519PrivateKey):
        raise _no_key(path, Words("it is of another kind", "类型不符"))
    own = secret.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if PublicKey(name, own).id != known[name].id:  # nobody could check what it signs by the key of this name
        raise CallError(
            Words(
                f"{path} is not the private half of {name}{PUBLIC}, which stands beside it.",
                f"{path} 不是同目录中 {name}{PUBLIC} 的私钥。",
            ),
            Words("Restore both files of the key, or make a new one.", "请恢复该密钥的两个文件，或另建密钥。"),
        )
    return PrivateKey(known[name], secret)


def _in_folder(folder: Path) -> list[PublicKey]:
    return [read_public_key(path) for path in sorted(folder.glob(f"*{PUBLIC}"))]


def _check_name(name: str) -> None:
    if not NAMED.fullmatch(name):
        raise CallError(
            Words(f"{name!r} cannot be the name of a key.", f"{name!r} 不能作为密钥名称。"),
            Words("Use letters, digits, dots, hyphens and underscores.", "请使用字母、数字、点、连字符和下划线。"),
        )


def _no_key(path: Path, why: Words) -> CallError:
    return CallError(
        Words(f"{path} holds no key: {why.en}.", f"{path} 中没有密钥：{why.zh}。"),
        Words("Give a public Ed25519 key in PEM.", "请给出 PEM 格式的 Ed25519 公钥。"),
    )


def _need_cryptography() -> None:
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        raise CallError(
            Words("signatures need the package cryptography.", "签名需要 cryptography 软件包。"),
            Words("Install it: pip install 'steelyard[sign]'", "请安装：pip install 'steelyard[sign]'"),
        )
