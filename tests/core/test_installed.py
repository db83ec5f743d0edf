"""Entry points and versions are those that the standard library finds, whatever stands on the path."""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from steelyard.core.installed import entry_points, version

GROUP = "steelyard.weights"


def package(folder: Path, name: str, text: str | None, kind: str = "dist-info") -> Path:
    made = folder / f"{name}.{kind}"
    made.mkdir(parents=True)
    (made / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(
        f"Metadata-Version: 2.1\nName: {name.partition('-')[0]}\nVersion: 1\n"
    )
    if text is not None:
        (made / "entry_points.txt").write_text(text)
    return made


def both(group: str = GROUP) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    ours = sorted((entry.name, entry.value) for entry in entry_points(group))
    return ours, sorted((entry.name, entry.value) for entry in metadata.entry_points(group=group))


WRITTEN = [
    pytest.param(None, [], id="a package that declares nothing"),
    pytest.param("", [], id="nothing in it"),
    pytest.param("[console_scripts]\nx = y:z\n", [], id="another group"),
    pytest.param(f"[{GROUP}]\nlead = theirs.lead\n", [("lead", "theirs.lead")], id="one"),
    pytest.param(
        f"[console_scripts]\nx = y:z\n\n[{GROUP}]\n# it\n lead=theirs.lead \nbrass.small = theirs.brass\n[a]\nb = c\n",
        [("brass.small", "theirs.brass"), ("lead", "theirs.lead")],
        id="blanks, remarks, and other groups around it",
    ),
]


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
@pytest.mark.parametrize(("text", "expected"), WRITTEN)
def test_read_as_the_standard_library_reads_them(
    text: str | None, expected: list[tuple[str, str]], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "their_weights-1", text, kind)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert both() == (expected, expected)


def test_of_packages_of_one_name_the_first_on_the_path_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path / "later", "Their.Weights-1", f"[{GROUP}]\nlead = later\n")
    package(tmp_path / "first", "their_weights-2", f"[{GROUP}]\nlead = first\n")
    for folder in ("later", "first"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    assert both() == ([("lead", "first")], [("lead", "first")])


def test_packages_in_an_archive_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = package(tmp_path / "in", "their_weights-1", f"[{GROUP}]\nlead = theirs\n")
    with zipfile.ZipFile(tmp_path / "theirs.zip", "w") as archive:
        for file in made.iterdir():
            archive.write(file, f"{made.name}/{file.name}")
    monkeypatch.syspath_prepend(str(tmp_path / "theirs.zip"))
    assert both() == ([("lead", "theirs")], [("lead", "theirs")])


def test_who_knows_of_packages_elsewhere_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(metadata.DistributionFinder):
        def find_distributions(self, context: object = None) -> list[metadata.Distribution]:  # noqa: ARG002
            class Theirs(metadata.Distribution):
                def read_text(self, filename: str) -> str | None:
                    texts = {"METADATA": "Name: theirs\n", "entry_points.txt": f"[{GROUP}]\nlead = theirs\n"}
                    return texts.get(filename)

                def locate_file(self, path: object) -> Path:
                    return Path(str(path))

            return [Theirs()]

        def find_spec(self, *_: object) -> None:
            return None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Elsewhere()])
    assert both() == ([("lead", "theirs")], [("lead", "theirs")])


@pytest.mark.parametrize("group", ["steelyard", "steelyard.fields", "steelyard.no_such_group"])
def test_here_both_find_the_same(group: str) -> None:
    ours, theirs = both(group)
    assert ours == theirs


@pytest.mark.parametrize("package", ["steelyard", "numpy", "scikit-learn", "scikit_learn", "Scikit.Learn", "PyYAML"])
def test_versions_are_those_that_the_standard_library_tells(package: str) -> None:
    assert version(package) == metadata.version(package)


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_the_version_of_the_first_on_the_path_counts(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path / "numpy", "numpy-0", None, kind)
    monkeypatch.syspath_prepend(str(tmp_path / "numpy"))
    assert version("numpy") == metadata.version("numpy") == "1"


def test_what_is_not_installed_has_no_version() -> None:
    with pytest.raises(metadata.PackageNotFoundError):
        version("no-such-package")
