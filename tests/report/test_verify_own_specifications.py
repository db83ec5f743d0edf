"""Whatever a specification of one's own asks, the second program comes to the same verdict, and by itself too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import steelyard
from steelyard.report.proof.bundle import bundle
from steelyard.report.proof.keys import PrivateKey
from steelyard.report.proof.signing import sign
from steelyard.report.proof.verified import verified

Check = Callable[..., tuple[int, str]]


def fails(printed: str) -> bool:
    """Whether a check does not hold."""
    return "FAILS" in printed


SPECIFICATION = """
specification: made
edition: '1'
document: a made specification
title: {{en: made, zh: 自拟}}
source: made
decision: {{rule: {rule}, confidence: 0.9}}
clauses:
  ill:
    where: '1'
    words: it must
    meaning: {{en: it must, zh: 必须}}
    axis: intelligence
    binding: {binding}
    silent_on: []
    readings:
      one:
        because: {{en: made, zh: 自拟}}
        method: {method}
        {scope}
        require:
{requirements}
"""


METHODS = ("medical.diagnosis", "medical.probability")


def diagnosis(rule: str = "guarded", binding: str = "hard", scope: str = "") -> str:
    """A specification of errors of a diagnosis."""
    requirements = "          misses: false_negative_rate < 20 %\n          alarms: false_positive_rate <= 30 %\n"
    return SPECIFICATION.format(
        rule=rule, binding=binding, scope=scope, method="medical.diagnosis", requirements=requirements
    )


OWN: dict[str, str] = {
    "simple acceptance": diagnosis("simple"),
    "a soft target": diagnosis(binding="soft"),
    "patients with several rows": diagnosis(scope="cluster: patient"),
    "each disease by itself": diagnosis(scope="cluster: patient\n        every: disease"),
    "a mean over diseases": diagnosis(
        scope="cluster: patient\n        mean_over: {group: disease, at_least: 2, each: {patient: 10}}"
    ),
    "one cluster after another": diagnosis(scope="cluster: patient\n        every: disease"),
    "ranks": SPECIFICATION.format(
        rule="guarded",
        binding="hard",
        scope="cluster: patient",
        method="medical.probability",
        requirements="          area: area_under_curve > 0.8\n          distance: brier_score < 0.2\n",
    ),
    "diseases that are not covered": diagnosis(scope="cover: {group: disease, at_least: 2, each: {patient: 99}}"),
}


def sometimes(measured: list[float]) -> str:
    """A product that errs in about one of seven."""
    number = round(measured[0])
    right = "positive" if number % 3 == 0 else "negative"
    return right if number * 37 % 7 else "negative" if right == "positive" else "positive"


def likely(measured: list[float]) -> float:
    """A product that says what is likely, and errs as often."""
    return (0.8 if sometimes(measured) == "positive" else 0.1) + round(measured[0]) % 11 / 100.0


@pytest.mark.parametrize("name", OWN)
def test_specifications_of_one_s_own(
    name: str, write_own_set: Callable[..., Path], tmp_path: Path, key: PrivateKey, check: Check, check_alone: Check
) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(OWN[name], "utf-8")
    folder = write_own_set()
    product = likely if "probability" in OWN[name] else sometimes
    sequential = "after" in name
    steelyard.run(f"{path}#ill", product, test_set=str(folder), out=tmp_path / "run", sequential=sequential)
    members = dict(bundle(tmp_path / "run", str(folder), str(path)).members)
    members = sign(members, key)
    assert verified(members, [key.public]).exit_code == 0
    code, printed = check(members, key)
    assert (code, fails(printed)) == (0, False), printed
    code, printed = check_alone(members, key)
    assert (code, fails(printed)) == (11 if name in NOT_PROVED_ALONE else 0, False), printed


NOT_PROVED_ALONE = {"ranks", "one cluster after another"}
"""Verdicts that rest on areas or on sequential plans."""


@pytest.fixture
def write_own_set(write_set: Callable[..., Path], tmp_path: Path) -> Callable[[], Path]:
    """Return a function that writes a set of two diseases, and of patients with two rows each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from steelyard.library.card_file import read_card
    from steelyard.library.writing import write_set as write

    def made() -> Path:
        folder = write_set(
            ["positive" if number % 3 == 0 else "negative" for number in range(120)], name="first", methods=METHODS
        )
        (path,) = folder.rglob("*.parquet")
        table = pq.read_table(path)
        changed = {
            "disease": pa.array(["one" if number % 2 else "two" for number in range(120)]),
            "patient": pa.array([f"patient-{number // 4}" for number in range(120)]),
        }
        for column, values in changed.items():
            table = table.set_column(table.column_names.index(column), column, values)
        write(tmp_path / "own", read_card(folder), table)
        return tmp_path / "own"

    return made
