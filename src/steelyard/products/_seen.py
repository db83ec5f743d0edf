"""What else is seen of a product while it is asked: it decides nothing, and a report says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steelyard.core.words import Words


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

    def stray(self, line: bytes) -> None:
        """Count a line that answers nothing."""
        self.first_stray = self.first_stray or line[:120].decode("utf-8", "replace")
        self.stray_lines += 1

    def notes(self, processes: int | None) -> Iterator[Words]:
        """Yield a sentence for each kind of thing that was seen; ``processes`` were granted."""
        if self.stray_lines:
            count, first = self.stray_lines, self.first_stray
            yield Words(
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
