"""Web servers on loopback that do what mirrors should not."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """What was asked."""

    path: str
    headers: Mapping[str, str]

    @property
    def start(self) -> int:
        """First byte that is asked for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else 0


class Site:
    """A server, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []


class Handler(BaseHTTPRequestHandler):
    """Hands a request to what the test wants to happen."""

    protocol_version = "HTTP/1.1"
    site: Site
    behave: Callable[[Handler, Request, int], None]

    def do_GET(self) -> None:
        asked = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.site.requests.append(asked)
        with contextlib.suppress(ConnectionError):
            type(self).behave(self, asked, len(self.site.requests) - 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; ``content_length`` may lie."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def send_part(self, body: bytes, asked: Request, *, stop: int | None = None, **headers: str) -> None:
        """Send what is asked for of a file; hang up before the byte ``stop``."""
        start = asked.start
        if start:
            headers["content_range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.send(206 if start else 200, body[start:stop], **{"content_length": str(len(body) - start)} | headers)
        if stop is not None:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


Behaviour = Callable[[Handler, Request, int], None]


@contextmanager
def site(behave: Behaviour) -> Iterator[Site]:
    """Serve until the block ends."""
    made = type("Made", (Handler,), {"behave": staticmethod(behave)})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        made.site = Site(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made.site  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()
