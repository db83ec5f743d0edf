"""Connections to services: by way of the proxy that the environment names, but never to this machine; no cookies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from steelyard.core.errors import ProductError
from steelyard.core.product import Ask, Limits
from steelyard.data.features import Features
from steelyard.data.label import Label
from steelyard.products import open_product

ANSWERS = Label(("negative", "positive"))


class Server(ThreadingHTTPServer):
    """Answers everything, and remembers what it was asked; a proxy, for whoever takes it for one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Server)
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        body = json.dumps({"output": "positive"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("set-cookie", "seen=1; path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def answers(uri: str, count: int = 2) -> list[Any]:
    session = open_product(uri).start(Features(), ANSWERS, Limits(answer_seconds=30.0, start_seconds=30.0))
    try:
        return [reply.output for _, reply in session.ask([Ask("", [float(n)]) for n in range(count)], lambda: True)]
    finally:
        session.close()


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("written", ["{}", "{.server_address[0]}:{.server_port}"], ids=["with a scheme", "without"])
def test_a_service_elsewhere_is_asked_by_way_of_the_proxy(
    name: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        where = proxy.url if written == "{}" else written.format(proxy, proxy)
        monkeypatch.setenv(name, where)
        assert answers("http://models.invalid/ask?size=2#canaries=0") == ["positive"] * 2
        assert [path for path, _ in proxy.asked] == ["http://models.invalid/ask?size=2"] * 2
        assert proxy.asked[0][1]["host"] == "models.invalid"


def test_who_needs_no_proxy_is_asked_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "localhost,.invalid")
        with pytest.raises(ProductError, match=r"nothing answers at http://models\.invalid"):
            answers("http://models.invalid/ask#retries=0")
        assert proxy.asked == []


def test_this_machine_is_never_asked_by_way_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as service:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert answers(f"{service.url}/ask#canaries=0") == ["positive"] * 2
        assert [path for path, _ in service.asked] == ["/ask"] * 2


def test_every_request_has_the_same_headers_and_no_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_TOKEN", "secret-of-tests")
    with serving() as service:
        answers(f"{service.url}/ask#canaries=0", 3)
        first, *further = [headers for _, headers in service.asked]
    assert all(each == first for each in further)
    assert first["authorization"] == "Bearer secret-of-tests"
    assert (first["user-agent"], first["accept-encoding"], first["accept"]) == ("steelyard", "identity", "*/*")
    assert "cookie" not in first
