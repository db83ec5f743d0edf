"""A Ray cluster: joined where there is one, else started on this machine, for `steelyard.bench.ray`."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import Any

from steelyard.core.errors import CallError
from steelyard.core.words import Words

AUTO = "auto"
LOCAL = "local"
"""What Ray calls a cluster that is started on this machine."""
QUIET: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
REACH_SECONDS = 10.0
"""Within so long the machine of an address takes a connection; Ray itself would try for minutes."""
STORE_BYTES = 128 * 2**20
"""Of shared memory, for each replica of a cluster of our own: what travels, in both directions."""


def machines(ray: Any) -> int:
    """Return how many machines of the cluster can hold a replica."""
    return max(1, len([node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]))


def check_address(address: str) -> None:
    """Raise `CallError` for what is no address of a cluster."""
    host, colon, port = address.rpartition(":")
    if address == AUTO or (colon and host and port.isdecimal() and int(port) < 2**16 and "/" not in host):
        return
    raise CallError(
        Words(f"--ray {address}: that is no address of a cluster.", f"--ray {address}：不是集群地址。"),
        Words(
            "Write HOST:PORT, as `ray start` prints it (run steelyard on a machine of the cluster), or auto.",
            "请写作 主机:端口（即 `ray start` 所示，并在集群的机器上运行 steelyard），或 auto。",
        ),
    )


def library() -> Any:
    """Return Ray, without its telemetry.

    Raises
    ------
    CallError
        Where it is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise CallError(
            Words("many machines take Ray, which is not installed.", "多机运行需要 Ray，尚未安装。"),
            Words("Install it: pip install 'steelyard[ray]'", "请安装：pip install 'steelyard[ray]'"),
        ) from None
    return ray


def connect(ray: Any, address: str, count: int | None) -> tuple[bool, bool]:
    """Join a cluster or start one; return whether it was joined here, and whether it is ours.

    Raises
    ------
    CallError
        Where there is no cluster at the address.
    """
    if ray.is_initialized():  # the caller's own program has joined one: it is left as it is
        return False, False
    # What Ray says of itself is for its developers; what a user must know stands in the report.
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    on_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    named = os.environ.get("RAY_ADDRESS", AUTO) if address == AUTO else address
    try:
        if named != LOCAL and _joins(ray, named):
            return True, False
        ray.init(
            address=LOCAL,
            num_cpus=count or 1,
            include_dashboard=False,
            object_store_memory=STORE_BYTES * max(2, count or 1),
            **QUIET,
        )
    except (OSError, RuntimeError, ValueError) as error:
        said = first_line(error)
        raise CallError(
            Words(f"--ray {address}: the cluster cannot be joined: {said}", f"--ray {address}：无法加入集群：{said}"),
            Words(
                "Start it with `ray start --head`, and name the address that it prints.",
                "请用 `ray start --head` 启动集群，并写明其所示地址。",
            ),
        ) from error
    finally:
        if on_main:  # Ray takes SIGTERM for itself; the run has its own way to stop
            signal.signal(signal.SIGTERM, handler)
    return True, True


def _joins(ray: Any, address: str) -> bool:
    """Join the cluster at an address; tell whether there was one, where none need be."""
    host, _, port = address.rpartition(":")
    if port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS).close()
    try:
        ray.init(address=address, **QUIET)
    except ConnectionError:
        if address != AUTO:
            raise
        return False
    return True


def first_line(error: BaseException) -> str:
    """Return what Ray says of an error, without the traceback that goes before or after it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    last = lines[-1] if len(lines) > 1 and "Traceback" in str(error) else lines[0]
    return last.rstrip(".")
