"""How probable each class is for each sample: by recorded answers, or by a model that has not seen the sample."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words
from steelyard.data._pixels import Pixels
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.text import Text
from steelyard.library.quality._examination import Examination

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_ROWS = 25_000
"""Samples that a model is trained on; of more, so many are drawn."""
FOLDS = 5
VOTERS = 5
"""Products whose recorded answers make votes, at least."""
LEAST_EACH = 5
"""Samples of a class, below which nothing can be learned of it."""
TREES, MANY_CLASSES = 200, 20
"""Of more classes fewer trees: a tree holds a number for each class in each of its leaves."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities of classes for some samples."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    """int64[m]: code of the given label."""
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    """float64[m, classes]."""
    how: Words
    notes: tuple[Words, ...] = ()

    @property
    def accuracy(self) -> float:
        """How often the most probable class is the given label, averaged over classes."""
        import numpy as np

        right = self.probabilities.argmax(axis=1) == self.labels
        each = [right[self.labels == code].mean() for code in np.unique(self.labels)]
        return float(np.mean(each))


class NotLearned(Exception):
    """Why there are no scores."""

    def __init__(self, why: Words) -> None:
        super().__init__(why.en)
        self.why = why


def recorded(examination: Examination, counts: Counter[str]) -> Scores | None:
    """Return the shares of products' votes, where recorded answers of several products are classes; else None."""
    import numpy as np

    stored = examination.stored
    if len(stored.card.answers) < VOTERS:
        return None
    classes = tuple(sorted(counts))
    code = {name: place for place, name in enumerate(classes)}
    ids = {name: row for row, name in enumerate(_all(examination, "id"))}
    votes = np.zeros((examination.rows, len(classes)))
    for name in stored.card.answers:
        table = stored.answers(name)
        for sample, output in zip(table["id"].to_pylist(), table["output"].to_pylist(), strict=True):
            if output in code and sample in ids:
                votes[ids[sample], code[output]] += 1.0
    given = np.array([code[label] for label in _all(examination, "reference")])
    total = votes.sum(axis=1)
    rows = np.flatnonzero(total >= VOTERS)
    if not len(rows):
        return None
    voters = len(stored.card.answers)
    # One vote more, spread over all classes: that nobody votes for a class does not make it impossible.
    smoothed = (votes[rows] + 1.0 / len(classes)) / (total[rows, None] + 1.0)
    how = Words(f"votes of {voters} recorded products", f"{voters} 个产品答案记录的投票")
    return Scores(rows, given[rows], classes, smoothed, how)


def cross_validated(examination: Examination, counts: Counter[str]) -> Scores:
    """Return what models say of samples that they were not trained on, no unit on both sides.

    Raises
    ------
    NotLearned
        Where there is nothing to learn from; it says why.
    """
    import numpy as np

    kept = {name for name, count in counts.items() if count >= LEAST_EACH}
    if len(kept) < 2:
        raise NotLearned(
            Words(f"fewer than two classes have {LEAST_EACH} samples", f"有 {LEAST_EACH} 个以上样本的类别不足两个")
        )
    names = _all(examination, "reference")
    rows = np.array([row for row, name in enumerate(names) if name in kept], dtype=np.int64)
    notes = []
    if len(rows) > MOST_ROWS:
        generator = np.random.Generator(np.random.Philox(examination.seed))
        notes.append(
            Words(
                f"{MOST_ROWS:,} of {len(rows):,} samples, drawn, were looked at",
                f"从 {len(rows):,} 个样本中抽取 {MOST_ROWS:,} 个检查",
            )
        )
        rows = np.sort(generator.permutation(rows)[:MOST_ROWS])
    values, read, model, what = _material(examination, rows, len(kept))
    if not read.all():
        notes.append(Words(f"{int((~read).sum()):,} could not be read", f"{int((~read).sum()):,} 个无法读取"))
    rows = rows[read]
    classes = tuple(sorted({names[row] for row in rows}))
    code = {name: place for place, name in enumerate(classes)}
    labels = np.array([code[names[row]] for row in rows])
    if len(classes) < 2 or np.bincount(labels).min() < LEAST_EACH:
        raise NotLearned(Words("too few samples of a class can be read", "某类别可读样本过少"))
    probabilities, by = _predicted(examination, rows, values, labels, model)
    how = Words(f"{what.en}, {FOLDS}-fold cross-validation{by.en}", f"{what.zh}，{FOLDS} 折交叉验证{by.zh}")
    return Scores(rows, labels, classes, probabilities, how, tuple(notes))


def _all(examination: Examination, name: str) -> list[Any]:
    return [value for column in examination.column(name) for value in column.to_pylist()]


