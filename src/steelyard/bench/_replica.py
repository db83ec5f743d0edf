"""What runs on the other machine: a product, and the bench's side of its conversations, for `steelyard.bench.ray`."""

from __future__ import annotations

import os
import pickle
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from steelyard import fields
from steelyard.bench.conversations import Conversations
from steelyard.bench.executor import Task, Work
from steelyard.core.errors import BenchError, SteelyardError
from steelyard.core.product import Identity, Isolation, Limits, Product, Session
from steelyard.core.sample import Record
from steelyard.core.words import Words
from steelyard.library.home import SECRETS

POLL_SECONDS = 0.5
"""An exchange returns after so long even where there is nothing to tell: who is silent for longer is in trouble."""
LINGER_SECONDS = 0.02
"""Once there is a record, so long is waited for further ones: a fast product's records travel together."""
OURS = "RAY_"
"""Environment variables that are Ray's own, and none of the product's business."""


@dataclass(frozen=True)
class Order:
    """What a replica is to do. A product travels as its URI, to be found there, or whole."""

    product: str | Product
    identity: Identity
    model: str | None
    """Where what it is made of lies, on every machine."""
    method: str
    options: Mapping[str, Any]
    seen: Any
    limits: Limits
    isolation: Isolation
    folder: str
    """The folder that the bench works in: addresses of products may be relative to it."""
    environment: Mapping[str, str]
    """The bench's."""
    alike: bool
    """Whether a product sees this environment as it is; else only what its machine does not set itself."""
    version: str
    """Of Steelyard."""


class Came(NamedTuple):
    """What an exchange brings: the records since the one before."""

    machine: str
    records: list[Record]
    left: int
    """Batches that are not done yet."""
    fault: SteelyardError | None
    """Of the bench, there."""


def order(task: Task, uri: str | None, *, alike: bool) -> Order:
    """Return what a replica must know of a task; with ``uri`` the product is looked for where it runs."""
    return Order(
        product=uri or task.product,
        identity=task.product.identity,
        model=None if task.product.model is None else str(task.product.model),
        method=task.method,
        options=dict(task.options),
        seen=task.seen,
        limits=task.limits,
        isolation=task.isolation,
        folder=str(Path.cwd()),
        environment={
            name: value for name, value in os.environ.items() if not name.startswith(OURS) and name not in SECRETS
        },
        alike=alike,
        version=version("steelyard"),
    )


class Replica:
    """A product that answers the batches it is handed; an actor of Ray, which calls one method at a time.

    Parameters
    ----------
    ordered : bytes
        A pickled `Order`.
    """

    def __init__(self, ordered: bytes) -> None:
        self._ordered = ordered
        self._machine = socket.gethostname()
        self._batches: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._records: list[Record] = []
        self._left = 0
        self._go_on = True
        self._fault: SteelyardError | None = None
        self._notes: tuple[Words, ...] = ()
        self._thread = threading.Thread(target=self._work, name="replica", daemon=True)
        self._thread.start()

    def exchange(self, batches: list[bytes], go_on: bool) -> bytes:
        """Take batches, and return what came in since the last exchange, waiting a little where nothing did.

        Once ``go_on`` is false, conversations under way are finished and none is begun.
        """
        self._go_on = go_on
        with self._changed:
            self._left += len(batches)
            for batch in batches:
                self._batches.put(batch)
            self._changed.wait_for(lambda: self._records or self._over(), POLL_SECONDS)
            self._changed.wait_for(self._over, LINGER_SECONDS)
            records, self._records = self._records, []
            return pickle.dumps(Came(self._machine, records, self._left, self._fault))

    def close(self) -> bytes:
        """End the product; return what else was seen of it, and what went wrong of the bench's."""
        self._batches.put(None)
        self._thread.join()
        return pickle.dumps((self._notes, self._fault))

    def _over(self) -> bool:
        return self._fault is not None or not self._left

    def _work(self) -> None:
        try:
            with self._opened() as work:
                while (batch := self._batches.get()) is not None:
                    for record in work(pickle.loads(batch)):  # noqa: S301 - the bench's own
                        with self._changed:
                            self._records.append(record)
                            if len(self._records) == 1:
                                self._changed.notify_all()
                    with self._changed:
                        self._left -= 1
                        self._changed.notify_all()
        except BaseException as fault:  # the bench learns of it with the next exchange
            with self._changed:
                self._fault = _told(fault, self._machine)
                self._changed.notify_all()

    @contextmanager
    def _opened(self) -> Iterator[Work]:
        """Start the product, and end it; keep what else was seen of it."""
        order: Order = pickle.loads(self._ordered)  # noqa: S301 - the bench's own
        _settle(order)
        method = fields.find(order.method, order.options)
        isolation = order.isolation
        if isolation.name != "none":  # here, sets may lie elsewhere
            from steelyard.library.home import hidden

            isolation = replace(isolation, hidden=tuple(dict.fromkeys((*isolation.hidden, *hidden()))))
        product = _product(order)
        session = product.start(order.seen, method.output, order.limits, isolation)
        try:
            # Batches come one at a time.
            batch_of = (lambda _: 0) if product.shares_requests else None
            yield Conversations(method, order.seen, session, lambda: self._go_on, batch_of=batch_of).converse
        finally:
            self._end(session)

    def _end(self, session: Session) -> None:
        session.close()
        self._notes = session.notes()


