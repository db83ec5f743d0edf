"""The connections to one service: straight, or by way of the proxy that the environment names.

httpx's transports are used without its client: a client merges addresses, headers and cookies anew for each request,
which takes longer than all else; a service here has one origin, the same headers every time, and no cookies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

from steelyard.products._address import Place

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
"""A connection that takes longer is none."""
HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "keep-alive",
    "user-agent": "steelyard",
}


class Connections:
    """Makes connections and requests for one service.

    Parameters
    ----------
    place : Place
        Where it is.
    library : module
        httpx.
    headers : mapping of str to str
        Sent with every request: the token's.
    """

    def __init__(self, place: Place, library: Any, headers: Mapping[str, str]) -> None:
        self._place, self._httpx = place, library
        self._headers = [*{**HEADERS, **headers}.items()]
        self._urls: dict[str, httpx.URL] = {}
        self._extensions = {"timeout": {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}}

    def open(self) -> list[httpx.AsyncHTTPTransport]:
        """Return a transport for each connection, since a pool looks at all of its connections each time."""
        straight = self._place.is_here and self._place.split.scheme == "http"
        context = False if straight else self._httpx.create_ssl_context()  # which takes a while, so that all share one
        return [
            self._httpx.AsyncHTTPTransport(
                verify=context,
                limits=self._httpx.Limits(max_connections=1, keepalive_expiry=60.0),
                proxy=self._proxy(),
                trust_env=not self._place.is_here,
            )
            for _ in range(self._place.options.concurrency)
        ]

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None, **what: Any) -> httpx.Request:
        """Return a request; ``what`` is content or files, as httpx takes them."""
        parsed = self._urls.get(url)
        if parsed is None:
            parsed = self._urls[url] = self._httpx.URL(url)
        whole = [*self._headers, *(headers or {}).items()]
        return self._httpx.Request(method, parsed, headers=whole, extensions=self._extensions, **what)  # type: ignore[no-any-return]

    def redirected(self, request: httpx.Request, response: httpx.Response) -> httpx.Request | str | None:
        """Return the same request to where a response sends it on the same host; else the address that it names.

        None where it sends it nowhere.
        """
        if not response.has_redirect_location:
            return None
        said = response.headers["location"]
        try:
            url = request.url.join(said)
        except self._httpx.InvalidURL:
            return str(said)
        same = (url.scheme, url.netloc) == (request.url.scheme, request.url.netloc)
        if same and (response.status_code in (307, 308) or request.method == "GET"):
            return self._httpx.Request(  # type: ignore[no-any-return]
                request.method, url, headers=request.headers, stream=request.stream, extensions=self._extensions
            )
        return str(url.copy_with(query=None, fragment=None, userinfo=b""))

    def _proxy(self) -> str | None:
        """Return the proxy that the environment names; what is on this machine is never reached by way of one."""
        if self._place.is_here or proxy_bypass(self._place.split.hostname or ""):
            return None
        known = getproxies()
        found = known.get(self._place.split.scheme) or known.get("all")
        return found if found is None or "://" in found else f"http://{found}"
