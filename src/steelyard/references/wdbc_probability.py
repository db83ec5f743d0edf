"""Logistic regression on cell nuclei, trained on the training part of ``wdbc`` only: the probability of the disease."""

from __future__ import annotations

from steelyard.library.store import open_set

TRAINED_ON = ("wdbc@1#training",)


class Product:
    """Gives the predicted probability that a patient has the disease."""

    def __init__(self) -> None:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        wdbc = open_set("wdbc")
        rows = [row for batch in wdbc.batches(["input", "reference", "split"]) for row in batch.to_pylist()]
        training = [row for row in rows if row["split"] == "training"]
        self._model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        self._model.fit(
            np.array([row["input"] for row in training]), np.array([row["reference"] == "positive" for row in training])
        )

    def __call__(self, measured: list[float]) -> float:
        """Return the probability for one patient."""
        return float(self._model.predict_proba([measured])[0, 1])
