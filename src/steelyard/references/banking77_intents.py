"""Words and pairs of words with a linear classifier, trained on the training part of ``banking77`` only: intents."""

from __future__ import annotations

from steelyard.library.store import open_set

TRAINED_ON = ("banking77@1#training",)


class Product:
    """Names the intent of the greatest margin; it refuses nothing, as the set holds nothing out of scope."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        rows = [
            row for batch in open_set("banking77").batches(["input", "reference", "split"]) for row in batch.to_pylist()
        ]
        training = [row for row in rows if row["split"] == "training"]
        self._model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC(random_state=0))
        self._model.fit([row["input"] for row in training], [row["reference"] for row in training])

    def __call__(self, query: str) -> str:
        """Return the intent of one query."""
        return str(self._model.predict([query])[0])
