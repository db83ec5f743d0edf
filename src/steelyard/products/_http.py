"""How all services are asked: by HTTP, with a pool of connections, within limits of time, size and pace."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.core.canonical import JSON
from steelyard.core.errors import ProductError
from steelyard.core.product import Limits
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.products._address import TOKEN, Place, clean, client_library, secret
from steelyard.products._connections import Connections

if TYPE_CHECKING:
    import httpx

LONGEST_PAUSE_SECONDS = 300.0
"""A service that asks for a longer pause is not waited for: the run stops and can be resumed."""
MOST_REDIRECTS = 5
LEAST_SCRUBBED = 8
"""A token of fewer characters may be part of an answer by chance, and is kept out of messages alone."""


class Answer(NamedTuple):
    """What a service sent back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    """Since the request was first sent, with everything that was waited for."""


class Failed(Exception):
    """A request that brought no usable answer; ``lost`` as in `steelyard.core.product.Reply`."""

    def __init__(self, fault: Fault, detail: Words, seconds: float, *, lost: bool = False) -> None:
        super().__init__(fault, detail)
        self.fault, self.detail, self.seconds, self.lost = fault, detail, seconds, lost


@dataclass
class Traffic:
    """Counts over all requests of one session."""

    retries: int = 0
    outages: int = 0
    redirects: int = 0
    paused: int = 0
    versions: list[str] = field(default_factory=list)
    """What the service called itself, each once, in the order in which it was seen."""
    first: float | None = None
    last: float | None = None
    """Seconds since 1970 of the first request and of the last answer."""


def json_of(answer: Answer) -> JSON:
    """Return the JSON of an answer; NaN and infinities come through, so that their fault can be named.

    Raises
    ------
    Failed
        Where it is none.
    """
    import orjson

    try:
        return orjson.loads(answer.body)  # type: ignore[no-any-return]
    except orjson.JSONDecodeError:
        try:
            return json.loads(answer.body)  # type: ignore[no-any-return]
        except (ValueError, RecursionError) as error:
            begins = clean(answer.body[:200].decode("utf-8", "replace"), 80)
            raise Failed(
                Fault.MALFORMED,
                Words(
                    f"not JSON: {clean(str(error), 80)}; it begins {begins!r}",
                    f"不是 JSON：{clean(str(error), 80)}；开头为 {begins!r}",
                ),
                answer.seconds,
            ) from None


