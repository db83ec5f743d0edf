"""What else is seen of a product while it is asked: it decides nothing, and a report says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from steelyard.core.episode import CLOSE, OPEN
from steelyard.core.product import Ask, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Quoting, Words

ANYWHERE = ("", OPEN)
"""What a process can be asked that was asked nothing before: all but a step, whose episode it does not know."""


@dataclass
class Seen:
    """Counts over all processes of one product."""

    starts: int = 0
    stray_lines: int = 0
    first_stray: str = ""
    repeated: int = 0
    """Answers to what had been answered."""
    late_lines: int = 0
    """After its input had ended."""
    denied: int = 0
    """Processes that it was refused."""
    left: int = 0
    """Processes that outlived it."""
    unwatched: int = 0
    """Times that it killed its supervisor."""
    unclosed: int = 0
    """Episodes whose close it did not answer."""

    def stray(self, line: bytes) -> None:
        """Count a line that answers nothing."""
        self.first_stray = self.first_stray or line[:120].decode("utf-8", "replace")
        self.stray_lines += 1

    def notes(self, processes: int | None) -> Iterator[Words]:
        """Yield a sentence for each kind of thing that was seen; ``processes`` were granted."""
        if self.stray_lines:
            count, first = self.stray_lines, self.first_stray
            yield Quoting(
                f"{count} lines on standard output answered nothing; the first: {first!r}. "
                'Answer with {"id": the number asked, "output": …}; log to standard error.',
                f"标准输出中有 {count} 行不是答案；首行：{first!r}。"
                '请以 {"id": 所问编号, "output": …} 作答；日志请写到标准错误。',
            )
        if self.repeated:
            yield Words(
                f"{self.repeated} answers to what had been answered; the first answer counts",
                f"{self.repeated} 个答案重复作答；以首个答案为准",
            )
        if self.late_lines:
            yield Words(
                f"{self.late_lines} lines came after its input had ended; they answer nothing",
                f"输入结束后又输出 {self.late_lines} 行；不作为答案",
            )
        if self.unclosed:
            yield unclosed(self.unclosed)
        if self.starts > 1:
            yield Words(f"it had to be started {self.starts} times", f"共启动 {self.starts} 次")
        if self.denied:
            yield Words(
                f"it wanted more than the {processes} processes granted, and was refused {self.denied} times",
                f"请求的进程数超过所限 {processes} 个，被拒绝 {self.denied} 次",
            )
        if self.left:
            yield Words(
                f"it left {self.left} processes behind when it ended; they were killed",
                f"退出时遗留 {self.left} 个进程；已终止",
            )
        if self.unwatched:
            yield Words(
                f"it killed the process that watches over it, {self.unwatched} times; "
                "where no control group names its processes, some may still run: use --isolate=bwrap",
                f"曾 {self.unwatched} 次终止监视进程；若无控制组记录其进程，可能仍有进程在运行：请用 --isolate=bwrap",
            )


class Episodes:
    """Keeps account of the episodes that the process which runs now has opened."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def clear(self) -> None:
        """Forget all: the process is no more."""
        self._open.clear()

    def gone(self, ask: Ask) -> Reply | None:
        """Return the reply to a turn of an episode that ended with its process; None where it can be asked."""
        if ask.act in ANYWHERE or ask.episode in self._open:
            return None
        if ask.act == CLOSE:  # there is nothing left to close
            return Reply(None, 0.0)
        detail = Words(
            "it ended between two steps of this episode, and what it knew of it is lost",
            "在此闭环过程的两步之间退出，其内部状态已丢失",
        )
        return Reply(None, 0.0, Fault.CRASH, detail, lost=True)

    def follow(self, asks: Sequence[Ask], replies: Iterable[tuple[int, Reply]]) -> int:
        """Take note of what was opened and closed; return how many failed to close."""
        failed = 0
        for index, reply in replies:
            ask = asks[index]
            if ask.act == OPEN and reply.fault is None:
                self._open.add(ask.episode)
            elif ask.act == CLOSE:
                self._open.discard(ask.episode)
                failed += reply.fault is not None
        return failed


def unclosed(count: int) -> Words:
    """Return the sentence for episodes that did not close well; what was measured in them stands."""
    return Words(
        f"{count} episodes were over when it failed to close them; their results count",
        f"{count} 个闭环过程已结束而未能正常关闭；其结果有效",
    )
