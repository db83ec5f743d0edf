"""``steelyard sets``: what there is to be done with test sets, a file for each command."""

from steelyard.core.words import Words

ABOUT = Words("Find, fetch, check, split and share test sets.", "查找、获取、检查、划分和共享测试集。")