class Wire:
    """Sends requests to one service, as its place says and within limits.

    Parameters
    ----------
    place : Place
        Where, and how.
    limits : Limits
        Of which seconds and bytes are enforced here.
    """

    def __init__(self, place: Place, limits: Limits) -> None:
        self.place, self.limits = place, limits
        self.traffic = Traffic()
        self.accepted = False
        """Whether it has answered anything with success."""
        self._httpx = client_library()
        self._token = secret(place.options)
        self._transports: list[httpx.AsyncHTTPTransport] = []
        self._free: asyncio.LifoQueue[httpx.AsyncHTTPTransport] = asyncio.LifoQueue()
        self._reached = False
        self._down: float | None = None
        self._slot = 0.0
        """When the next request may be sent."""

    async def open(self) -> None:
        """Open as many connections as are used at the same time."""
        options, headers = self.place.options, dict[str, str]()
        if self._token is not None:
            bearer = "Bearer " if options.header.lower() == "authorization" else ""
            headers[options.header] = bearer + self._token
        self._connections = Connections(self.place, self._httpx, headers)
        self._transports = self._connections.open()
        for transport in self._transports:
            self._free.put_nowait(transport)

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._transports:
            await transport.aclose()

    async def send(self, method: str, url: str, patience: int = 0, **what: Any) -> Answer:
        """Send a request, and return what came back, whatever its status.

        Parameters
        ----------
        method, url : str
            As in HTTP.
        patience : int
            How often a service that is busy or failing for now (408, 429, 5xx) is asked again.
        **what : object
            Content and headers, as httpx takes them.

        Raises
        ------
        Failed
            Where nothing usable came.
        ProductError
            Where it cannot be reached, or asks for a longer pause than can be waited for.
        """
        began, broken, busy = None, 0, 0
        while True:
            await self._turn()
            began = began or time.monotonic()
            self.traffic.first = self.traffic.first or time.time()
            try:
                answer = await self._once(method, url, what, began)
            except (self._httpx.ConnectError, self._httpx.ConnectTimeout, self._httpx.ProxyError) as error:
                broken += 1
                await self._unreachable(error, broken)
                continue
            except self._httpx.TransportError as error:
                broken += 1
                if broken > self.place.options.retries:
                    said = self.scrub(clean(str(error) or type(error).__name__))
                    detail = Words(f"the connection broke: {said}", f"连接中断：{said}")
                    raise Failed(Fault.CRASH, detail, time.monotonic() - began, lost=True) from None
                self.traffic.retries += 1
                await asyncio.sleep(0.05 * 2**broken)
                continue
            self._reached, self._down = True, None
            self.traffic.last = time.time()
            if busy == patience or not _is_for_now(answer.status):
                return answer
            busy += 1
            self._busy(answer, busy)

    async def ask(self, method: str, url: str, patience: int = 0, **what: Any) -> Answer:
        """Send a request, and return an answer of success.

        Raises
        ------
        Failed, ProductError
            As `send`, and for any other status.
        """
        answer = await self.send(method, url, patience, **what)
        if answer.status < 300:
            self.accepted = True
            return answer
        raise self.refusal(answer)

    def refusal(self, answer: Answer) -> Failed | ProductError:
        """Return the error of a status that is no success: the call's, where it can be nothing else."""
        said, status = self.complaint(answer), answer.status
        what = Words(f"HTTP {status}: {said}", f"HTTP {status}：{said}")
        if status == 401 or (status in (403, 407) and not self.accepted):
            name = self.place.options.token or TOKEN
            held = Words("", "") if self._token else Words(", which is not set,", "（未设置）")
            return ProductError(
                Words(f"{self.place.origin} does not let us in: {what.en}", f"{self.place.origin} 拒绝访问：{what.zh}"),
                Words(
                    f"The token is taken from the environment variable {name}{held.en} and sent in the header "
                    f"{self.place.options.header}; #token=VARIABLE and #header=NAME choose others.",
                    f"令牌取自环境变量 {name}{held.zh}，在请求头 {self.place.options.header} 中发送；"
                    "可用 #token=变量 和 #header=名称 另行指定。",
                ),
            )
        if not self.accepted and (status in (404, 405, 501) or 300 <= status < 400):
            return ProductError(
                Words(f"{self.place.url} is no address to ask: {what.en}", f"{self.place.url} 不可提问：{what.zh}"),
                Words("Write the address that answers POST requests.", "请写接受 POST 请求的地址。"),
            )
        return Failed(Fault.REFUSED, what, answer.seconds)

    def complaint(self, answer: Answer) -> str:
        """Return what the service says of its refusal, without the token."""
        return self.scrub(_complaint(answer))

    def called(self, name: object) -> None:
        """Take note of what the service calls itself."""
        shown = self.scrub(clean(str(name), 80)) if isinstance(name, str | int | float) else ""
        if shown and shown not in self.traffic.versions:
            self.traffic.versions.append(shown)

    def scrub(self, text: str) -> str:
        """Return text without the token."""
        return text.replace(self._token, "[token]") if self._token else text

    async def _once(self, method: str, url: str, what: Mapping[str, Any], began: float) -> Answer:
        """Send a request once, within the time that is granted."""
        granted = self.limits.answer_seconds if self.accepted else self.limits.start_seconds
        transport = await self._free.get()
        try:
            async with asyncio.timeout(granted):
                return await self._follow(transport, method, url, what, began)
        except TimeoutError:
            en, zh = f"no answer within {granted:g} s", f"{granted:g} 秒内无回答"
            raise Failed(Fault.TIMEOUT, Words(en, zh), time.monotonic() - began, lost=True) from None
        except self._httpx.DecodingError as error:
            en, zh = f"its compression cannot be undone: {error}", f"无法解压：{error}"
            raise Failed(Fault.MALFORMED, Words(en, zh), time.monotonic() - began) from None
        finally:
            self._free.put_nowait(transport)

    async def _follow(
        self, transport: httpx.AsyncHTTPTransport, method: str, url: str, what: Mapping[str, Any], began: float
    ) -> Answer:
        """Send a request, and again where the same host says that it lives at another path."""
        request = self._connections.request(method, url, **what)
        for _ in range(MOST_REDIRECTS + 1):
            response = await transport.handle_async_request(request)
            try:
                body = await self._read(response, began)
            finally:
                await response.aclose()
            target = self._connections.redirected(request, response)
            if target is None or isinstance(target, str):
                break
            self.traffic.redirects += 1
            request = target
        if target is not None:
            where = clean(target if isinstance(target, str) else str(target.url), 100)
            body = f"it redirects to {where}, which is not followed".encode()
        return Answer(response.status_code, response.headers, body, time.monotonic() - began)

    async def _read(self, response: httpx.Response, began: float) -> bytes:
        most = min(self.limits.line_bytes, self.limits.output_bytes)
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                en, zh = f"an answer of more than {most} bytes", f"回答超过 {most} 字节"
                raise Failed(Fault.MALFORMED, Words(en, zh), time.monotonic() - began)
        if self._token and len(self._token) >= LEAST_SCRUBBED:  # of the same length: binary answers count bytes
            return bytes(body).replace(self._token.encode(), b"*" * len(self._token))
        return bytes(body)

    async def _turn(self) -> None:
        """Wait until one more request may be sent."""
        now = time.monotonic()
        slot = max(self._slot, now)
        self._slot = slot + 1.0 / self.place.options.rate
        if slot > now:
            await asyncio.sleep(slot - now)

    async def _unreachable(self, error: Exception, tries: int) -> None:
        """Wait for a service that does not accept connections, or raise `ProductError`."""
        said, now = self.scrub(clean(_cause(error))), time.monotonic()
        if not self._reached:
            if tries > self.place.options.retries:
                raise ProductError(
                    Words(f"nothing answers at {self.place.origin}: {said}", f"{self.place.origin} 无应答：{said}"),
                    Words(
                        "Name the file of your own authority's certificate: export SSL_CERT_FILE=ca.pem",
                        "请指明自有证书颁发机构的证书文件：export SSL_CERT_FILE=ca.pem",
                    )
                    if "CERTIFICATE_VERIFY_FAILED" in said
                    else Words("Start the service, or mend its address.", "请启动该服务，或修正其地址。"),
                )
            self.traffic.retries += 1
            await asyncio.sleep(0.1 * 2**tries)
            return
        self.traffic.outages += self._down is None
        self._down = self._down or now
        if now - self._down > self.limits.start_seconds:
            raise ProductError(
                Words(
                    f"{self.place.origin} has accepted no connection for {self.limits.start_seconds:g} s: {said}",
                    f"{self.place.origin} 已有 {self.limits.start_seconds:g} 秒不接受连接：{said}",
                ),
                Words("Start it again, then repeat the command: it resumes.", "请重新启动它，再重复该命令即可继续。"),
            )
        await asyncio.sleep(min(0.1 * 2**tries, 1.0))

    def _busy(self, answer: Answer, times: int) -> None:
        """Send nothing for as long as a busy service asks for, or for a while that grows."""
        asked = _retry_after(answer.headers)
        seconds = min(0.5 * 2**times, 30.0) if asked is None else asked
        if seconds > LONGEST_PAUSE_SECONDS:
            said = f"HTTP {answer.status}: {self.complaint(answer)}"
            raise ProductError(
                Words(
                    f"{self.place.origin} asks to come back in {seconds:g} s: {said}",
                    f"{self.place.origin} 要求 {seconds:g} 秒后再试：{said}",
                ),
                Words("Repeat the command then: it resumes.", "请届时重复该命令，即可继续。"),
            )
        self.traffic.paused += 1
        self._slot = max(self._slot, time.monotonic() + seconds)


