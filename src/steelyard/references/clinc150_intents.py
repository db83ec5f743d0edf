"""Words and pairs of words with a linear classifier, trained on ``clinc150-oos-en``: intents, and what is none."""

from __future__ import annotations

from typing import Any

from steelyard.library.store import open_set

TRAINED_ON = ("clinc150-oos-en@1#training", "clinc150-oos-en@1#validation")

OUTSIDE = "oos"
REFUSED = 0.05
"""Share of in-scope queries of the validation part that the threshold refuses: the in-scope loss that is accepted."""


class Product:
    """Names the intent of the greatest margin, and says out of scope where none reaches the threshold.

    TF-IDF and a linear support vector machine, trained on the in-scope queries of the training part. The threshold is
    the margin that 5 % of the in-scope queries of the validation part do not reach; the score of 0.5 stands for it.
    """

    def __init__(self) -> None:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        queries: dict[str, list[tuple[str, str]]] = {"training": [], "validation": []}
        for batch in open_set("clinc150-oos-en").batches(["input", "reference", "split"]):
            for row in batch.to_pylist():
                if row["split"] in queries and row["reference"] != OUTSIDE:
                    queries[row["split"]].append((row["input"], row["reference"]))
        self._model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC(random_state=0))
        self._model.fit(*zip(*queries["training"], strict=True))
        held = self._model.decision_function([text for text, _ in queries["validation"]]).max(axis=1)
        self.threshold = float(np.quantile(held, REFUSED))

    def __call__(self, query: str) -> dict[str, Any]:
        """Return the intent of one query, and how sure it is that it is none."""
        import numpy as np

        margins = self._model.decision_function([query])[0]
        best = int(np.argmax(margins))
        score = float(1.0 / (1.0 + np.exp(margins[best] - self.threshold)))
        return {"intent": OUTSIDE if score > 0.5 else str(self._model.classes_[best]), "out_of_scope": score}
