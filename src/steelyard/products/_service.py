"""A service that runs elsewhere as a product: asked over HTTP, several requests at a time, as its dialect says."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType
from steelyard.core.episode import CLOSE, Turns
from steelyard.core.errors import SteelyardError
from steelyard.core.product import OPEN, Ask, Identity, Isolation, Limits, Product, Reply, Spoiled
from steelyard.core.words import Words
from steelyard.products._address import Place
from steelyard.products._http import Failed, Wire
from steelyard.products._seen import unclosed

T = TypeVar("T")

ALIKE = 1e-4
"""Numbers that differ by no more than this share are the same answer: sums in another order differ by less."""
Asked = tuple[int, Ask]
"""An ask with its index."""


class Dialect(Protocol):
    """How one kind of service is asked, and how its answers are read."""

    @property
    def most(self) -> int:
        """How many asks one request may carry."""

    async def open(self, wire: Wire) -> None:
        """Find out what must be known before the first ask."""

    def kin(self, value: JSON) -> Hashable:
        """Return what inputs must have in common to share a request."""

    async def answer(self, wire: Wire, values: Sequence[JSON]) -> list[Reply]:
        """Ask some inputs in one request, and return a reply for each."""

    def notes(self) -> Iterator[Words]:
        """Yield what else was seen."""


class ServiceSession:
    """Asks one service, from a thread with an event loop of its own: it can be broken off at any time.

    Parameters
    ----------
    place : Place
        Where the service is, and how it is to be asked.
    dialect : Dialect
        How it is asked.
    limits : Limits
        What it is granted.
    episodes : bool
        Whether it is asked the turns of episodes: then nothing is sent twice, since a step would be taken twice, and
        the first turns cannot be asked again at the end.
    """

    def __init__(self, place: Place, dialect: Dialect, limits: Limits, *, episodes: bool = False) -> None:
        self._dialect = dialect
        self._episodes = episodes
        self._unclosed = 0
        if episodes:
            place = replace(place, options=replace(place.options, retries=0, canaries=0))
        self._wire = Wire(place, limits)
        self._most_canaries = place.options.canaries
        self._concurrency = place.options.concurrency
        self._canaries: list[tuple[JSON, JSON]] = []
        self._changed = False
        self._said: list[Words] = []
        self._whole = True
        """Whether all that was to be asked was asked: else nobody waits for canaries."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="steelyard-service", daemon=True)
        self._thread.start()
        try:
            self._do(self._wire.open())
            self._do(dialect.open(self._wire))
        except BaseException:  # it cannot be reached, or Ctrl-C: nothing may be left
            self._stop()
            raise

    @property
    def drifted(self) -> bool:
        """Whether it was, at the end, another service than at the start: no verdict should rest on it."""
        return self._changed or len(self._wire.traffic.versions) > 1

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Ask, and yield index and reply as replies come in; see `steelyard.core.product.Session`."""
        queue = deque(enumerate(asks))
        ready: SimpleQueue[Future[list[Reply]]] = SimpleQueue()
        waiting: dict[Future[list[Reply]], list[Asked]] = {}
        self._whole = False

        def send() -> None:
            while queue and len(waiting) < self._concurrency and go_on():
                taken = self._take(queue)
                future = asyncio.run_coroutine_threadsafe(self._carry([ask.input for _, ask in taken]), self._loop)
                waiting[future] = taken
                future.add_done_callback(ready.put)

        try:
            send()
            while waiting:
                future = ready.get()
                answered = zip(waiting.pop(future), future.result(), strict=True)
                send()  # so that it has work while its answers are looked at
                for (index, ask), reply in answered:
                    if reply.fault is None and len(self._canaries) < self._most_canaries:
                        self._canaries.append((ask.input, reply.output))
                    self._unclosed += ask.act == CLOSE and reply.fault is not None
                    yield index, reply
            self._whole = not queue
        finally:
            for future in waiting:
                future.cancel()

    def notes(self) -> tuple[Words, ...]:
        """Return what else was seen: when it was asked, what it called itself, retries, drift."""
        return (*self._traffic(), *self._dialect.notes(), *self._said, *self._loops())

    def close(self) -> None:
        """Ask the first inputs again, where all went well, and close all connections."""
        if self._loop.is_closed():
            return
        try:
            if self._whole and self._canaries:
                self._do(self._ask_again())
        finally:
            self._stop()

    def _take(self, queue: deque[Asked]) -> list[Asked]:
        """Return the next asks that share a request: of one batch, since the plan says what may be run together."""
        taken = [queue.popleft()]
        first = taken[0][1]
        if self._dialect.most > 1 and queue:
            kin = self._dialect.kin(first.input)
            while queue and len(taken) < self._dialect.most:
                ask = queue[0][1]
                if ask.batch != first.batch or self._dialect.kin(ask.input) != kin:
                    break
                taken.append(queue.popleft())
        return taken

    async def _carry(self, values: Sequence[JSON]) -> list[Reply]:
        """Return a reply for each value; what fails together may be one's fault alone, and is lost."""
        try:
            return await self._dialect.answer(self._wire, values)
        except Failed as failed:
            lost = failed.lost or len(values) > 1
            return [Reply(None, failed.seconds, failed.fault, failed.detail, lost)] * len(values)

    async def _ask_again(self) -> None:
        """Ask the first inputs again: other answers than at the start tell of another service, or of dice."""
        changed = unsteady = 0
        try:
            for value, first in self._canaries:
                (second,) = await self._carry([value])
                if second.fault is None and _alike(first, second.output):
                    continue
                settled = False
                if second.fault is None:  # else it is not waited for once more
                    (third,) = await self._carry([value])
                    settled = third.fault is None and _alike(second.output, third.output)
                changed += settled
                unsteady += not settled
        except SteelyardError as error:  # all that counts has been answered
            self._said.append(
                Words(
                    f"at the end the first inputs could not be asked again: {error.what.en}",
                    f"结束时无法重问最初的输入：{error.what.zh}",
                )
            )
        count = len(self._canaries)
        if changed:
            self._changed = True
            self._said.append(
                Spoiled(
                    f"drift: asked again at the end, {changed} of the first {count} inputs got another answer than at "
                    "the start, and kept it",
                    f"漂移：结束时重问最初 {count} 个输入，{changed} 个的回答与开始时不同，且再问不变",
                )
            )
        if unsteady:
            self._said.append(
                Words(
                    f"asked again at the end, {unsteady} of the first {count} inputs got yet other answers, or none: "
                    "it does not repeat itself, so that drift could not be seen",
                    f"结束时重问最初 {count} 个输入，{unsteady} 个的回答每次不同或无回答：其回答不可重复，"
                    "无法判断是否漂移",
                )
            )

    def _traffic(self) -> Iterator[Words]:
        """Yield a sentence for each kind of thing that was seen on the wire."""
        seen = self._wire.traffic
        if seen.first is not None:
            first, last = (_utc(seconds) for seconds in (seen.first, seen.last or seen.first))
            yield Words(f"asked from {first} to {last}", f"提问时间：{first} 至 {last}")
        if len(seen.versions) > 1:
            listed = ", then ".join(seen.versions), "，后称 ".join(seen.versions)
            yield Spoiled(f"drift: it called itself {listed[0]}", f"漂移：先自称 {listed[1]}")
        elif seen.versions:
            yield Words(f"it called itself {seen.versions[0]}", f"自称 {seen.versions[0]}")
        declared = self._wire.place.options.version
        if declared and seen.versions and declared not in seen.versions:
            yield Words(
                f"its version was declared as {declared}, which it never called itself",
                f"声明的版本为 {declared}，与其自称不符",
            )
        counts = (
            (seen.retries, "requests sent again, because their connection failed", "因连接失败而重发的请求"),
            (seen.outages, "times that it accepted no connections, and was waited for", "不接受连接而等待其恢复的次数"),
            (
                seen.paused,
                "times that it was too busy or failed for a while, and was asked again",
                "繁忙或暂时出错而重问的次数",
            ),
            (seen.redirects, "requests redirected on the same host", "在同一主机内重定向的请求"),
        )
        yield from (Words(f"{en}: {count:,}", f"{zh}：{count:,}") for count, en, zh in counts if count)

    def _loops(self) -> Iterator[Words]:
        """Yield what is to be said of closed loops."""
        if self._episodes:
            yield Words(
                "an episode cannot be asked again turn by turn: drift was looked for in its version only",
                "闭环过程无法逐回合重问：仅由其版本判断是否漂移",
            )
        if self._unclosed:
            yield unclosed(self._unclosed)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what work in the loop's thread returns; where it is not waited for, it is broken off."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def _stop(self) -> None:
        """Break off what is under way, close all connections, and end the thread."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _shut(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._wire.close()
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()  # it looks names up


def service(
    uri: str,
    place: Place,
    dialect: Callable[[DataType[Any] | None, DataType[Any]], Dialect],
    *,
    digest: str | None = None,
    sent: Words | None = None,
    keeps_episodes: bool = False,
    shares_requests: bool = False,
) -> Product:
    """Return a service as a product.

    Parameters
    ----------
    uri : str
        In its one spelling.
    place : Place
        Where it is, and how it is to be asked.
    dialect : callable
        Returns how it is asked for an input and an output type.
    digest : str, optional
        Of what is sent beside the inputs; ``sent`` says what that is.
    sent : Words, optional
        What is sent beside the inputs.
    keeps_episodes : bool
        Whether a closed loop opens and closes an episode with it.
    shares_requests : bool
        Whether one request may carry several asks.
    """

    def start(
        seen: DataType[Any] | None,
        said: DataType[Any],
        limits: Limits,
        isolation: Isolation = OPEN,  # noqa: ARG001 - refused before: it cannot be isolated
        /,
    ) -> ServiceSession:
        return ServiceSession(place, dialect(seen, said), limits, episodes=isinstance(seen, Turns))

    version = place.options.version
    declared = Words(f", version {version}" if version else "", f"，版本 {version}" if version else "")
    beside = Words("", "") if sent is None else Words(f"; {sent.en}", f"；{sent.zh}")
    return Product(
        identity=Identity(
            uri=uri,
            kind="declared",
            digest=digest,
            covers=Words(
                f"the service that answered at {place.origin}{declared.en}; what ran there, nobody saw{beside.en}",
                f"在 {place.origin} 应答的服务{declared.zh}；实际运行的内容未经查验{beside.zh}",
            ),
        ),
        assurance="B",
        start=start,
        needs_open=Words("a service runs elsewhere", "服务在别处运行"),
        elsewhere=True,
        keeps_episodes=keeps_episodes,
        shares_requests=shares_requests,
    )


def _alike(first: Any, second: Any) -> bool:
    """Tell whether two answers are the same, but for rounding.

    Examples
    --------
    >>> _alike([1.0, "a"], [1.000001, "a"]), _alike({"a": 1}, {"a": 2})
    (True, False)
    """
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_alike, first, second))
    if type(first) in (int, float) and type(second) in (int, float):
        return math.isclose(first, second, rel_tol=ALIKE, abs_tol=ALIKE * ALIKE)
    return bool(first == second)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
