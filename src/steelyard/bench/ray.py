"""Many machines: replicas of the product as actors on a Ray cluster.

Ray places replicas and carries messages; it retries nothing. A replica is asked for its records again and again, and
answers within half a second even where it has none: who is silent is given up, and what it had not answered goes to
another. So a lost machine costs the product nothing, and where no replica is left the run stops and can be resumed.
"""

from __future__ import annotations

import contextlib
import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard.bench._cluster import AUTO, check_address, connect, first_line, library, machines
from steelyard.bench._replica import Came, Replica, order
from steelyard.bench.conversations import Placed
from steelyard.bench.executor import Opening
from steelyard.core.errors import BenchError, ProductError
from steelyard.core.sample import Record, Sample
from steelyard.core.words import Words

START_SECONDS = 180.0
"""A replica that has no place on the cluster after so long gets none."""
SILENT_SECONDS = 60.0
"""A replica that says nothing for so long is lost."""
WAIT_SECONDS = 0.2
MOST_BATCHES = 16
"""Batches that a replica holds at most; it begins with one, and gets more where it ran out of them."""
QUICK_SECONDS = 0.25
"""Only who does its batches within so long is given more than two ahead: else one would hold what others wait for."""
MOST_BYTES = 32 * 2**20
"""A replica that holds so much is given no further batch."""


