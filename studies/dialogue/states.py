"""States of CrossWOZ, by kind of goal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from studies.dialogue.answers import Asked, asked, by_group, found
from studies.dialogue.markdown import every_indicator
from studies.pictures.intervals import Interval, intervals

from steelyard.core.words import Words

TEXT = """\
## States

CrossWOZ's own rule, which is told the acts of the user's turn as they are marked: the recorded answers
`outputs:crosswoz-states-zh`. Published: 71.33 % joint state accuracy, and by kind of goal 84.17 (single domain), 78.17
(several), 81.93 (several and traffic), 63.38 (linked) and 67.86 % (linked and traffic); Q. Zhu et al., TACL 2020.
Bounds over dialogues.
"""
GOALS = {
    "single domain": (Words("single domain", "单领域"), 0.8417),
    "several domains and traffic": (Words("several and traffic", "多领域加交通"), 0.8193),
    "several domains": (Words("several domains", "多领域"), 0.7817),
    "linked domains and traffic": (Words("linked and traffic", "跨领域关联加交通"), 0.6786),
    "linked domains": (Words("linked domains", "跨领域关联"), 0.6338),
    "all": (Words("all", "全部"), 0.7133),
}
"""What is shown of each kind of goal, and what CrossWOZ's makers publish of it."""


@cache
def answered() -> dict[str, Asked]:
    """Return the recorded answers, all and by kind of goal."""
    return by_group(asked("crosswoz-states-zh", None, "dialogue", "goal"))


def section() -> Iterator[str]:
    """Yield the section of the page."""
    yield every_indicator("dialogue.state", answered(), TEXT)


def drawn(language: str) -> str:
    """Return the picture: joint goal accuracy by kind of goal, beside what is published."""
    rows = []
    for name, (label, published) in GOALS.items():
        of = found("dialogue.state", "joint_goal_accuracy", answered()[name])
        assert of.value is not None
        rows.append(Interval(label, of.value, of.lower, of.upper, strong=name == "all", published=published))
    title = Words("CrossWOZ: joint goal accuracy (◇ published)", "CrossWOZ：联合目标准确率（◇ 已发表值）")
    return intervals(title, rows, None, (0.55, 0.95), 2, language)


PICTURES = {"dialogue.state": drawn}
