"""``steelyard log``: a transparency log of plans and reports."""

from steelyard.core.words import Words

ABOUT = Words("A transparency log of locked plans and issued reports.", "已锁定方案与已出具报告的透明日志。")
