"""``steelyard schemas``: JSON Schemas of what is in a bundle, a run and a log."""

from steelyard.core.words import Words

ABOUT = Words("JSON Schemas of what is in a bundle, a run and a log.", "报告包、检测与日志内容的 JSON Schema。")
