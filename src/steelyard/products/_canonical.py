"""One spelling for each address: RFC 3986, 6.2.2 and 6.2.3, so that no spelling makes another product of a service."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit

PORTS = {"http": 80, "https": 443}
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def canonical_url(url: str) -> str:
    """Return an address in the one spelling that it has here.

    Scheme and host are in lower case, the host without the dot of the root and in ASCII; the port that the scheme has
    anyway is left out, and so is an empty query; an empty path is ``/``; dots in paths are followed; what needs no
    percent sign has none, the rest is in capitals. Whether ``/ask`` and ``/ask/`` are the same only the service knows:
    they stay two.

    Parameters
    ----------
    url : str
        An absolute address of http or https, without a fragment and without a user's name.

    Raises
    ------
    ValueError
        Where its port or host is none.

    Examples
    --------
    >>> canonical_url("HTTP://LocalHost.:080?")
    'http://localhost/'
    >>> canonical_url("https://Example.org:443/a/./b/../%7euser/%e4%bd%a0")
    'https://example.org/a/~user/%E4%BD%A0'
    """
    split = urlsplit(url)
    host, scheme = _host(split.hostname or ""), split.scheme.lower()
    port = "" if split.port in (None, PORTS[scheme]) else f":{split.port}"
    path = _without_dots(_percent(split.path, "/:@!$&'()*+,;="))
    query = _percent(split.query, "/?:@!$&'()*+,;=")
    return f"{scheme}://{host}{port}{path}{'?' if query else ''}{query}"


def _host(name: str) -> str:
    if ":" in name:
        return f"[{IPv6Address(name).compressed}]"
    name = name.removesuffix(".").lower()
    if name.isascii():
        return name
    return name.encode("idna").decode("ascii")  # a UnicodeError is a ValueError


def _percent(text: str, safe: str) -> str:
    """Return text with percent signs just where they are needed."""

    def decoded(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if UNRESERVED.fullmatch(character) else found[0].upper()

    marked = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(re.sub(r"%([0-9A-Fa-f]{2})", decoded, marked), safe=f"%{safe}")


def _without_dots(path: str) -> str:
    """Return a path whose steps ``.`` and ``..`` were taken (RFC 3986, 5.2.4)."""
    steps: list[str] = []
    parts = path.split("/")[1:]
    for step in parts:
        if step == "..":
            steps[-1:] = []
        elif step != ".":
            steps.append(step)
    if parts and parts[-1] in (".", ".."):
        steps.append("")
    return f"/{'/'.join(steps)}"
