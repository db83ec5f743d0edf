"""Where files come from: folders, web servers, and whatever else fsspec reaches, each behind one method."""

from __future__ import annotations

import netrc
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.home import MIRROR, mirror_addresses

TOKEN = "STEELYARD_MIRROR_TOKEN"  # noqa: S105 - the variable's name
"""Holds the token for restricted sets of the one web server that `MIRROR` names."""
LOGIN = "steelyard"
"""Whose password in ``~/.netrc`` (or the file that ``NETRC`` names) is a token: one for each host."""
MOST_SAID = 160
CHUNK = 2**20


class Trouble(Exception):
    """A mirror did not give a file; its next place, or the next mirror, may."""

    def __init__(self, what: Words) -> None:
        super().__init__(what)
        self.what = what


class Absent(Trouble):
    """It has no such file."""


class Refused(Trouble):
    """It will not give it, or gives something else: asking again would change nothing."""


class Broken(Trouble):
    """The connection broke or hung; ``pause`` is the seconds that the mirror asks to wait."""

    def __init__(self, what: Words, pause: float = 0.0) -> None:
        super().__init__(what)
        self.pause = pause


class Stale(Broken):
    """What is there of the file cannot be continued."""


class Sent(NamedTuple):
    """What a mirror sends of a file."""

    chunks: Iterator[bytes]
    first: int = 0
    """Place of the first byte: as asked for, or 0 where the mirror sends the whole."""
    total: int | None = None
    """Bytes of the whole file, as the mirror has it."""
    version: str | None = None
    """Tells whether it is still the same file: the next part is asked for under this condition."""
    page: bool = False
    """Whether the mirror calls it a web page."""
    packed: bool = False
    """Whether the mirror packed it for the way (gzip)."""


@dataclass(frozen=True)
class Patience:
    """How long a mirror is waited for."""

    seconds: float = 30.0
    """For a connection and for the next bytes; in each such while `pace` bytes a second must come."""
    tries: int = 4
    """How often a connection may break without that anything was gained."""
    pause: float = 0.5
    """Seconds before it is tried again, doubled each time."""
    pace: float = 1024.0
    """Least bytes a second: who sends less sends for ever."""


class Mirror(ABC):
    """One of the places that files come from."""

    shown: str
    """For messages, without anything secret."""
    by_digest = False
    """Whether it was found to keep files by their digest."""

    @abstractmethod
    def open(self, below: str, start: int = 0, version: str | None = None) -> AbstractContextManager[Sent]:
        """Open a file at a byte, under the condition that it still is of a version.

        Raises
        ------
        Trouble
            When it is opened, or while it is read.
        """

    @abstractmethod
    def listing(self, below: str) -> Mapping[str, str | None] | None:
        """Return the files below a folder, each with its SHA-256 where it is known; None where the mirror cannot tell.

        Raises
        ------
        Trouble
            Where it does not answer.
        """

    def close(self) -> None:  # noqa: B027 - most have none
        """Let go of connections."""

    def where(self, below: str) -> str:
        """Return a file's address for messages."""
        return f"{self.shown}/{below}"