class Ray:
    """Runs batches with replicas of the product on a Ray cluster.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` of a cluster that is joined; ``auto`` joins the one that runs on this machine, or starts one here.
    count : int, optional
        How many replicas; by default one for each machine.
    uri : str, optional
        The product's, where it has one: each machine then finds it by itself. Without, the product is copied there.
    start_seconds, silent_seconds : float
        How long a replica may take to find a place, and to say anything.

    Raises
    ------
    CallError
        Where Ray is not installed, or the address is none.
    """

    shares = True

    def __init__(
        self,
        address: str = AUTO,
        count: int | None = None,
        uri: str | None = None,
        *,
        start_seconds: float = START_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        check_address(address)
        self._ray = library()
        self._count = count
        self._uri = uri
        self._seconds = (silent_seconds, start_seconds)
        self._joined, self._ours = connect(self._ray, address, count)

    def each(self, open_: Opening, batches: Iterable[Sequence[Placed]]) -> Iterator[Record]:
        """Yield the records of all batches as they come.

        Raises
        ------
        BenchError
            Where no replica is left, or one fails by the bench's fault.
        """
        crew = _Crew(self._ray, open_, batches, self._seconds)
        if not crew.work_is_left():
            return
        try:
            crew.hire(self._count or machines(self._ray), _packed(open_, self._uri, alike=self._ours))
            yield from crew.records()
            open_.note(crew.dismiss())
        finally:
            crew.kill()

    def close(self) -> None:
        """Leave a cluster that was joined; shut one down that was started here."""
        if self._joined and self._ray.is_initialized():
            self._ray.shutdown()
        self._joined = False


@dataclass
class _Held:
    """A batch that a replica holds: what of it has no record yet, and how many bytes it travelled as."""

    samples: dict[int, Sample]
    size: int


@dataclass(eq=False)
class _Replica:
    """A replica, as the bench sees it."""

    actor: Any
    deadline: float
    machine: str | None = None
    """None until its first word."""
    window: int = 1
    held: list[_Held] = field(default_factory=list)
    used: bool = False
    handed: float = 0.0
    """When it was last handed a batch."""

    def has_room(self) -> bool:
        """Tell whether it is to be handed a further batch."""
        size = sum(each.size for each in self.held)
        return self.machine is not None and len(self.held) < self.window and (size < MOST_BYTES or not self.held)


class _Crew:
    """The replicas of one session of the product, and the batches that they share."""

    def __init__(
        self,
        ray: Any,
        open_: Opening,
        batches: Iterable[Sequence[Placed]],
        seconds: tuple[float, float],
    ) -> None:
        self._ray = ray
        self._open = open_
        self._batches = iter(batches)
        self._seconds = seconds
        """For a sign of life, by whether it would be the first."""
        self._returned: deque[Sequence[Placed]] = deque()
        self._replicas: list[_Replica] = []
        self._waiting: dict[Any, _Replica] = {}
        """Exchanges under way."""
        self._notes: list[Words] = []

    def work_is_left(self) -> bool:
        """Tell whether there is a batch to hand out; it is drawn for that."""
        if not self._open.go_on():
            self._returned.clear()
        elif not self._returned:
            batch = next(self._batches, None)
            if batch is not None:
                self._returned.append(batch)
        return bool(self._returned)

    def hire(self, count: int, ordered: bytes) -> None:
        """Ask the cluster for replicas, on as many machines as can be."""
        kind = self._ray.remote(
            max_restarts=0, max_task_retries=0, max_concurrency=1, num_cpus=1, scheduling_strategy="SPREAD"
        )(Replica)
        stored = self._ray.put(ordered)  # once, however many
        for _ in range(count):
            replica = _Replica(kind.remote(stored), 0.0)
            self._replicas.append(replica)
            self._exchange(replica, [], self._seconds[True])

    def records(self) -> Iterator[Record]:
        """Yield records until all batches are done.

        Raises
        ------
        BenchError
            Where no replica is left.
        """
        while True:
            for replica in [each for each in self._replicas if each not in self._waiting.values()]:
                self._hand_out(replica)
            if not any(replica.held for replica in self._replicas) and not self.work_is_left():
                return
            if not self._replicas:
                raise self._none_left()
            refs = list(self._waiting)
            self._ray.wait(refs, num_returns=1, timeout=WAIT_SECONDS)
            come, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
            self._give_up(set(refs) - set(come))
            for ref in come:
                yield from self._take(self._waiting.pop(ref), ref)

    def dismiss(self) -> list[Words]:
        """End the products; return what else was seen of them, and what became of replicas that were lost."""
        endings = [(replica, replica.actor.close.remote()) for replica in self._replicas if replica.machine is not None]
        homeless = sum(replica.machine is None for replica in self._replicas)
        if homeless:
            self._notes.append(_no_place(homeless))
        for replica, ending in endings:
            try:
                notes, fault = pickle.loads(self._ray.get(ending, timeout=self._seconds[False]))  # noqa: S301 - ours
            except self._ray.exceptions.RayError as error:
                self._notes.append(_lost(replica, first_line(error)))
                continue
            self._notes += notes
            if fault is not None and replica.used:
                raise fault
            if fault is not None:
                self._notes.append(fault.what)
        return self._notes

    def kill(self) -> None:
        """Kill the replicas; whoever watches over a product there ends it."""
        for replica in self._replicas:
            self._kill(replica)
        self._replicas.clear()
        self._waiting.clear()

    def _kill(self, replica: _Replica) -> None:
        with contextlib.suppress(Exception):  # whom nobody reaches nobody can kill; Ray does when it is back
            self._ray.kill(replica.actor)

    def _hand_out(self, replica: _Replica) -> None:
        """Hand a replica what it has room for, and ask for its records."""
        packed = []
        while replica.has_room() and self.work_is_left():
            batch = self._returned.popleft()
            packed.append(pickle.dumps(list(batch)))
            replica.held.append(_Held(dict(batch), len(packed[-1])))
        if packed:
            replica.used, replica.handed = True, time.monotonic()
        if replica.held:
            self._exchange(replica, packed, self._seconds[False])

    def _exchange(self, replica: _Replica, packed: list[bytes], seconds: float) -> None:
        replica.deadline = time.monotonic() + seconds
        self._waiting[replica.actor.exchange.remote(packed, self._open.go_on())] = replica

    def _take(self, replica: _Replica, ref: Any) -> Iterator[Record]:
        """Yield the records that an exchange brought."""
        try:
            came: Came = pickle.loads(self._ray.get(ref, timeout=self._seconds[False]))  # noqa: S301 - ours
        except self._ray.exceptions.RayError as error:
            self._lose(replica, first_line(error))
            return
        replica.machine = came.machine
        for record in came.records:
            for held in replica.held:
                if held.samples.pop(record.position, None) is not None:
                    break
            yield record
        replica.held = [] if not came.left else [held for held in replica.held if held.samples]
        if came.fault is not None:
            raise came.fault
        quick = time.monotonic() - replica.handed < QUICK_SECONDS
        if replica.used and not came.left and (quick or replica.window == 1):  # it had to wait for us
            replica.window = min(2 * replica.window, MOST_BATCHES)

    def _give_up(self, silent: Iterable[Any]) -> None:
        """Give up replicas that have been silent for too long."""
        now = time.monotonic()
        for ref in silent:
            replica = self._waiting[ref]
            if now >= replica.deadline:
                del self._waiting[ref]
                pending = replica.machine is None
                self._lose(replica, f"no {'place' if pending else 'word'} within {self._seconds[pending]:g} s")

    def _lose(self, replica: _Replica, why: str) -> None:
        """Take back what a replica has not answered; it may live, out of reach."""
        self._kill(replica)
        self._replicas.remove(replica)
        self._returned.extendleft(list(held.samples.items()) for held in reversed(replica.held) if held.samples)
        self._notes.append(_lost(replica, why))

    def _none_left(self) -> BenchError:
        said = list(dict.fromkeys(self._notes))
        return BenchError(
            Words(
                f"no replica of the product is left: {'; '.join(note.en for note in said)}",
                f"已无产品副本可用：{'；'.join(note.zh for note in said)}",
            ),
            Words(
                "Mend the cluster and repeat the same command: it goes on where it stopped.",
                "请修复集群后重复同一命令，即可继续。",
            ),
        )


def _lost(replica: _Replica, why: str) -> Words:
    if replica.machine is None:
        return Words(f"a replica could not be started on the cluster ({why})", f"一个副本未能在集群上启动（{why}）")
    return Words(
        f"a replica on {replica.machine} was lost ({why}); what it had not answered was asked of others",
        f"{replica.machine} 上的一个副本丢失（{why}）；其未回答的样本已改由其他副本提问",
    )


def _no_place(count: int) -> Words:
    return Words(
        f"{count} of the replicas asked for had no place on the cluster by the end",
        f"所要求的副本中有 {count} 个直至结束仍未获集群安置",
    )


def _packed(open_: Opening, uri: str | None, *, alike: bool) -> bytes:
    """Return the pickled order for a replica; functions go by value, what is installed by name.

    Raises
    ------
    ProductError
        For a product that cannot be copied.
    """
    import cloudpickle

    try:
        return cloudpickle.dumps(order(open_.task, uri, alike=alike))  # type: ignore[no-any-return]
    except Exception as error:  # whatever the product's own reduction raises
        name = open_.task.product.identity.uri
        raise ProductError(
            Words(f"{name} cannot be copied to other machines: {error}", f"{name} 无法复制到其他机器：{error}"),
            Words("Name it by a URI; see: steelyard products.", "请以 URI 指明；参见 steelyard products。"),
        ) from error