def _material(
    examination: Examination, rows: NDArray[np.int64], classes: int
) -> tuple[Any, NDArray[np.bool_], Any, Words]:
    """Return numbers of each sample, which could be read, a model to be trained, and its name."""
    import numpy as np
    from sklearn.ensemble import ExtraTreesClassifier

    kind = examination.kind
    count = max(20, TREES * MANY_CLASSES // max(classes, MANY_CLASSES))
    trees = ExtraTreesClassifier(count, random_state=0, min_samples_leaf=1, n_jobs=1)
    if isinstance(kind, Text):
        return _words(examination.take("input", rows))
    if not isinstance(kind, Features | Pixels | Audio):
        name = type(kind).__name__ if kind is not None else "—"
        raise NotLearned(
            Words(f"no model here learns from {name} inputs", f"没有可用于 {name} 类输入的模型") if kind is not None
            else Words("no inputs, and no recorded answers of five products", "没有输入，也没有五个以上产品的答案记录")
        )  # fmt: skip
    vectors, read = [], []
    for start in range(0, len(rows), 4096):
        for stored in examination.take("input", rows[start : start + 4096]).to_pylist():
            try:
                value = kind.load(stored)
            except (MalformedValue, TypeError):
                value = None
            vector = None if value is None else _vector(kind, value)
            read.append(vector is not None and bool(np.isfinite(vector).all()))
            vectors += [vector] if read[-1] else []
    names = {
        Features: Words("extremely randomised trees over the features", "极端随机树（特征）"),
        Audio: Words("extremely randomised trees over a spectrogram of 32 × 32", "极端随机树（32 × 32 频谱图）"),
    }
    what = names.get(
        type(kind), Words("extremely randomised trees over 24 × 24 grey pixels", "极端随机树（24 × 24 灰度像素）")
    )
    if not vectors:
        raise NotLearned(Words("no input can be read", "没有可读的输入"))
    return np.asarray(vectors, dtype=np.float32), np.array(read, dtype=bool), trees, what


def _vector(kind: Any, value: Any) -> NDArray[np.float32] | None:
    import numpy as np

    if isinstance(kind, Features):
        return np.asarray(value, dtype=np.float32)
    if isinstance(kind, Pixels):
        from PIL import Image as Pillow

        if not value.size:
            return None
        small = Pillow.fromarray(value).convert("L").resize((24, 24), Pillow.Resampling.BOX)
        return np.asarray(small, dtype=np.float32).ravel()
    from steelyard.library.quality._likeness.audio import pictures

    sound = value if value.ndim == 1 else value.mean(axis=1)
    return pictures(sound, kind)[0].ravel() if len(sound) else None


def _words(texts: pa.Array) -> tuple[Any, NDArray[np.bool_], Any, Words]:
    """Return texts as their main directions over shingles of one to four characters, and a logistic regression."""
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    written = [text or "" for text in texts.to_pylist()]
    weighed = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), min_df=2, max_features=100_000, sublinear_tf=True, dtype=np.float32
    )
    try:
        sparse = weighed.fit_transform(written)
    except ValueError:
        raise NotLearned(Words("the texts have nothing in common", "文本之间没有共同片段")) from None
    size = max(2, min(160, sparse.shape[1] - 1, sparse.shape[0] - 1))
    dense = TruncatedSVD(size, random_state=0, n_iter=3).fit_transform(sparse)
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
    what = Words("logistic regression over the main directions of character shingles", "逻辑回归（字符片段的主方向）")
    return dense, np.ones(len(written), dtype=bool), LogisticRegression(C=20.0, max_iter=300), what


def _predicted(
    examination: Examination, rows: NDArray[np.int64], values: Any, labels: NDArray[np.int64], model: Any
) -> tuple[NDArray[np.float64], Words]:
    """Return probabilities from models that have not seen the sample nor its unit, and what was kept together."""
    import numpy as np
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    unit, groups = _unit(examination, rows, labels)
    if unit is None:
        parts = StratifiedKFold(FOLDS, shuffle=True, random_state=examination.seed).split(values, labels)
        by = Words("", "")
    else:
        cut = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=examination.seed)
        parts = cut.split(values, labels, groups)
        by = Words(f" by {examination.stored.card.units[unit].en}", f"，按{examination.stored.card.units[unit].zh}划分")
    found = np.zeros((len(rows), int(labels.max()) + 1))
    for seen, unseen in parts:
        fitted = clone(model).fit(values[seen], labels[seen])
        found[np.ix_(unseen, fitted.classes_)] = fitted.predict_proba(values[unseen])
    return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12), by


def _unit(
    examination: Examination, rows: NDArray[np.int64], labels: NDArray[np.int64]
) -> tuple[str | None, NDArray[np.int64]]:
    """Return the coarsest unit that folds can be made of, and its codes."""
    import numpy as np

    best: tuple[str | None, NDArray[np.int64]] = (None, np.arange(len(rows)))
    least = len(rows)
    for unit in examination.stored.card.units:
        codes = examination.stored.codes(unit)[0][rows]
        pairs = np.unique(np.stack((labels, codes), axis=1), axis=0)
        # Where a class has one unit only (people to be recognised), a fold without it could not know the class.
        if FOLDS <= len(np.unique(codes)) < least and np.bincount(pairs[:, 0]).min() > 1:
            best, least = (unit, codes), len(np.unique(codes))
    return best
