"""A web server as a mirror: by httpx, continuing where a part ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.sharing.mirrors import (
    TOKEN,
    Absent,
    Broken,
    Mirror,
    Patience,
    Refused,
    Sent,
    Stale,
    clean,
    is_here,
    redacted,
)

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
MOST_LISTED = 2**24
"""Bytes of a list of files."""
FOR_NOW = (408, 429, 502, 503, 504)
"""Status of a server that may well answer in a while."""
LISTING = "files.json"
"""Names the files of a folder: an object with a key for each."""


class Http(Mirror):
    """A web server, or a folder on one.

    Parameters
    ----------
    address : str
        Its URL.
    token : str or None
        For what is restricted; sent to this server and to no other, also where it redirects.
    patience : Patience
        How long it is waited for.
    """

    def __init__(self, address: str, token: str | None, patience: Patience) -> None:
        try:
            import httpx
        except ImportError:
            raise CallError(
                Words("web servers are asked with httpx, which is not installed.", "访问网站需要 httpx，尚未安装。"),
                Words("Install it: pip install 'steelyard[mirrors]'", "请安装：pip install 'steelyard[mirrors]'"),
            ) from None
        split = urlsplit(address)
        self.shown = redacted(address)
        self._address, self._token, self._httpx = split, token, httpx
        headers = {"accept-encoding": "identity", "user-agent": "steelyard"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        here = is_here(split.hostname)
        self._client = httpx.Client(
            headers=headers,
            timeout=patience.seconds,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            verify=httpx.create_ssl_context(),  # which heeds SSL_CERT_FILE, whatever is said of proxies
            trust_env=not here,  # what is on this machine is never reached by way of a proxy
        )

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def open(self, below: str, start: int = 0, version: str | None = None) -> Iterator[Sent]:
        headers = {"range": f"bytes={start}-"} if start else {}
        if start and version:
            headers["if-range"] = version
        where = self.where(below)
        try:
            with self._client.stream("GET", self._url(below), headers=headers) as response:
                yield self._sent(response, start, where)
        except self._httpx.TimeoutException:
            seconds = self._client.timeout.read
            raise Broken(
                Words(f"{where} sent nothing for {seconds:g} s", f"{where} 已有 {seconds:g} 秒没有数据")
            ) from None
        except (self._httpx.UnsupportedProtocol, self._httpx.TooManyRedirects, self._httpx.InvalidURL) as error:
            said = clean(str(error))
            raise Refused(Words(f"{where} leads nowhere: {said}", f"{where} 无法访问：{said}")) from None
        except self._httpx.TransportError as error:
            said = self._scrubbed(str(error) or type(error).__name__)
            if "CERTIFICATE_VERIFY_FAILED" in said:
                own = Words(
                    "its certificate is not trusted (your own authority's: export SSL_CERT_FILE=ca.pem)",
                    "证书不受信任（自有证书颁发机构：export SSL_CERT_FILE=ca.pem）",
                )
                raise Refused(Words(f"{where}: {own.en}: {said}", f"{where}：{own.zh}：{said}")) from None
            raise Broken(Words(f"{where}: the connection broke: {said}", f"{where}：连接中断：{said}")) from None

    def listing(self, below: str) -> Mapping[str, str | None] | None:
        data = bytearray()
        try:
            with self.open(f"{below}/{LISTING}") as sent:
                for chunk in sent.chunks:
                    data += chunk
                    if len(data) > MOST_LISTED:
                        return None
            named = json.loads(data)
        except (Absent, ValueError, RecursionError):
            return None
        if not isinstance(named, dict):
            return None
        return {name: _digest(about) for name, about in named.items()}

    def _url(self, below: str) -> str:
        split = self._address
        path = f"{split.path.rstrip('/')}/{quote(below, safe='/@')}" if below else split.path
        return urlunsplit((split.scheme, split.netloc, path, split.query, ""))

    def _scrubbed(self, text: str) -> str:
        return clean(text.replace(self._token, "[token]") if self._token else text)

    def _sent(self, response: httpx.Response, start: int, where: str) -> Sent:
        """Return what a response brings, or raise what its status says."""
        status, headers = response.status_code, response.headers
        sent = Sent(
            response.iter_raw(),  # as they come: what is gathered is lost where the connection breaks
            version=_strong(headers.get("etag")),
            page=headers.get("content-type", "").lower().startswith(("text/html", "application/xhtml")),
            packed=headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"),
        )
        if status == 200:
            return sent._replace(total=_number(headers.get("content-length")))
        if status == 206:
            first, total = _range(headers.get("content-range", ""))
            if first not in (0, start):
                raise Stale(Words(f"{where} sent another part than asked for", f"{where} 发来的不是所请求的部分"))
            return sent._replace(first=first, total=total)
        if status == 416 and start:
            if headers.get("content-range", "").strip() == f"bytes */{start}":
                return sent._replace(chunks=iter(()), first=start, total=start)
            raise Stale(Words(f"{where} has no such part", f"{where} 没有该部分"))
        raise self._complaint(status, headers, where)

    def _complaint(self, status: int, headers: Any, where: str) -> Absent | Refused | Broken:
        if status in (404, 410):
            return Absent(Words(f"{where} does not exist (HTTP {status})", f"{where} 不存在（HTTP {status}）"))
        if status in (401, 403):
            held = (
                Words("the token is not accepted", "令牌未被接受")
                if self._token
                else Words(f"it wants a token: set {TOKEN}", f"需要令牌：请设置 {TOKEN}")
            )
            return Refused(Words(f"{where}: HTTP {status}, {held.en}", f"{where}：HTTP {status}，{held.zh}"))
        if status in FOR_NOW:
            pause = _number(headers.get("retry-after")) or 0
            return Broken(Words(f"{where}: HTTP {status}", f"{where}：HTTP {status}"), float(pause))
        return Refused(Words(f"{where}: HTTP {status}", f"{where}：HTTP {status}"))


def _digest(about: Any) -> str | None:
    """Return the SHA-256 that a list of files gives for one, or None."""
    given = about.get("sha256") if isinstance(about, dict) else None
    return given if isinstance(given, str) and re.fullmatch(r"[0-9a-f]{64}", given) else None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text.strip()) else None


def _strong(tag: str | None) -> str | None:
    """Return a strong validator: a weak one says nothing of bytes (RFC 9110, 13.1.5)."""
    return tag if tag and re.fullmatch(r'"[\x21\x23-\x7e]*"', tag) else None


def _range(text: str) -> tuple[int, int | None]:
    """Return where a part begins, and the bytes of the whole; −1 where it cannot be read (RFC 9110, 14.4).

    Examples
    --------
    >>> _range("bytes 5-9/10"), _range("bytes 5-9/*"), _range("lines 1-2/3")
    ((5, 10), (5, None), (-1, None))
    """
    found = re.fullmatch(r"\s*bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)\s*", text)
    return (int(found[1]), _number(found[2])) if found else (-1, None)
