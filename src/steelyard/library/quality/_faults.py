"""Faults of single values: what each is called, how heavy it is, and what to do; and a tally of where they were met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from steelyard.core.words import Words
from steelyard.library.quality._check import Finding, Group, Severity
from steelyard.library.quality._examination import Examination


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    severity: Severity
    what: Words
    """What is said of the samples that have it, after their number."""
    remedy: Words


FETCH = Words("Fetch or make these anew; until then leave them out.", "请重新获取或制作这些样本；在此之前不要使用。")
LOOK = Words("Look at them, and leave out what was not meant.", "请逐一查看，去除并非有意的样本。")
ENCODING = Words(
    "Read the source in the encoding that it was written in (chardet or the maker tells which), and write UTF-8.",
    "请按原文件的实际编码读取（可由制作者或编码检测工具得知），再存为 UTF-8。",
)
FAULTS = {
    "missing": Fault(Severity.SERIOUS, Words("have no value", "缺少取值"), FETCH),
    "unreadable": Fault(Severity.SERIOUS, Words("cannot be read", "无法读取"), FETCH),
    "not_finite": Fault(Severity.SERIOUS, Words("hold NaN or an infinity", "含 NaN 或无穷大"), FETCH),
    "not_finite_beside": Fault(
        Severity.WARNING,
        Words("hold NaN or an infinity, in a column beside the samples", "（附加列）含 NaN 或无穷大"),
        Words("Say on the card what it means, or leave the value out.", "请在卡片中说明其含义，或留空。"),
    ),
    "out_of_range": Fault(
        Severity.SERIOUS,
        Words("are no answer that the set's methods know", "不是该数据集检测方法所认可的答案"),
        Words("Correct the label, or the list of classes.", "请更正标签或类别列表。"),
    ),
    "repeated_id": Fault(
        Severity.SERIOUS,
        Words("bear an id that another bears", "编号与其他样本重复"),
        Words(
            "Give each sample an id of its own: answers are matched by it.", "请为每个样本设唯一编号：答案按编号对应。"
        ),
    ),
    "empty": Fault(Severity.WARNING, Words("are empty", "为空"), LOOK),
    "mojibake": Fault(
        Severity.WARNING, Words("were read in a wrong encoding (mojibake)", "曾以错误编码读取（乱码）"), ENCODING
    ),
    "replacement": Fault(
        Severity.WARNING,
        Words("hold U+FFFD: characters were lost in reading", "含 U+FFFD：读取时丢失了字符"),
        ENCODING,
    ),
    "control": Fault(
        Severity.WARNING,
        Words("hold control characters", "含控制字符"),
        Words("Remove them; products differ in what they make of them.", "请删除；不同产品对其处理不一。"),
    ),
    "invisible": Fault(
        Severity.NOTE,
        Words(
            "hold characters that nobody sees (zero width, byte order mark, direction)",
            "含不可见字符（零宽、BOM、方向控制）",
        ),
        Words("Remove them unless the script needs them.", "除非文字本身需要，请删除。"),
    ),
    "decomposed": Fault(
        Severity.NOTE,
        Words("are not in normal form NFC, which others are", "不是 NFC 规范形式"),
        Words("Normalise to NFC, so that equal texts are equal.", "请统一为 NFC，使相同文本逐字节相同。"),
    ),
    "entity": Fault(
        Severity.NOTE,
        Words("hold HTML entities (&amp;)", "含 HTML 实体（如 &amp;）"),
        Words("Unescape them, if they came from a page.", "若来自网页，请还原为字符。"),
    ),
    "rotated": Fault(
        Severity.WARNING,
        Words("are turned by a note of the camera (EXIF orientation)", "带有相机方向标记（EXIF 旋转）"),
        Words(
            "Turn the pixels and remove the mark: Steelyard heeds it, other readers may show the picture lying.",
            "请旋转像素并删除标记：杆秤会按标记旋转，其他读取程序可能不会。",
        ),
    ),
    "blank": Fault(Severity.WARNING, Words("show one colour only", "整幅只有一种颜色"), LOOK),
    "no_sound": Fault(Severity.SERIOUS, Words("hold no sound: 0 samples", "没有声音：0 个采样点"), FETCH),
    "silent": Fault(
        Severity.WARNING, Words("are silent (peak below −60 dB of full scale)", "静音（峰值低于满刻度 −60 dB）"), LOOK
    ),
    "clipped": Fault(
        Severity.WARNING,
        Words(
            "are clipped: three or more samples in a row at full scale, 0.1 % of all or more",
            "削波：连续三点以上达满刻度，且占 0.1 % 以上",
        ),
        Words(
            "Record or scale them anew; clipping costs recognisers accuracy.",
            "请重新录制或缩放；削波会降低识别准确率。",
        ),
    ),
    "offset": Fault(
        Severity.NOTE,
        Words("have a constant offset of more than 5 % of full scale", "直流偏移超过满刻度的 5 %"),
        Words("Remove the mean.", "请去除均值。"),
    ),
}


class Tally:
    """Where faults were met: the only thing here that changes."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._said: dict[tuple[str, str, int], Words] = {}

    def add(self, column: str, fault: str, rows: Iterable[int], said: Words | None = None) -> None:
        """Note rows of a column that have a fault."""
        for row in rows:
            self._met[column, fault].append(int(row))
            if said is not None:
                self._said[column, fault, int(row)] = said

    def findings(self, examination: Examination) -> list[Finding]:
        """Return a finding for each fault of each column, with every sample that has it."""
        return [self._finding(examination, column, fault, rows) for (column, fault), rows in self._met.items()]

    def _finding(self, examination: Examination, column: str, fault: str, rows: list[int]) -> Finding:
        known, share = FAULTS[fault], len(rows) / examination.rows
        ids = examination.ids(rows)
        return Finding(
            f"{column}.{fault}",
            known.severity,
            Words(
                f"column {column}: {len(rows):,} of {examination.rows:,} {known.what.en}",
                f"列 {column}：{examination.rows:,} 个中有 {len(rows):,} 个{known.what.zh}",
            ),
            known.remedy,
            len(rows),
            {"samples": len(rows), "share": share},
            tuple(
                Group((name,), (row,), self._said.get((column, fault, row)))
                for name, row in zip(ids, rows, strict=True)
            ),
        )
