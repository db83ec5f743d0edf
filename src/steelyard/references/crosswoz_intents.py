"""Characters with a linear classifier, trained on the validation part of ``crosswoz-intents-zh`` only: Chinese intents.

The makers' training part is not among the files of the set, so its validation part stands in for it.
"""

from __future__ import annotations

from typing import Any

from steelyard.library.store import open_set

TRAINED_ON = ("crosswoz-intents-zh@1#validation",)

OUTSIDE = "oos"


class Product:
    """Names the intent of the greatest margin, out of scope among them.

    TF-IDF of one to three characters and a linear support vector machine. The score comes from the distance between the
    margin of *out of scope* and the greatest other one, so that 0.5 is where the answer changes: nothing else is set.
    """

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        crosswoz = open_set("crosswoz-intents-zh")
        rows = [row for batch in crosswoz.batches(["input", "reference", "split"]) for row in batch.to_pylist()]
        training = [row for row in rows if row["split"] == "validation"]
        characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
        self._model = make_pipeline(characters, LinearSVC(random_state=0))
        self._model.fit([row["input"] for row in training], [row["reference"] for row in training])
        self._outside = list(self._model.classes_).index(OUTSIDE)

    def __call__(self, query: str) -> dict[str, Any]:
        """Return the intent of one utterance, and how sure it is that it is none."""
        import numpy as np

        margins = self._model.decision_function([query])[0]
        best = int(np.argmax(margins))
        ahead = margins[self._outside] - np.delete(margins, self._outside).max()
        return {"intent": str(self._model.classes_[best]), "out_of_scope": float(1.0 / (1.0 + np.exp(-ahead)))}
