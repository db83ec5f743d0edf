"""``steelyard keys``: keys that sign reports, and those that are trusted."""

from steelyard.core.words import Words

ABOUT = Words("Keys that sign reports, and those that are trusted.", "用于签署报告的密钥及可信密钥。")
