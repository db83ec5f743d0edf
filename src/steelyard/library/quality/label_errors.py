"""Labels that are probably wrong, by confident learning."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity, not_applicable, percent
from steelyard.library.quality._classes import counts_of, is_classes
from steelyard.library.quality._examination import Examination
from steelyard.library.quality._scores import NotLearned, Scores, cross_validated, recorded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_ACCURACY = 0.7
"""Averaged over classes: of a model that knows less, most suspicions would be its own mistakes."""
MISSING = Words(
    "cleanlab is not installed: pip install 'steelyard[quality]'", "未安装 cleanlab：pip install 'steelyard[quality]'"
)


def find(examination: Examination) -> Outcome:
    """Return each sample whose label is probably wrong, with the label that is more probable."""
    counts = counts_of(examination.column("reference"))
    if not is_classes(counts, examination.rows) or len(counts) < 2:
        return not_applicable("the reference answers are no classes", "参考答案不是类别")
    try:
        import cleanlab  # noqa: F401
    except ImportError:
        return Outcome(not_applicable=MISSING)
    try:
        scores = recorded(examination, counts) or cross_validated(examination, counts)
    except NotLearned as none:
        return Outcome(not_applicable=none.why)
    if scores.accuracy < LEAST_ACCURACY:
        known = percent(scores.accuracy)
        return not_applicable(
            f"a simple model knows too little to judge ({scores.how.en}: {known} right, averaged over classes)",
            f"简单模型所知不足，无法判断（{scores.how.zh}：按类平均正确 {known}）",
        )
    suspected = suspects(scores)
    how = Words(
        f"confident learning (Northcutt et al. 2021, cleanlab): {scores.how.en}, {percent(scores.accuracy)} right, "
        "averaged over classes; suspected where the label is off the diagonal of the confident joint and less "
        "probable than its class's share of noise allows",
        f"置信学习（Northcutt 等 2021，cleanlab）：{scores.how.zh}，按类平均正确 {percent(scores.accuracy)}；"
        "标签同时落在置信联合矩阵对角线之外且概率过低者视为可疑",
    )
    findings = (_finding(examination, scores, suspected),) if len(suspected) else ()
    return Outcome(findings, examined=len(scores.rows), how=how, notes=scores.notes)


def suspects(scores: Scores) -> NDArray[np.int64]:
    """Return places of samples whose label is probably wrong, the least probable first.

    Notes
    -----
    C. Northcutt, L. Jiang, I. Chuang, Confident learning: estimating uncertainty in dataset labels, Journal of
    Artificial Intelligence Research 70 (2021). Both ways of pruning must agree, which costs some finds and most of the
    false alarms.
    """
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that cleanlab brings
        from cleanlab.filter import find_label_issues

        found = find_label_issues(
            scores.labels,
            scores.probabilities,
            filter_by="both",
            return_indices_ranked_by="self_confidence",
            n_jobs=1,
        )
    return np.asarray(found, dtype=np.int64)


def _finding(examination: Examination, scores: Scores, suspected: NDArray[np.int64]) -> Finding:
    rows = scores.rows[suspected].tolist()
    ids = examination.ids(rows)
    made = []
    for name, row, place in zip(ids, rows, suspected.tolist(), strict=True):
        given, likely = int(scores.labels[place]), int(scores.probabilities[place].argmax())
        sure = f"{scores.probabilities[place, given]:.2f} : {scores.probabilities[place, likely]:.2f}"
        one, other = scores.classes[given], scores.classes[likely]
        made.append(
            Group(
                (name,),
                (row,),
                Words(f"given {one}, suggested {other} ({sure})", f"原标 {one}，建议 {other}（{sure}）"),
            )
        )
    share = len(rows) / len(scores.rows)
    stated = examination.stored.card.reference_error
    beyond = stated is not None and share > stated
    said = Words("", "")
    if stated is not None:
        said = Words(f"; the card states {percent(stated)} at most", f"；卡片称至多 {percent(stated)}")
    return Finding(
        "suspected",
        Severity.WARNING if stated is None or beyond else Severity.NOTE,
        Words(
            f"{len(rows):,} of {len(scores.rows):,} labels ({percent(share)}) are probably wrong{said.en}",
            f"{len(scores.rows):,} 个标签中有 {len(rows):,} 个（{percent(share)}）可能有误{said.zh}",
        ),
        Words(
            "Have a person look at each before anything is changed; the model is wrong at times, too. State on the "
            "card what comes out (reference_error).",
            "更改之前请逐一人工复核，模型也会出错；并将复核结果写入卡片（reference_error）。",
        ),
        len(rows),
        {"suspected": len(rows), "share": share, "model_accuracy": scores.accuracy},
        tuple(made),
    )


CHECK = Check("label_errors", Words("Which labels are probably wrong?", "哪些标签可能有误？"), find)
