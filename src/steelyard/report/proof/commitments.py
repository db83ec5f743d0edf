"""Salted hashes: what is committed to in a bundle, and can be opened later to whom it concerns, a sample at a time.

A commitment is SHA-256 of a salt of 256 bits and a text. Texts are few (a label, a row of ones and zeros): without the
salt anybody could try them all. Salts follow by HMAC-SHA-256 from one secret, which the laboratory keeps in the run's
folder; whoever is shown one salt knows nothing of the others.

Sources: HMAC, RFC 2104 (1997); commitments of this kind: RFC 9901 (SD-JWT), section 4.2.3, hashes salted disclosures.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.bench.durable import write_where_told
from steelyard.bench.journal import Lock
from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECRET, LOCKED = "salts.key", "salts.age"
"""The secret in the run's folder: in clear, or of a run on a sealed set locked as its journal is."""
WIDTH = 32
"""Bytes of a secret, a salt and a hash."""


def secret_of(folder: Path, lock: Lock | None, *, draw: bool = True) -> bytes:
    """Return the secret that a run's salts follow from.

    Parameters
    ----------
    folder : Path
        Of the run.
    lock : Lock, optional
        Of a sealed set.
    draw : bool
        Whether it is drawn where there is none yet.

    Raises
    ------
    CallError
        Where there is none, it cannot be written, or it is locked for another key.
    """
    path = folder / (SECRET if lock is None else LOCKED)
    if not path.exists() and not draw:
        raise CallError(
            Words(f"{folder} has no salts ({path.name}).", f"{folder} 中没有盐值（{path.name}）。"),
            Words("They are drawn when the run is bundled, and kept there.", "盐值在打包时抽取并保存于该目录。"),
        )
    if not path.exists():
        drawn = secrets.token_bytes(WIDTH)
        before = os.umask(0o077)
        try:
            write_where_told(path, drawn if lock is None else lock.seal(drawn))
        finally:
            os.umask(before)
    held: bytes | None = path.read_bytes()
    if lock is not None and held is not None:
        held = lock.open(held, path)
    if held is None or len(held) != WIDTH:
        raise CallError(
            Words(f"{path} holds no salts that can be read here.", f"{path} 中没有此处可读的盐值。"),
            Words("Use the key with which the run was first bundled.", "请使用首次打包该检测时的密钥。"),
        )
    return held


def salt_of(secret: bytes, plan: str, member: str, place: int) -> bytes:
    """Return the salt of one text: of a plan's digest, a bundle's member, and a place among its hashes.

    Examples
    --------
    >>> salt_of(bytes(32), "sha256:0", "withheld/rows.npy", 0).hex()[:16]
    '8dfcfe199d912f7d'
    """
    return hmac.digest(secret, canonical([plan, member, place]), "sha256")


def commitment(salt: bytes, text: bytes) -> bytes:
    """Return the hash that commits to a text."""
    return hashlib.sha256(salt + text).digest()


def commitments(secret: bytes, plan: str, member: str, texts: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return the hashes that commit to some texts, uint8[n, 32]."""
    import numpy as np

    hashes = [commitment(salt_of(secret, plan, member, place), text) for place, text in enumerate(texts)]
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, WIDTH)
