"""Whether the probabilities of a logistic regression on cell nuclei are what they say."""

from __future__ import annotations

from studies.medical.answers import rows
from studies.pictures.calibration import calibration

from steelyard.core.words import Words
from steelyard.fields.medical.probability import COLUMNS
from steelyard.references import wdbc_probability
from steelyard.report.reliability import reliability


def drawn(language: str) -> str:
    """Return the picture: the reliability diagram."""
    found = reliability(COLUMNS, rows("medical.probability", wdbc_probability.Product)[0].values)
    assert found is not None
    title = Words("wdbc: probabilities said, and shares found", "wdbc：所报概率与实际比例")
    across, up = (
        Words("probability said (mean of a tenth)", "所报概率（每十分之一的均值）"),
        Words("share found", "实际比例"),
    )
    return calibration(title, across, up, found, language)


PICTURES = {"medical.probability": drawn}
