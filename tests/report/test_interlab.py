"""Comparisons between laboratories: who may be compared, what scores, and what is left open."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

import steelyard
from steelyard.bench.repeatability import Repeatability, Spread
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.product import Identity
from steelyard.core.specification import Coverage
from steelyard.core.words import Words
from steelyard.report.laboratory.interlab import Interlab, Result, compare_laboratories
from steelyard.report.proof.container import packed
from steelyard.report.reread import Reread, reread, same_run
from steelyard.stats.proficiency import Standing, algorithm_a

MADE = Words("made", "虚构")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Reread:
    folder = tmp_path_factory.mktemp("interlab")
    steelyard.run("miit-2017-315#medical", lambda x: "positive" if x[0] > 15 else "negative", out=folder, limit=60)
    found = reread(folder)
    one = found.judgements[0]
    identity = Identity("onnx:model.onnx", "digest", "sha256:" + "0" * 64, MADE)
    return replace(
        found,
        plan=replace(found.plan, product=identity, assurance="B"),
        judgements=(replace(one, findings=one.findings[1:2]),),
    )


def laboratory(report: Reread, value: float, *sessions: float, where: str = "") -> Reread:
    """Return the report of a laboratory that found this value, with these means of its sessions."""
    one = report.judgements[0]
    finding = replace(one.findings[0], estimate=replace(one.findings[0].estimate, value=value))
    made = Repeatability("misses", MADE, "1", tuple((each,) for each in sessions), None, Spread(0.0, None), None, ())
    return replace(
        report,
        judgements=(replace(one, findings=(finding,)),),
        repeatability=(made,) if sessions else (),
        where=where or f"{value} {sessions}",
        digest=f"sha256:{where or f'{value} {sessions}'}",
        journal=frozenset(),
    )


def compared(*reports: Reread, **settings: Any) -> Interlab:
    names = "ABCDEFGHIJKLM"[: len(reports)]
    return compare_laboratories(reports, list(names), **settings)


def only(found: Interlab) -> Result:
    (result,) = found.rounds[0].results
    return result


def test_two_laboratories_are_held_against_each_other_by_their_sessions(report: Reread) -> None:
    first, second = laboratory(report, 0.10, 0.09, 0.10, 0.11), laboratory(report, 0.12, 0.11, 0.12, 0.13)
    result = only(compared(first, second))
    u = 0.01 / math.sqrt(3)
    k = 4.3027  # Student's t, 97.5 %, 2 degrees of freedom: any table
    assert result.uncertainty == pytest.approx(u)
    assert result.expanded == pytest.approx(k * u, rel=1e-4)
    assert result.zeta == pytest.approx(0.02 / math.hypot(u, u))
    assert result.normalised_error == pytest.approx(0.02 / (k * math.hypot(u, u)), rel=1e-4)
    assert result.standing is Standing.SATISFACTORY
    assert only(compared(second, first)).normalised_error == pytest.approx(-result.normalised_error)  # type: ignore[operator]


def test_sampling_is_in_no_score(report: Reread) -> None:
    """Both met the same samples: bounds as wide as they like excuse no difference."""
    first, second = laboratory(report, 0.10, 0.10, 0.10), laboratory(report, 0.101, 0.101, 0.101)
    result = only(compared(first, second))
    assert result.infinite
    assert result.standing is Standing.UNSATISFACTORY


def test_equal_results_agree_though_nobody_knows_their_uncertainty(report: Reread) -> None:
    result = only(compared(laboratory(report, 0.1, where="one"), laboratory(report, 0.1, where="two")))
    assert (result.normalised_error, result.uncertainty) == (0.0, None)
    assert result.standing is Standing.SATISFACTORY


def test_different_results_of_one_session_each_are_not_evaluated(report: Reread) -> None:
    found = compared(laboratory(report, 0.1), laboratory(report, 0.2))
    assert found.standing is Standing.UNKNOWN
    assert any("--sessions" in note.en for note in found.rounds[0].notes)
    fit = only(compared(laboratory(report, 0.1), laboratory(report, 0.2), sigma=0.04))
    assert fit.z == pytest.approx(2.5)
    assert (fit.decided_by, fit.standing) == ("z", Standing.QUESTIONABLE)


def test_a_consensus_is_the_robust_mean_and_gives_no_normalised_error(report: Reread) -> None:
    values = [0.100, 0.101, 0.102, 0.099, 0.150]
    found = compared(*(laboratory(report, value) for value in values))
    one = found.rounds[0]
    assert one.assigned == algorithm_a(values).mean < 0.103
    far = one.results[-1]
    assert (far.laboratory, far.standing) == ("E", Standing.UNSATISFACTORY)
    assert far.decided_by == "z_prime", "five laboratories leave the assigned value uncertain"
    assert all(each.normalised_error is None and each.zeta is None for each in one.results)
    assert any("doubtful" in note.en for note in one.notes)


@pytest.mark.parametrize(
    ("values", "sigma", "standings"),
    [
        ([0.1, 0.1, 0.9], None, "???"),  # nobody could be off by the spread of three
        ([0.1, 0.1, 0.1, 0.9], None, "????"),  # nor of four
        ([0.1, 0.1, 0.1, 0.1, 0.101], None, "?????"),  # s* is zero, and anything would be off
        ([0.0, 0.0, 0.0, 0.0, 0.01], None, "?????"),
        ([0.1, 0.1, 0.1], None, "+++"),  # who found the same needs no σ_pt
        ([0.1, 0.1, 0.1, 0.1, 0.101], 0.01, "+++++"),
        ([0.1, 0.1, 0.1, 0.1, 0.2], 0.01, "++++-"),
        ([0.1, 0.1001, 0.1002], 0.01, "+++"),  # u(x_pt) ≤ 0.3 σ_pt: z may be used of three
        ([0.1, 0.1, 0.9], 0.01, "???"),  # else z′, which cannot pass 1.5
        ([0.1, 0.1, 0.1], 0.01, "+++"),
        ([0.100, 0.101, 0.102, 0.099, 0.150], None, "++++-"),
    ],
)
def test_a_consensus_scores_only_where_it_could_fail_and_pass(
    report: Reread, values: list[float], sigma: float | None, standings: str
) -> None:
    signs = {Standing.SATISFACTORY: "+", Standing.UNSATISFACTORY: "-", Standing.UNKNOWN: "?"}
    reports = [laboratory(report, value, where=f"{place}") for place, value in enumerate(values)]
    one = compared(*reports, sigma=sigma).rounds[0]
    assert "".join(signs[each.standing] for each in one.results) == standings
    notes = [note for note in one.notes if note.en.startswith("not evaluated")]
    assert bool(notes) is ("?" in standings)
    assert all("--reference" in note.en and "--reference" in note.zh for note in notes)
    assert all(("--sigma" in note.en) is (sigma is None) for note in notes)
    assert all(each.decided_by is None for each in one.results if each.standing is Standing.UNKNOWN)


def test_a_stated_sigma_decides_and_noise_excuses_nothing(report: Reread) -> None:
    first, noisy = laboratory(report, 0.10, 0.099, 0.10, 0.101), laboratory(report, 0.20, 0.05, 0.20, 0.35)
    assert only(compared(first, noisy)).decided_by == "normalised_error"
    fit = only(compared(first, noisy, sigma=0.005))
    assert fit.normalised_error is not None
    assert fit.normalised_error < 1.0, "its own noise excuses it"
    assert (fit.decided_by, fit.standing) == ("z", Standing.UNSATISFACTORY)
    for pair in ((first, noisy), (noisy, first)):
        either = only(compared(*pair, sigma=0.03))
        assert (either.decided_by, either.standing) == ("z", Standing.UNSATISFACTORY), "whoever is named first"
    doubtful = only(compared(first, noisy, sigma=0.001, reference="A"))
    assert (doubtful.decided_by, doubtful.standing) == ("z_prime", Standing.UNSATISFACTORY)
    assert doubtful.z_prime == pytest.approx(0.1 / math.hypot(0.001, 0.001 / math.sqrt(3)))


def test_a_reference_of_unknown_uncertainty_scores_nobody(report: Reread) -> None:
    """z needs u(x_pt) ≤ 0.3 σ_pt to be known (ISO 13528:2015, 9.2.1)."""
    first, second = laboratory(report, 0.1), laboratory(report, 0.11, 0.11, 0.12)
    found = compared(first, second, reference="A", sigma=0.04)
    assert (only(found).decided_by, found.standing) == (None, Standing.UNKNOWN)
    for each in (found, compared(first, second, reference="A")):  # --sigma would not mend it
        (note,) = each.rounds[0].notes
        assert "reference run it with --sessions 3" in note.en
    known = compared(first, second, reference="B", sigma=0.04)
    assert (only(known).decided_by, known.standing) == ("z", Standing.SATISFACTORY)
    equal = compared(first, laboratory(report, 0.1, where="equal"), reference="A", sigma=0.04)
    assert equal.standing is Standing.SATISFACTORY


def test_sigma_is_of_one_unit(report: Reread) -> None:
    def decibels(found: Reread) -> Reread:
        one = found.judgements[0]
        finding = one.findings[0]
        limit = replace(finding.requirement.limit, unit="dB")
        other = replace(finding, requirement=replace(finding.requirement, name="noise", limit=limit))
        return replace(found, judgements=(replace(one, findings=(finding, other)),))

    pair = [decibels(laboratory(report, 0.1)), decibels(laboratory(report, 0.2))]
    share, noise = compared(*pair, sigma=0.04, sigma_unit="1").rounds
    assert (share.deviation, share.results[0].decided_by) == (0.04, "z")
    assert (noise.deviation, noise.results[0].standing) == (None, Standing.UNKNOWN)
    with pytest.raises(CallError, match="no unit"):
        compared(*pair, sigma=0.04)
    with pytest.raises(CallError, match="in s, the indicators in %, dB"):
        compared(*pair, sigma=0.04, sigma_unit="s")


def test_sessions_tell_nothing_of_a_mean_over_groups(report: Reread) -> None:
    """They are valued over all samples together."""
    plan = report.plan
    averaged = replace(plan.clause.readings[0], mean_over=Coverage("scene", 1))
    plan = replace(plan, clause=replace(plan.clause, readings=(averaged, *plan.clause.readings[1:])))
    first, second = (replace(laboratory(report, value, value, value + 0.01), plan=plan) for value in (0.1, 0.2))
    result = only(compared(first, second))
    assert (result.uncertainty, result.standing) == (None, Standing.UNKNOWN)


def test_the_order_of_laboratories_changes_nothing(report: Reread) -> None:
    values = [0.10, 0.11, 0.13, 0.09]
    names = ["A", "B", "C", "D"]
    here = compare_laboratories([laboratory(report, value) for value in values], names)
    there = compare_laboratories([laboratory(report, value) for value in values[::-1]], names[::-1])
    assert here.rounds[0].assigned == there.rounds[0].assigned
    assert sorted(here.rounds[0].results, key=lambda each: each.laboratory) == sorted(
        there.rounds[0].results, key=lambda each: each.laboratory
    )


def test_a_reference_laboratory_is_the_assigned_value(report: Reread) -> None:
    first, second, third = (laboratory(report, value, value - 0.01, value + 0.01) for value in (0.1, 0.12, 0.14))
    found = compared(first, second, third, reference="B")
    assert found.rounds[0].assigned == 0.12
    assert [each.laboratory for each in found.rounds[0].results] == ["A", "C"]
    with pytest.raises(UnknownName, match="laboratory"):
        compared(first, second, reference="Z")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"product": Identity("onnx:model.onnx", "digest", "sha256:" + "1" * 64, MADE)}, "product digest"),
        ({"test_set_digest": "sha256:other"}, "test set"),
        ({"method_version": "2"}, "method"),
        ({"specification_digest": "sha256:other"}, "specification"),
        ({"limit": 59, "samples": 59}, "samples drawn"),
        ({"seed": 9}, "samples drawn"),  # of a draw
        ({"condition": "fog"}, "condition"),
    ],
)
def test_what_is_not_the_same_is_refused_with_what_differs(report: Reread, changes: dict[str, Any], said: str) -> None:
    second = laboratory(report, 0.2)
    with pytest.raises(CallError, match=said):
        compared(laboratory(report, 0.1), replace(second, plan=replace(second.plan, **changes)))


def test_a_declared_product_nobody_knows_to_be_the_same(report: Reread) -> None:
    plan = replace(report.plan, product=Identity("http://localhost", "declared", None, MADE))
    with pytest.raises(CallError, match="declared"):
        compared(*(replace(laboratory(report, value), plan=plan) for value in (0.1, 0.2)))


def test_too_few_the_same_twice_and_namesakes_are_refused(report: Reread) -> None:
    first, second = laboratory(report, 0.1), laboratory(report, 0.2)
    with pytest.raises(CallError, match="two laboratories"):
        compared(first)
    with pytest.raises(CallError, match="twice"):
        compared(first, first)
    with pytest.raises(CallError, match="twice"):
        compared(first, replace(second, digest=first.digest))
    with pytest.raises(CallError, match="same name"):
        compare_laboratories([first, second], ["A", "A"])


def test_a_copy_and_a_bundle_of_a_run_are_that_run(tmp_path: Path) -> None:
    """Another run that wrote the same bytes in the same second is not: its journal holds other times."""
    import shutil

    for name in ("one", "two"):
        steelyard.run(
            "miit-2017-315#medical", lambda x: "positive" if x[0] > 15 else "negative", out=tmp_path / name, limit=20
        )
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    (tmp_path / "moved.json").write_bytes((tmp_path / "one" / "report.json").read_bytes())
    (tmp_path / "made.zip").write_bytes(packed({"report.json": (tmp_path / "one" / "report.json").read_bytes()}))
    one, two = reread(tmp_path / "one"), reread(tmp_path / "two")
    assert not same_run(one, replace(two, digest=one.digest))
    for name in ("one", "copy", "moved.json", "made.zip"):
        assert same_run(one, reread(tmp_path / name)), name


def test_the_command_names_laboratories_and_ends_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.cli.interlab import command

    (tmp_path / "product.py").write_text("def call(x):\n    return 'positive' if x[0] > 15 else 'negative'\n")
    for name in ("one", "two"):
        steelyard.run("miit-2017-315#medical", f"python:{tmp_path}/product.py:call", out=tmp_path / name, limit=20)
    named = [f"LAB {name}={tmp_path / name}" for name in ("one", "two")]
    with pytest.raises(typer.Exit) as ended:
        command(named, as_json=True)
    assert ended.value.exit_code == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["standing"], document["laboratories"]) == ("satisfactory", ["LAB one", "LAB two"])
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    with pytest.raises(typer.Exit):
        command(named)
    assert "满意" in capsys.readouterr().out
    with pytest.raises(CallError, match="--sigma"):
        command(named, sigma="nan")
