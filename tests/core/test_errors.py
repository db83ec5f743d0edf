"""The error tree is what its drawing says, and every error can travel."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator

import pytest

from steelyard.core import errors
from steelyard.core.errors import SteelyardError, UnknownName, nearest
from steelyard.core.words import Words

_LINE = re.compile(r"(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)\s+(?P<code>\d+)\b")


def tree(kind: type[SteelyardError] = SteelyardError) -> Iterator[type[SteelyardError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def drawn() -> dict[str, tuple[str | None, int]]:
    """Parent and exit code of each class, as the drawing in the module's docstring has them."""
    found: dict[str, tuple[str | None, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = _LINE.search(line)
        if match:
            depth = len(match["branch"].strip("\n")[4:]) // 4
            above = [*above[:depth], match["name"]]
            found[match["name"]] = (above[-2] if depth else None, int(match["code"]))
    return found


def test_the_drawing_is_the_tree() -> None:
    coded = {
        kind.__name__: (None if kind is SteelyardError else kind.__bases__[0].__name__, kind.exit_code)
        for kind in tree()
        if kind.__module__ == errors.__name__
    }
    assert drawn() == coded


def test_no_error_leaves_with_the_code_of_a_verdict_but_bad_evidence() -> None:
    assert {kind.exit_code for kind in tree()} <= {1, 2, 12, 130}
    assert all(issubclass(kind, errors.EvidenceError) for kind in tree() if kind.exit_code == 12)


@pytest.mark.parametrize("kind", list(tree()), ids=lambda kind: kind.__name__)
def test_errors_come_back_from_another_process(kind: type[SteelyardError]) -> None:
    what = Words("what", "何事")
    error = UnknownName(what, "nam", ["name"]) if kind is UnknownName else kind(what, Words("do", "请"))
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == str(error)
    assert back.exit_code == kind.exit_code


def test_an_error_says_what_and_what_to_do_in_the_user_s_language(monkeypatch: pytest.MonkeyPatch) -> None:
    error = SteelyardError(Words("no.", "否。"), Words("Do.", "请。"))
    assert str(error) == "no.\nDo."
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    assert str(error) == "否。\n请。"


def test_an_unknown_name_offers_the_nearest_and_lists_all() -> None:
    kind = Words("method", "检测方法")
    near = UnknownName(kind, "speech.recogniton", ["speech.recognition", "medical.diagnosis"])
    assert near.near == "speech.recognition"
    assert str(near).splitlines() == [
        "There is no method called 'speech.recogniton'.",
        "Did you mean speech.recognition? There is: medical.diagnosis, speech.recognition.",
    ]
    assert str(UnknownName(kind, "zzz", ["a"])).endswith("There is: a.")
    assert str(UnknownName(kind, "zzz", [])).endswith("There is: —.")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("wdbcc", ["wdbc", "aishell"], "wdbc"),
        ("recall", ["detection_rate"], None),  # nothing like it: a wrong guess helps nobody
        ("", ["a"], None),
        ("a", [], None),
    ],
)
def test_nearest(name: str, known: list[str], expected: str | None) -> None:
    assert nearest(name, known) == expected
