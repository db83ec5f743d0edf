"""Recalls: what reports rested on was found to be bad, and every report that used it is marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.registry.kinds import USED, WHAT, run_of


@dataclass(frozen=True)
class Recall:
    """What is recalled."""

    what: str
    """``test_set``, ``method`` or ``steelyard``."""
    name: str
    """``NAME@VERSION`` of a set, a method's name, a version of Steelyard."""
    version: str | None = None
    """Of a method; None: all."""

    @property
    def label(self) -> str:
        """How it is named."""
        return self.name if self.version is None else f"{self.name}/{self.version}"

    @property
    def words(self) -> Words:
        """How it is named to readers."""
        return Words(f"{WHAT[self.what].en} {self.label}", f"{WHAT[self.what].zh} {self.label}")

    def said(self) -> dict[str, str]:
        """Return what its entry says of it."""
        version = {} if self.version is None else {"version": self.version}
        return {"recalls": self.what, "name": self.name, **version}

    def hits(self, used: Mapping[str, Any]) -> bool:
        """Whether a run used it."""
        version = self.version in (None, used.get("method_version"))
        return used.get(self.what) == self.name and version


def recall_of(test_set: str | None, method: str | None, steelyard: str | None) -> Recall:
    """Return what the options of a command name.

    Raises
    ------
    CallError
        Unless just one of them is given, or a set is named without its version, or a name or version is empty.
    """
    given = [each for each in (test_set, method, steelyard) if each is not None]
    if len(given) != 1:
        raise CallError(
            Words("one thing is recalled at a time.", "每次召回一项。"),
            Words(
                "Give one of --set NAME@VERSION, --method NAME[/VERSION], --steelyard VERSION.",
                "请给出其一：--set 名称@版本、--method 名称[/版本]、--steelyard 版本。",
            ),
        )
    if test_set is not None:
        if not all(test_set.partition("@")):
            raise CallError(
                Words(f"{test_set}: which version of the set?", f"{test_set}：哪一版本的数据集？"),
                Words("Give --set NAME@VERSION.", "请给出 --set 名称@版本。"),
            )
        return Recall("test_set", test_set)
    if method is not None:
        name, slash, version = method.partition("/")
        if not name or (slash and not version):  # all versions must not be recalled by a slip
            raise CallError(
                Words(f"{method!r}: which version of the method?", f"{method!r}：哪一版本的检测方法？"),
                Words(
                    "Give --method NAME/VERSION, or --method NAME for all versions.",
                    "请给出 --method 名称/版本；召回全部版本则用 --method 名称。",
                ),
            )
        return Recall("method", name, version or None)
    if not steelyard:
        raise CallError(
            Words("which version of Steelyard?", "Steelyard 的哪一版本？"),
            Words("Give --steelyard VERSION.", "请给出 --steelyard 版本。"),
        )
    return Recall("steelyard", steelyard)


def recalled_by(entry: Mapping[str, Any]) -> Recall:
    """Return what an entry recalls."""
    return Recall(str(entry["recalls"]), str(entry["name"]), entry.get("version"))


def used_by(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield every report of a log with what it used, as it says itself, or else as its run or its plan does.

    Of reports of earlier logs that say nothing, nothing is known.
    """
    runs, plans = dict[Any, Mapping[str, Any]](), dict[Any, Mapping[str, Any]]()
    for entry in entries:
        if "test_set" in entry:
            runs[run_of(entry)] = plans[entry["plan"]] = entry
    for entry in entries:
        if entry["kind"] == "report":
            source = entry if "test_set" in entry else runs.get(run_of(entry), {})
            said = {name: source[name] for name in USED if name in source}
            if not said and entry["plan"] in plans:  # the same plan, so the same set and method; not the same Steelyard
                known = plans[entry["plan"]]
                said = {name: known[name] for name in USED if name in known and name != "steelyard"}
            yield entry, said


@dataclass(frozen=True)
class Affected:
    """Reports that a recall reaches."""

    reports: tuple[Mapping[str, Any], ...]
    unknown: tuple[Mapping[str, Any], ...]
    """Reports of which the log does not say whether they used it."""


def affected(recall: Recall, entries: Sequence[Mapping[str, Any]]) -> Affected:
    """Return the reports of a log that used what is recalled.

    Raises
    ------
    UnknownName
        Where no entry names it, and all say what they used.
    """
    reports, unknown, known = list[Mapping[str, Any]](), list[Mapping[str, Any]](), set[str]()
    for entry, used in used_by(entries):
        if recall.what not in used:
            unknown.append(entry)
        elif recall.hits(used):
            reports.append(entry)
    for entry in entries:
        if recall.what in entry:
            version = f"/{entry['method_version']}" if recall.version and "method_version" in entry else ""
            known.add(str(entry[recall.what]) + version)
    if not unknown and recall.label not in known:
        raise UnknownName(WHAT[recall.what], recall.label, known)
    return Affected(tuple(reports), tuple(unknown))


def recalls_of(entries: Sequence[Mapping[str, Any]], bundle: str) -> tuple[Mapping[str, Any], ...]:
    """Return the recalls that reach a report."""
    used = next((said for entry, said in used_by(entries) if entry["bundle"] == bundle), {})
    return tuple(each for each in entries if each["kind"] == "recall" and recalled_by(each).hits(used))
