"""A small HTTP server on loopback for tests: a function answers, and all that was asked is kept."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    headers: Message
    body: bytes
    handler: BaseHTTPRequestHandler
    time: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, tuple[str | None, str, bytes]]:
        """The parts of a form: name to file name, media type and bytes."""
        from email.parser import BytesParser

        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        parts: Any = BytesParser().parsebytes(head + self.body).get_payload()
        return {
            str(part.get_param("name", header="content-disposition")): (
                part.get_filename(),
                part.get_content_type(),
                part.get_payload(decode=True),
            )
            for part in parts
        }


Said = tuple[int, Mapping[str, str], bytes] | bytes | dict[str, Any] | None
"""Status, headers and body; or a body, or an object, with success; or nothing, where the function wrote itself."""


@dataclass
class Service:
    """A server that runs."""

    url: str
    asked: list[Request] = field(default_factory=list)
    server: Any = None

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def end(self) -> None:
        """Accept no more connections, and close all that there are."""
        self.server.shutdown()
        self.server.socket.close()
        for asked in self.asked:
            with contextlib.suppress(OSError):
                asked.handler.connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serve(answer: Callable[[Request], Said], port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Service]:
    """Serve on loopback until the block ends, behind TLS where there is a context for it."""
    service = Service("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 600.0
        disable_nagle_algorithm = True  # head and body are written apart: else each answer waits 40 ms

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Request(self.command, self.path, self.headers, body, self)
            service.asked.append(asked)
            said = answer(asked)
            if said is None:
                return
            if isinstance(said, dict):
                said = 200, {"content-type": "application/json"}, json.dumps(said).encode()
            elif isinstance(said, bytes):
                said = 200, {}, said
            status, headers, content = said
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET = reply  # noqa: N815 - the base class calls them so

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # so that closing waits for them

        def handle_error(self, *_: Any) -> None:
            """Clients that go away are part of the tests."""

    server = Server(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    service.server, service.url = server, f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
