"""Who may have which restricted set: tokens in a file, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words

ALL = "*"
DIGEST = "sha256:"
LEAST = 16
"""Characters of a token: a shorter one can be guessed."""


@dataclass(frozen=True)
class Access:
    """Which tokens open which sets; a set that none opens is open to everyone.

    Examples
    --------
    >>> held = Access({hashlib.sha256(b"0123456789abcdef").digest(): frozenset({"ward-7"})})
    >>> held.admits("ward-7@1", None), held.admits("ward-7@1", "0123456789abcdef"), held.admits("ward-8@1", None)
    (False, True, True)
    """

    tokens: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    """SHA-256 of each token to the names of sets, with or without their version, or `ALL`."""

    def restricted(self, label: str) -> bool:
        """Return whether a set needs a token."""
        return any(_opens(names, label) for names in self.tokens.values())

    def admits(self, label: str, token: str | None) -> bool:
        """Return whether whoever shows a token may have a set; how long it takes tells nothing of any token."""
        shown = hashlib.sha256((token or "").encode("utf-8", "surrogateescape")).digest()
        admitted = not self.restricted(label)
        for known, names in self.tokens.items():
            same = hmac.compare_digest(known, shown)
            admitted |= same and _opens(names, label)
        return admitted


def _opens(names: frozenset[str], label: str) -> bool:
    return bool(names & {ALL, label, label.partition("@")[0]})


def read_access(path: Path, shared: Sequence[str]) -> Access:
    """Return what a file of tokens says: in each line a token, or its SHA-256, and the sets that it opens.

    Parameters
    ----------
    path : Path
        The file. A line is ``TOKEN SET …`` or ``sha256:HEX SET …``; ``*`` is all sets, ``#`` begins a comment.
    shared : sequence of str
        The labels that there are: a name that nothing bears would leave a set open that is meant to be restricted.

    Raises
    ------
    CallError
        Where a line cannot be read; it names the line, and never the token.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(Words(f"cannot read {path}: {error}", f"无法读取 {path}：{error}")) from None
    tokens: dict[bytes, frozenset[str]] = {}
    known = {ALL, *shared, *(label.partition("@")[0] for label in shared)}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        token, *names = words
        wrong = next((name for name in names if name not in known), None)
        if wrong is not None:
            where = Words(f"shared set ({path}:{number})", f"共享数据集（{path}:{number}）")
            raise UnknownName(where, wrong, known - {ALL})
        digest = _digest(token)
        if not names or digest is None:
            raise CallError(
                Words(
                    f"{path}:{number}: a line is a token of {LEAST} characters or more, and the sets that it opens.",
                    f"{path}:{number}：每行为一个至少 {LEAST} 个字符的令牌及其可访问的数据集。",
                ),
                Words(
                    "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32), \"SET\")'",
                    "可这样生成：python3 -c 'import secrets; print(secrets.token_urlsafe(32), \"SET\")'",
                ),
            )
        tokens[digest] = tokens.get(digest, frozenset()) | set(names)
    return Access(tokens)


def _digest(token: str) -> bytes | None:
    """Return the SHA-256 of a token, given as it is or as its digest; None where it can be neither."""
    if token.startswith(DIGEST):
        given = token.removeprefix(DIGEST)
        return bytes.fromhex(given) if re.fullmatch(r"[0-9a-fA-F]{64}", given) else None
    return hashlib.sha256(token.encode()).digest() if re.fullmatch(rf"[\x21-\x7e]{{{LEAST},}}", token) else None
