"""``erhua/1``: 儿 that only colours the syllable before it does not count."""

from __future__ import annotations

import re

_SYLLABLES = (
    "儿子|女儿|儿女|儿媳|儿孙|儿童|儿科|儿歌|儿戏|儿时|儿郎|婴儿|幼儿|胎儿|孤儿|少儿|小儿|患儿|托儿|妻儿|男儿|健儿|宠儿|"
    "混血儿|幸运儿|早产儿|新生儿|畸形儿|弃儿|育儿|侄儿|孙儿|儿化|台儿庄|鹿儿岛|吊儿郎当|正儿八经"
)
"""Words in which 儿 is a syllable of its own. A word that is missing here loses it, on both sides alike."""
_KEPT_OR_DROPPED = re.compile(f"({_SYLLABLES})|(?<=[\u4e00-\u9fff])儿")


def erhua_1(text: str) -> str:
    """Return the text without 儿 after another character, but for words where it is spoken as a syllable.

    Examples
    --------
    >>> erhua_1("一会儿去公园儿，带上女儿")
    '一会去公园，带上女儿'
    """
    while (shorter := _KEPT_OR_DROPPED.sub(lambda match: match[1] or "", text)) != text:
        text = shorter
    return text
