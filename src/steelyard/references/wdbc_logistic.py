"""Logistic regression on cell nuclei, trained with its operating point on the training part of ``wdbc`` only."""

from __future__ import annotations

from steelyard.library.store import open_set

TRAINED_ON = ("wdbc@1#training",)

MISSES, FALSE_ALARMS = 0.01, 0.05
"""The limits of the clause, between which the operating point balances."""
SEED = 0


class Product:
    """Calls a patient positive where the predicted probability of the disease reaches the operating point.

    The operating point is chosen on the training part by ten-fold cross-validation: the threshold at which the greater
    of misses / 1 % and false alarms / 5 % is least.
    """

    def __init__(self) -> None:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        wdbc = open_set("wdbc")
        rows = [row for batch in wdbc.batches(["input", "reference", "split"]) for row in batch.to_pylist()]
        training = [row for row in rows if row["split"] == "training"]
        measured = np.array([row["input"] for row in training])
        diseased = np.array([row["reference"] == "positive" for row in training])

        self._model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        folds = StratifiedKFold(10, shuffle=True, random_state=SEED)
        predicted = cross_val_predict(self._model, measured, diseased, cv=folds, method="predict_proba")[:, 1]
        thresholds = np.unique(predicted)
        misses = np.array([(predicted[diseased] < threshold).mean() for threshold in thresholds])
        alarms = np.array([(predicted[~diseased] >= threshold).mean() for threshold in thresholds])
        worst = np.maximum(misses / MISSES, alarms / FALSE_ALARMS)
        self.operating_point = float(thresholds[np.argmin(worst)])
        self._model.fit(measured, diseased)

    def __call__(self, measured: list[float]) -> str:
        """Return the call for one patient."""
        probability = self._model.predict_proba([measured])[0, 1]
        return "positive" if probability >= self.operating_point else "negative"
