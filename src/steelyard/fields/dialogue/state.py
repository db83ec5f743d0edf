"""Tracking of state: whether all that has been agreed in a dialogue so far is known."""

from __future__ import annotations

from steelyard.core.method import COUNT, FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.state import State
from steelyard.data.text import Text
from steelyard.measures.named_values import COUNTED, set_counts
from steelyard.stats.folds.pooled import Pooled

COLUMNS = (*COUNTED, "turns", "wrong_turns")
SPANS = (*[COUNT] * len(COUNTED), ONE, FLAG)


def rows(samples: Samples, records: Records) -> Rows:
    """Count one row for each turn: it is right where the whole state is, every slot and no other."""
    import numpy as np

    counted = set_counts(samples.references, records.outputs)
    wrong = (counted[:, 2] > 0) | (counted[:, 3] > 0)
    return rows_per_sample(samples, *counted.T, np.ones(len(counted)), wrong)


def method() -> Method:
    """Return the method ``dialogue.state``.

    Notes
    -----
    Joint goal accuracy: M. Henderson, B. Thomson, J. D. Williams, The second dialog state tracking challenge, SIGDIAL
    2014. The input is the dialogue up to a user's turn; values are compared to the letter, a slot without a value and
    one that is left out are the same.
    """
    return Method(
        name="dialogue.state",
        version="1",
        question=Words(
            "After how many turns does it know all that has been agreed so far?", "多少轮之后，能完整记得已约定的内容？"
        ),
        input=Text(),
        output=State(),
        indicators=(
            Indicator(
                name="joint_goal_accuracy",
                title=Words("joint goal accuracy", "联合目标准确率"),
                direction=Direction.HIGHER,
                rows=rows,
                columns=COLUMNS,
                spans=SPANS,
                fold=Pooled(("wrong_turns",), ("turns",), complement=True),
                family=Family.PROPORTION,
                event=Words("turn with a wrong state", "状态有误的轮次"),
                events=Words("turns with a wrong state", "状态有误的轮次"),
                opportunities=Words("turns", "轮次"),
            ),
            Indicator(
                name="state_f1",
                title=Words("F1 of the slots in states", "状态槽位 F1"),
                direction=Direction.HIGHER,
                rows=rows,
                columns=COLUMNS,
                spans=SPANS,
                fold=Pooled(("missed", "made_up"), ("wanted", "said"), complement=True),
                family=Family.RATIO,
                event=Words("slots missed or made up", "漏记或臆造的槽位"),
                events=Words("slots missed or made up", "漏记或臆造的槽位"),
                opportunities=Words("slots wanted and slots said", "应有与所答槽位"),
            ),
        ),
        no_answer=lambda _: None,
        examples=_examples(),
    )


def _examples() -> tuple[Example, ...]:
    heard = "用户：找一家人均50-100元的餐馆。\n系统：您想吃什么？\n用户：烤鸭。"
    price, dish = ["餐馆-人均消费", "50-100元"], ["餐馆-推荐菜", "烤鸭"]
    whole = [price, dish]
    return (
        Example(
            input=heard,
            reference=whole,
            output=whole,
            says=Words("all that was agreed", "全部记得"),
            values=(("joint_goal_accuracy", 1.0), ("state_f1", 1.0)),
        ),
        Example(
            input=heard,
            reference=whole,
            output=[dish],
            says=Words("what was said before is forgotten: the turn is wrong", "忘记前文：该轮即为错误"),
            values=(("joint_goal_accuracy", 0.0),),
        ),
        Example(
            input=heard,
            reference=whole,
            output=[price, ["餐馆-推荐菜", "北京烤鸭"]],
            says=Words("a value is right to the letter, or wrong", "取值须逐字一致，否则即错"),
            values=(("joint_goal_accuracy", 0.0), ("state_f1", 0.5)),
        ),
        Example(
            input="用户：你好。",
            reference=[],
            output=[],
            says=Words("nothing is agreed yet, and nothing said", "尚无约定，亦无回答"),
            values=(("joint_goal_accuracy", 1.0),),
        ),
    )