def _settle(order: Order) -> None:
    """Make this process like the bench's own, as far as a product can tell.

    Ray starts its workers with variables that would change what a product computes, and how fast: one thread for
    numerical libraries, no GPU. The product is to see what this machine's own environment says, as the process has it
    that started this one, and beyond it what the user's says.
    """
    if order.version != version("steelyard"):
        raise BenchError(
            Words(
                f"Steelyard {version('steelyard')} is installed here, {order.version} where the run was started.",
                f"此机安装的是 Steelyard {version('steelyard')}，发起运行的机器为 {order.version}。",
            ),
            Words("Install the same version on every machine.", "请在每台机器上安装相同版本。"),
        )
    wanted = dict(order.environment)
    if not order.alike:
        wanted |= {name: value for name, value in _environment().items() if not name.startswith(OURS)}
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
    with suppress(OSError):  # what needs the folder will say that it is not there
        os.chdir(order.folder)


def _environment() -> dict[str, str]:
    """Return this machine's own environment: that of the process that starts Ray's workers."""
    try:
        lines = Path(f"/proc/{os.getppid()}/environ").read_bytes().split(b"\0")
    except OSError:  # not Linux
        return {name: value for name, value in os.environ.items() if (name, value) != ("CUDA_VISIBLE_DEVICES", "")}
    return dict(os.fsdecode(line).split("=", 1) for line in lines if b"=" in line)


def _product(order: Order) -> Product:
    """Return the product, as it is found on this machine.

    Raises
    ------
    BenchError
        Where it is another one than the plan names.
    """
    from steelyard.products import check_surroundings, open_product
    from steelyard.products._files import made_of

    product = open_product(order.product) if isinstance(order.product, str) else order.product
    if isinstance(order.product, str) and order.model is not None:
        product = made_of(product, Path(order.model))
    if product.identity != order.identity:
        raise BenchError(
            Words(
                f"{order.identity.uri} is another product here: {product.identity.digest}, "
                f"where the plan locks {order.identity.digest}.",
                f"{order.identity.uri} 在此机上是另一产品：{product.identity.digest}，"
                f"方案锁定的是 {order.identity.digest}。",
            ),
            Words("Put the same files on every machine.", "请在每台机器上放置相同的文件。"),
        )
    check_surroundings(product, order.limits, order.isolation.name)
    return product


def _told(fault: BaseException, machine: str) -> SteelyardError:
    """Return a fault as it is told to the bench: of its own kind, and saying on which machine."""
    if isinstance(fault, SteelyardError) and type(fault).__init__ is SteelyardError.__init__:
        where = Words(f"on {machine}: {fault.what.en}", f"{machine}：{fault.what.zh}")
        return type(fault)(where, fault.remedy)
    if isinstance(fault, SteelyardError):
        return fault
    import traceback

    last = traceback.extract_tb(fault.__traceback__)[-1:]
    place = "".join(f" ({Path(frame.filename).name}:{frame.lineno})" for frame in last)
    said = f"{type(fault).__name__}: {fault}{place}"
    return BenchError(
        Words(f"a replica on {machine} failed: {said}", f"{machine} 上的副本出错：{said}"),
        Words(
            "Mend it there and repeat the same command: it goes on where it stopped.",
            "请在该机上排除故障后重复同一命令，即可继续。",
        ),
    )
