"""Runs of a product with faults, and their bundles: made once for all that looks at them."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

import steelyard
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.writing import write_set
from steelyard.report.particulars.particulars import ADAPTER, Dates, Particulars
from steelyard.report.particulars.read import PARTS, SEVERAL
from steelyard.report.proof.bundle import bundle
from steelyard.report.proof.container import packed
from steelyard.report.proof.keys import PrivateKey, new_key, private_key

RUNS = runpy.run_path(str(Path(__file__).parent / "attacks.py"))["RUNS"]
TOOLS = Path(__file__).parents[2] / "tools"
Members = dict[str, bytes]
Check = Callable[..., tuple[int, str]]


def calls(measured: list[float]) -> str:
    """A product with faults of both kinds, and some answers that are none."""
    if measured[0] > 25:
        raise ValueError("too large for me")
    return "positive" if measured[0] > 14 else "negative"


def grouped_set(folder: Path) -> None:
    """Write the samples of a set anew, in groups, and three to a patient."""
    opened = store.open_set("wdbc")
    table = pa.Table.from_batches(list(opened.batches()))
    count = table.num_rows
    own = {
        "band": pa.array([("low", "middle", "high")[number % 3] for number in range(count)]),
        "patient": pa.array([f"patient-{number // 3}" for number in range(count)]),
    }
    for column, values in own.items():
        table = table.drop_columns([column] if column in table.column_names else []).append_column(column, values)
    groups = dict(opened.card.groups) | {"band": Words("bands", "分段")}
    card = replace(opened.card, name="grouped", groups=groups, splits={}, answers={}, answers_digest={})
    write_set(folder, card, table)


def set_of(name: str, folder: Path) -> str | None:
    """The set of a run, where the library has none of its name."""
    return str(folder.parent / "set") if "test_set" in RUNS[name] else None


class Bundles(dict[str, Members]):
    """The members of each run's bundle; a failing test need not print them."""

    def __repr__(self) -> str:
        return f"<bundles of {', '.join(self)}>"


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, store_home: Path) -> dict[str, Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        folder = tmp_path_factory.mktemp("runs")
        grouped_set(folder / "set")
        for name, options in RUNS.items():
            given = options | ({"test_set": str(folder / "set")} if "test_set" in options else {})
            steelyard.run("miit-2017-315#medical", calls, out=folder / name, **given)
    return {name: folder / name for name in RUNS}


@pytest.fixture(scope="session")
def bundles(runs: dict[str, Path], store_home: Path) -> Bundles:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        return Bundles({name: dict(bundle(folder, set_of(name, folder)).members) for name, folder in runs.items()})


def every_particular(today: date) -> Particulars:
    """Particulars whose every text names its own place, in both languages."""

    def part(kind: type[Any], place: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for field in fields(kind):
            below = PARTS.get(field.name) if kind is Particulars else None
            if below is not None:
                made[field.name] = part(below, field.name)
                if field.name in SEVERAL:
                    made[field.name] = [made[field.name]]
            elif field.name == "party":
                made[field.name] = "second"
            elif kind is Dates:
                made[field.name] = today.isoformat()
            elif field.type == "Line":
                made[field.name] = f"No. {place}.{field.name}"
            else:
                name = f"{place}.{field.name}".strip(".")
                made[field.name] = {"en": f"said of {name}", "zh": f"说明 {name}"}
        return made

    return ADAPTER.validate_python(part(Particulars, "") | {"identification": "EX-2026-0007"})


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory, store_home: Path) -> Path:
    """A short run of a product with faults."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        steelyard.run("miit-2017-315#medical", calls, out=folder, limit=60, seed=3, repeats=2)
    return folder


@pytest.fixture(scope="session")
def issued_members(reported: Path, store_home: Path) -> Bundles:
    """The members of its bundle, with all particulars, and with none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        told = every_particular(datetime.now(UTC).date())
        return Bundles(
            {
                "told": dict(bundle(reported, particulars=told).members),
                "untold": dict(bundle(reported).members),
            }
        )


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateKey:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "keys"))
    new_key("laboratory")
    return private_key("laboratory")


@pytest.fixture(scope="module")
def second() -> Iterator[dict[str, ModuleType]]:
    """The program and its parts, as it finds them: beside itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        yield {"program": importlib.import_module("verify_report")} | {
            name: importlib.import_module(f"verifying.{name}")
            for name in ("areas", "bundle", "methods", "records", "sequential", "verdicts")
        }


@pytest.fixture(scope="module")
def alone(second: dict[str, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The program copied by itself, without the folder beside it."""
    assert second["program"].__name__ in sys.modules, "so that the copy does not take its name"
    copied = shutil.copy(TOOLS / "verify_report.py", tmp_path_factory.mktemp("alone"))
    spec = importlib.util.spec_from_file_location("verify_report_alone", copied)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    sys.modules["verify_report_alone"] = program
    spec.loader.exec_module(program)
    return program


def checks_with(program: ModuleType) -> Check:
    """Return what returns exit code and output of a program on members, or on the bytes of a file."""

    def checked(found: Members | bytes, *keys: PrivateKey) -> tuple[int, str]:
        data = found if isinstance(found, bytes) else packed(found)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = program.verify(data, [(key.public.name, key.public._key) for key in keys])
        return code, printed.getvalue()

    return checked


@pytest.fixture(scope="module")
def check(second: dict[str, ModuleType]) -> Check:
    """The second program with its folder."""
    return checks_with(second["program"])


@pytest.fixture(scope="module")
def check_alone(alone: ModuleType) -> Check:
    """The one file by itself."""
    return checks_with(alone)
