"""Texts: the same but for a few characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from steelyard.core.data_type import DataType
from steelyard.core.words import Words
from steelyard.library.quality._likeness import Likeness
from steelyard.library.quality._likeness._minhash import candidates, normalised, sketches

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class TextLikeness(Likeness):
    """Texts that are the same but for case, width, white space, and one character in ten."""

    threshold: float = 0.9
    most: ClassVar[int] = 100_000_000
    how: Words = Words(
        "MinHash over shingles of 2 characters (Chinese) or 3 (others), 32 bands of 5; confirmed by an edit similarity "
        "of at least 0.9 (one less edits over characters of the longer) of the texts in NFKC and lower case",
        "MinHash：汉字以 2 字、其他以 3 字符为片段，32 段 × 5 个哈希；再以编辑相似度 ≥ 0.9 确认"
        "（1 − 编辑次数 / 较长文本字符数；文本先作 NFKC 与小写归一）",
    )

    def sketch(self, column: pa.Array, kind: DataType[Any]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        import numpy as np

        del kind
        texts = normalised(column)
        return sketches(texts), np.array([bool(text) for text in texts.to_pylist()], dtype=bool)

    def candidates(self, sketches: NDArray[np.uint32]) -> Iterator[NDArray[np.int64]]:
        yield from candidates(sketches)

    def material(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.object_]:
        import numpy as np

        del kind
        return np.array(normalised(column).to_pylist(), dtype=object)

    def similarity(self, material: NDArray[np.object_], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        import numpy as np
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cpdist

        left, right = material[pairs[:, 0]], material[pairs[:, 1]]
        return cpdist(
            left, right, scorer=Levenshtein.normalized_similarity, score_cutoff=self.threshold, dtype=np.float64
        )


LIKENESS = TextLikeness
