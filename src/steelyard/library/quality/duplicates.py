"""The same input twice, and whether its reference answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity, many, not_applicable, percent
from steelyard.library.quality._examination import Examination, digests_of, first_alike
from steelyard.library.quality._personal import without

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

HOW = Words(
    "inputs with one BLAKE2b digest (128 bits) of their stored form", "存储形式的 BLAKE2b 摘要（128 位）相同的输入"
)
BY_DESIGN = 0.5
"""Share of inputs with several answers, from which it is how the set was made."""
MANY = 0.01
"""Share of samples that repeat another, from which the set is smaller than it looks."""


def find(examination: Examination) -> Outcome:
    """Return groups of samples with the same input; where their reference answers differ, at least one is wrong."""
    import numpy as np

    if examination.kind is None:
        return not_applicable("no inputs", "没有输入")
    first = examination.contents[: examination.rows]
    groups = _groups(first)
    answers = _answers(examination)
    answers_by = {column: _codes_of(examination, column) for column in examination.stored.card.groups}
    differ = [len(set(answers[group].tolist())) > 1 for group in groups]
    unlike = [group for group, different in zip(groups, differ, strict=True) if different]
    apart = _told_apart(unlike, answers, answers_by)
    if apart is not None and len(unlike) >= BY_DESIGN * len(np.unique(first)):
        return Outcome((_by_design(examination, apart, unlike),), examined=int(np.size(first)), how=HOW)
    found = [
        *_contradictions(examination, unlike),
        *_repeats(examination, [group for group, different in zip(groups, differ, strict=True) if not different]),
    ]
    return Outcome(tuple(found), examined=int(np.size(first)), how=HOW)


def _groups(first: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows of each input that stands more than once."""
    import numpy as np

    repeated = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    order = repeated[np.argsort(first[repeated], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(first[order])) + 1) if len(order) else []


def _answers(examination: Examination) -> NDArray[np.int64]:
    """Return for each row the first one that has the same reference answer."""
    import numpy as np

    return first_alike(np.concatenate([digests_of(_unordered(column)) for column in examination.column("reference")]))


def _unordered(column: pa.Array) -> pa.Array:
    """Return lists of texts sorted: several labels have no order."""
    import pyarrow as pa

    if not (pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type)):
        return column
    rows = [row and sorted(each or "" for each in row) for row in column.to_pylist()]
    return pa.array(rows, column.type)


def _codes_of(examination: Examination, column: str) -> NDArray[np.int64]:
    import numpy as np

    return first_alike(np.concatenate([digests_of(batch) for batch in examination.column(column)]))


def _told_apart(
    unlike: list[NDArray[np.int64]], answers: NDArray[np.int64], columns: dict[str, NDArray[np.int64]]
) -> str | None:
    """Return the group column whose value, beside the input, leaves one answer only; None where there is none."""
    for name, codes in columns.items():
        if unlike and all(
            len(set(codes[group].tolist()))
            == len(set(zip(codes[group].tolist(), answers[group].tolist(), strict=True)))
            for group in unlike
        ):
            return name
    return None


def _by_design(examination: Examination, column: str, unlike: list[NDArray[np.int64]]) -> Finding:
    """Return that the answer hangs on a column that the input does not show."""
    samples = sum(map(len, unlike))
    title = examination.stored.card.groups[column]
    return Finding(
        "hangs_on_group",
        Severity.WARNING,
        Words(
            f"{len(unlike):,} inputs have several reference answers, told apart by the group {column!r} ({title.en}), "
            "which the input does not show",
            f"{len(unlike):,} 个输入有多个参考答案，由分组 {column!r}（{title.zh}）区分，而输入中并未给出",
        ),
        Words(
            "Put it into the input, or test one value at a time: a product cannot know which answer is meant.",
            "请将其并入输入，或每次只测一个取值：否则产品无从得知所求答案。",
        ),
        samples,
        {"inputs": len(unlike), "samples": samples, "group": column},
    )


def _contradictions(examination: Examination, groups: list[NDArray[np.int64]]) -> list[Finding]:
    import numpy as np

    if not groups:
        return []
    rows = np.concatenate(groups)
    answers = dict(zip(rows.tolist(), examination.take("reference", rows).to_pylist(), strict=True))
    made = [
        Group(tuple(examination_ids), tuple(group.tolist()), _answered([answers[row] for row in group.tolist()]), 1.0)
        for group, examination_ids in _named(examination, groups)
    ]
    return [
        Finding(
            "contradiction",
            Severity.SERIOUS,
            Words(
                f"{many(len(groups), 'input')} with different reference answers ({many(len(rows), 'sample')})",
                f"{len(groups):,} 个输入重复出现且参考答案不同（共 {len(rows):,} 个样本）",
            ),
            Words(
                "Decide which answer is right, and remove the others; if the answer hangs on more than the input shows "
                "(what was said before, say), put that into the input.",
                "请确定正确答案并删除其余样本；若答案取决于输入之外的信息（如上文），请将其并入输入。",
            ),
            len(rows),
            {"inputs": len(groups), "samples": len(rows), "share": len(rows) / examination.rows},
            tuple(made),
        )
    ]


def _repeats(examination: Examination, groups: list[NDArray[np.int64]]) -> list[Finding]:
    if not groups:
        return []
    samples = sum(map(len, groups))
    spare = samples - len(groups)
    share = spare / examination.rows
    largest = int(max(map(len, groups)))
    made = [Group(tuple(ids), tuple(group.tolist()), None, 1.0) for group, ids in _named(examination, groups)]
    return [
        Finding(
            "repeat",
            Severity.WARNING if share >= MANY else Severity.NOTE,
            Words(
                f"{many(spare, 'sample')} ({percent(share)}) add nothing: input and answer stand before, "
                f"the most frequent {largest:,} times",
                f"{spare:,} 个样本（{percent(share)}）与其他样本的输入和答案完全相同；最多者出现 {largest:,} 次",
            ),
            Words(
                "Keep one of each, unless their frequency is meant; a repeat adds no evidence.",
                "每组保留一个，除非频次有意为之；重复样本不增加证据。",
            ),
            samples,
            {"inputs": len(groups), "samples": samples, "spare": spare, "share": share, "largest": largest},
            tuple(made),
        )
    ]


def _named(examination: Examination, groups: list[NDArray[np.int64]]) -> list[tuple[NDArray[np.int64], list[str]]]:
    """Return the groups, the largest first, with the ids of their members."""
    import numpy as np

    ordered = sorted(groups, key=lambda group: (-len(group), int(group[0])))
    ids = examination.ids(np.concatenate(ordered).tolist())
    ends = np.cumsum([0, *map(len, ordered)])
    return [(group, ids[start:end]) for group, start, end in zip(ordered, ends[:-1], ends[1:], strict=True)]


def _answered(answers: list[object]) -> Words:
    """Return the different answers, some of them, shortened."""
    distinct = list(dict.fromkeys(without(str(answer)) for answer in answers))
    shown = " | ".join(each if len(each) <= 60 else f"{each[:57]}…" for each in distinct[:4])
    more = "" if len(distinct) <= 4 else f" | … ({len(distinct)})"
    return Words(f"answers: {shown}{more}", f"答案：{shown}{more}")


CHECK = Check("duplicates", Words("Does an input stand more than once?", "是否有重复的输入？"), find)