class Folder(Mirror):
    """A folder on this machine, read in place."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.shown = path.rstrip("/") or "/"

    @contextmanager
    def open(self, below: str, start: int = 0, version: str | None = None) -> Iterator[Sent]:  # noqa: ARG002
        path = self.path / below
        try:
            file = path.open("rb")
        except OSError as error:
            raise Absent(Words(f"{path}: {error.strerror}", f"{path}：{error.strerror}")) from None
        with file:
            yield Sent(iter(lambda: file.read(CHUNK), b""), total=path.stat().st_size)

    def listing(self, below: str) -> Mapping[str, str | None] | None:
        folder = self.path / below
        return {path.relative_to(folder).as_posix(): None for path in folder.rglob("*") if path.is_file()}

    def where(self, below: str) -> str:
        return str(self.path / below)


def mirrors(patience: Patience, *, offline: bool = False) -> list[Mirror]:
    """Return the mirrors that `MIRROR` names, in order; offline, folders only.

    Raises
    ------
    CallError
        Where an address cannot be one, or its part of Steelyard is not installed.
    """
    from steelyard.library.sharing.fsspec_mirror import Fsspec
    from steelyard.library.sharing.http_mirror import Http

    addresses = mirror_addresses()
    web = {_origin(urlsplit(each)) for each in addresses if is_web(each)}
    found: list[Mirror] = []
    for address in addresses:
        if "://" not in address:
            found.append(Folder(address))
        elif offline:
            continue
        elif is_web(address):
            found.append(Http(address, token_of(address, web), patience))
        else:
            found.append(Fsspec(address))
    return found


def is_web(address: str) -> bool:
    """Return whether an address is one of a web server."""
    return address.startswith(("http://", "https://"))


def redacted(address: str) -> str:
    """Return a URL without user, password and query: what may stand in messages.

    Examples
    --------
    >>> redacted("https://anna:secret@mirror.example:8443/sets/?signature=abc")
    'https://mirror.example:8443/sets'
    """
    split = urlsplit(address)
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], split.path.rstrip("/"), "", ""))


def clean(text: str) -> str:
    """Return what others say in one short line that any terminal can show."""
    line = "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
    return line if len(line) <= MOST_SAID else line[: MOST_SAID - 1] + "…"


def is_here(host: str | None) -> bool:
    """Return whether a host is this machine.

    Examples
    --------
    >>> [is_here(each) for each in ("localhost", "127.0.0.1", "::1", "mirror.example", None)]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def token_of(address: str, web: set[str]) -> str | None:
    """Return the token for a web server, or None.

    Parameters
    ----------
    address : str
        Its URL.
    web : set of str
        The origins of all web servers that are mirrors: a token is shown to none but its own.

    Raises
    ------
    CallError
        Where it is not clear whose the token is, or anyone on the way could read it.
    """
    split = urlsplit(address)
    token = os.environ.get(TOKEN, "").strip() or None
    if token and len(web) > 1:
        raise CallError(
            Words(
                f"{TOKEN} holds one token, and {MIRROR} names {len(web)} web servers: whose is it?",
                f"{TOKEN} 只有一个令牌，而 {MIRROR} 指定了 {len(web)} 个网站：令牌属于哪一个？",
            ),
            Words(
                f"Unset it, and write a line for each into ~/.netrc: machine HOST login {LOGIN} password TOKEN",
                f"请取消该变量，并在 ~/.netrc 中为各网站写一行：machine 主机 login {LOGIN} password 令牌",
            ),
        )
    token = token or _noted(split.hostname or "")
    if token is None:
        return None
    if re.search(r"[^\x21-\x7e]", token):
        raise CallError(
            Words(
                f"the token for {split.hostname} holds what no token can: spaces, line ends, or other than ASCII.",
                f"{split.hostname} 的令牌含不允许的字符：空格、换行或非 ASCII 字符。",
            ),
            Words("Set it to the token alone.", "请只填令牌本身。"),
        )
    if split.scheme != "https" and not is_here(split.hostname):
        raise CallError(
            Words(
                f"the token for {redacted(address)} would cross the network readable to all: it is not sent.",
                f"{redacted(address)} 的令牌将以明文经过网络，因此不予发送。",
            ),
            Words(
                "Use https:// (steelyard sets serve --certificate FILE --key FILE).",
                "请使用 https://（steelyard sets serve --certificate 文件 --key 文件）。",
            ),
        )
    return token


def _noted(host: str) -> str | None:
    """Return the token for a host that the user's netrc holds, or None."""
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        noted = netrc.netrc(path).hosts.get(host) if path.is_file() else None
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return None  # it is other programs' file as well
    return noted[2] if noted and noted[0] == LOGIN else None


def _origin(split: SplitResult) -> str:
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
