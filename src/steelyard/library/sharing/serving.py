"""Serves a store to others, by HTTP and read-only: ranges, conditions, and tokens for what is restricted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.sharing.access import Access
from steelyard.library.sharing.fetching import FILES
from steelyard.library.sharing.http_mirror import LISTING
from steelyard.library.sharing.pulling import SETS
from steelyard.library.sharing.shared import Shared, Shelf

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MOST_CONNECTIONS = 256
"""At once; whoever comes later is told to come again (503)."""
IDLE_SECONDS = 15


def application(shelf: Shelf, access: Access) -> Starlette:
    """Return the web application.

    ``/sets/files.json`` names the sets, ``/sets/LABEL/files.json`` a set's files with their bytes and SHA-256,
    ``/sets/LABEL/NAME`` is one of them, and ``/files/SHA256`` a file of a recipe. All else is not there.

    Raises
    ------
    CallError
        Where what serves is not installed.
    """
    try:
        import uvicorn  # noqa: F401 - needed in a moment
        from starlette.applications import Starlette
    except ImportError as error:
        raise CallError(
            Words(
                f"sets are served with {error.name}, which is not installed.",
                f"共享数据集需要 {error.name}，尚未安装。",
            ),
            Words("Install it: pip install 'steelyard[serve]'", "请安装：pip install 'steelyard[serve]'"),
        ) from None
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def sets(request: Request) -> Response:
        shown = [label for label in shelf.labels() if access.admits(label, _token(request))]
        return JSONResponse({label: {} for label in shown})

    def files(request: Request) -> Response:
        label = request.path_params["label"]
        found = shelf.files(label)
        if not found:
            return _absent()
        if not access.admits(label, _token(request)):
            return _locked(request)
        listed = {name: {"bytes": path.stat().st_size, "sha256": shelf.digest(path)} for name, path in found.items()}
        return JSONResponse(listed)

    def of_set(request: Request) -> Response:
        return _answer(request, shelf.of_set(request.path_params["label"], request.path_params["name"]), access)

    def of_digest(request: Request) -> Response:
        return _answer(request, shelf.of_digest(request.path_params["sha256"]), access)

    def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
        assert isinstance(error, HTTPException)
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    routes = [
        Route(f"/{SETS}/{LISTING}", sets),
        Route(f"/{SETS}/{{label}}/{LISTING}", files),
        Route(f"/{SETS}/{{label}}/{{name:path}}", of_set),
        Route(f"/{FILES}/{{sha256}}", of_digest),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: failed})
    app.router.redirect_slashes = False  # what is not there is not elsewhere either
    return app


def _answer(request: Request, found: Shared | None, access: Access) -> Response:
    from starlette.responses import FileResponse, Response

    if found is None:
        return _absent()
    if not any(access.admits(label, _token(request)) for label in found.labels):
        return _locked(request)
    tag = f'"{found.sha256}"'
    # What has a digest never changes; what is restricted is nobody else's to keep.
    restricted = all(access.restricted(label) for label in found.labels)
    headers = {"etag": tag, "cache-control": "no-store" if restricted else "no-cache", "vary": "authorization"}
    wanted = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if wanted & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    headers["x-content-type-options"] = "nosniff"
    return FileResponse(found.path, headers=headers, media_type="application/octet-stream")


def _token(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _absent() -> Response:
    from starlette.responses import JSONResponse

    said = "There is no such file here; /sets/files.json names the sets. 此处没有该文件；/sets/files.json 列出数据集。"
    return JSONResponse({"error": said}, 404)


def _locked(request: Request) -> Response:
    from starlette.responses import JSONResponse

    if _token(request) is None:
        said = "This set is restricted: show a token (Authorization: Bearer …). 该数据集受限：请出示令牌。"
    else:
        said = "This token does not open this set. 该令牌无权访问此数据集。"
    return JSONResponse({"error": said}, 401, {"www-authenticate": 'Bearer realm="steelyard"'})


def server(app: Starlette, certificate: Path | None = None, key: Path | None = None) -> uvicorn.Server:
    """Return a server of an application; run it on a socket that `listen` gives.

    Raises
    ------
    CallError
        Where certificate and key are of no use.
    """
    import ssl

    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise CallError(
            Words(f"{certificate} and {key} are of no use: {error}", f"{certificate} 与 {key} 不可用：{error}"),
            Words("Give a certificate and its key as PEM files.", "请提供 PEM 格式的证书及其私钥。"),
        ) from None
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, on any free port where 0 is asked for.

    Raises
    ------
    CallError
        Where it cannot.
    """
    try:
        if not 0 <= port < 2**16:
            raise OSError(f"no port has the number {port}")
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        said = getattr(error, "strerror", None) or str(error)
        raise CallError(
            Words(f"cannot listen on {host}:{port}: {said}", f"无法监听 {host}:{port}：{said}"),
            Words(
                "Choose others: --host, --port (0: any that is free).", "请另选 --host、--port（0 表示任一空闲端口）。"
            ),
        ) from None
    # Connections inherit it: else each small file waits 40 ms for an acknowledgement (Nagle), since asyncio sees to it
    # only where a socket names its protocol.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve(running: uvicorn.Server, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until the process is told to end (SIGINT, SIGTERM)."""
    ready()  # who connects from now on waits in the queue until the server takes them
    running.run([listening])