def _cause(error: BaseException) -> str:
    """Return what an operating system says of a connection that failed, beneath what libraries make of it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):  # one for each address of the host
            seen = seen.exceptions[0]
        if isinstance(seen, ConnectionError) and seen.errno:
            return os.strerror(seen.errno)
        seen = seen.__cause__ or seen.__context__
    return str(error) or type(error).__name__


def _is_for_now(status: int) -> bool:
    """Tell whether a status may be another one in a while.

    Examples
    --------
    >>> [_is_for_now(status) for status in (200, 404, 429, 501, 503)]
    [False, False, True, False, True]
    """
    return status in (408, 429) or (status >= 500 and status != 501)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a service asks to wait (RFC 9110, 10.2.3), or None."""
    said = headers.get("retry-after", "").strip()
    try:
        return (
            max(float(said), 0.0)
            if said[:1].isdigit()
            else max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
        )
    except (ValueError, TypeError):
        return None


def _complaint(answer: Answer) -> str:
    """Return what a service says of its refusal."""
    text = answer.body[:4096].decode("utf-8", "replace")
    try:
        said = json.loads(answer.body) if len(answer.body) <= 4096 else text
    except (ValueError, RecursionError):
        shown = re.sub(r"(?s)<(style|script)\b.*?</\1>|<[^>]*>", " ", text) if text.lstrip()[:1] == "<" else text
        return clean(shown) or "—"
    for key in ("error", "detail", "message"):
        if isinstance(said, dict) and key in said:
            said = said[key]
    return clean(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)) or "—"
