"""``steelyard validate``: a record that is written, shown in both languages, checked and joined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from steelyard.cli.validate import command
from steelyard.core.canonical import digest
from steelyard.core.errors import CallError


def code_of(**settings: object) -> int:
    with pytest.raises(typer.Exit) as ended:
        command(**settings)  # type: ignore[arg-type]
    return ended.value.exit_code


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("validate") / "validation.json"
    assert code_of(method="medical.probability", test_set="wdbc", plantings=2, out=out) == 0
    return out


def test_the_record_stands_beside_its_page(written: Path) -> None:
    document = json.loads(written.read_text("utf-8"))
    assert document["valid"]
    assert document["method"] == "medical.probability"
    page = written.with_suffix(".html").read_text("utf-8")
    for words in ("valid: everything", "有效：", "area_under_curve", document["results_digest"], "dark"):
        assert words in page
    assert "http://" not in page
    assert "https://" not in page


def test_it_is_computed_again_and_joined(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "there.json"
    other.write_text(json.dumps(json.loads(written.read_text("utf-8")) | {"host": {"system": "x", "processors": 1}}))
    assert code_of(check=written) == 0
    assert "equal" in capsys.readouterr().out
    assert code_of(join=[written, other], as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["agrees"], said["valid"]) == (True, True)
    with pytest.raises(CallError, match="given twice"):
        command(join=[written, written])
    with pytest.raises(CallError, match=r"not of medical\.diagnosis"):
        command(method="medical.diagnosis", check=written)
    with pytest.raises(CallError, match="at once"):
        command(check=written, join=[written])
    with pytest.raises(CallError, match="two records"):
        command(join=[written])


def test_records_that_agree_in_being_not_valid_are_no_success(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(written.read_text("utf-8"))
    document["results"]["controls"][0]["as_it_must"] = False
    document |= {"valid": False, "results_digest": digest(document["results"])}
    paths = []
    for name in ("here", "there"):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(document | {"host": {"system": name, "processors": 1}}))
    assert code_of(join=paths) == 10
    shown = capsys.readouterr().out
    assert "equal" in shown
    assert shown.count("not valid") == 2


def test_it_speaks_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    assert code_of(method="medical.diagnosis", test_set="wdbc", plantings=1, out=tmp_path / "v.json") == 0
    said = capsys.readouterr().out
    for words in ("正确度", "逐位相同", "有效", "对照产品"):
        assert words in said


def test_wrong_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="name the method"):
        command()
    with pytest.raises(CallError, match="cannot write"):
        command(method="medical.diagnosis", out=tmp_path)
    with pytest.raises(CallError, match="cannot write"):
        command(method="medical.diagnosis", out=tmp_path / "nowhere" / "v.json")
