"""Recorded answers: ``outputs:SET[#NAME]`` of a set in the library, or ``outputs:FILE``.

A file holds a line ``{"id": …, "output": …}`` for each sample, or what recognisers write: CSV, trn, ctm, stm, Kaldi's
text, icefall's recogs (``_answers/``, one file, one format). Nobody watched the product answer: assurance C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from steelyard.core.canonical import JSON, digest, sha256
from steelyard.core.data_type import DataType
from steelyard.core.errors import AnswersError, CallError, ProductError
from steelyard.core.product import OPEN, Ask, Identity, Isolation, Limits, Product, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.products._answers import ENDINGS, read

ABOUT = Words(
    "Recorded answers, of a set in the library or of a file with a line "
    '{"id": "…", "output": …} for each sample (or CSV, trn, ctm, stm, Kaldi text): assurance C.',
    '答案记录：取自库中的数据集，或每个样本一行 {"id": "…", "output": …} 的文件'
    "（或 CSV、trn、ctm、stm、Kaldi text）：保证等级 C。",
)
EXAMPLE = "outputs:answers.jsonl"
CASES = {"lower": str.lower, "upper": str.upper}
"""How ids may be changed, where a file writes them otherwise than the set does: ``outputs:csrnab.hyp#lower``."""


def open_product(address: str) -> Product:
    """Return recorded answers as a product."""
    name, mark, change = address.rpartition("#")
    if mark and change in CASES and (name.lower().endswith(ENDINGS) or "/" in name or _is_another_file(name)):
        return _of_file(Path(name), change)
    named = address.lower().endswith(ENDINGS) or "/" in address
    return _of_file(Path(address)) if named or _is_another_file(address) else _of_set(address)


def _is_another_file(address: str) -> bool:
    """Tell whether a file without an ending of its format is meant: Kaldi's ``text``."""
    if address.partition("#")[0] in store.names():
        return False
    try:
        return Path(address).is_file()
    except (OSError, ValueError):
        return False


def _of_file(path: Path, change: str = "") -> Product:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProductError(
            Words(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}"),
            Words(f"Write {EXAMPLE}", f"请写作 {EXAMPLE}"),
        ) from None
    found = read(path, data)
    answers = found.answers
    if not change:
        return _product(f"outputs:{path}", sha256(data), answers, None, found.also)
    changed: dict[str, JSON] = {}
    for name, output in answers.items():
        if (new := CASES[change](name)) in changed:
            raise _twice(f"{path}#{change}", new)
        changed[new] = output
    also = {CASES[change](other): CASES[change](name) for other, name in found.also.items()}
    also = {other: name for other, name in also.items() if other not in changed}
    return _product(f"outputs:{path}#{change}", digest([sha256(data), change]), changed, None, also)


def _of_set(address: str) -> Product:
    name, _, recorded = address.partition("#")
    opened = store.open_set(name, sealed=True)
    known = list(opened.card.answers)
    if not known:
        raise ProductError(
            Words(f"the set {name} comes with no recorded answers.", f"数据集 {name} 不含答案记录。"),
            Words(f"Give a file: {EXAMPLE}", f"请给出文件：{EXAMPLE}"),
        )
    if not recorded and len(known) > 1:
        raise CallError(
            Words(f"the set {name} holds answers of several products.", f"数据集 {name} 含多个产品的答案。"),
            Words(f"Name one: {', '.join(f'outputs:{name}#{each}' for each in known)}", f"请指明其一：{known}"),
        )
    table = opened.answers(recorded or known[0])
    answers: dict[str, JSON] = dict(zip(table["id"].to_pylist(), table["output"].to_pylist(), strict=True))
    if len(answers) != table.num_rows:
        raise _twice(address, "?")
    return _product(f"outputs:{address}", digest(answers), answers, name, {})


def _twice(where: str, name: str) -> AnswersError:
    return AnswersError(
        Words(f"{where}: {name!r} is answered twice.", f"{where}：{name!r} 有两个答案。"),
        Words("Keep the answer that the product gave, and remove the other.", "请保留产品给出的答案，删去另一个。"),
    )


def _product(
    uri: str, answers_digest: str, answers: Mapping[str, JSON], test_set: str | None, also: Mapping[str, str]
) -> Product:
    def start(
        seen: DataType[Any] | None,  # noqa: ARG001
        said: DataType[Any],  # noqa: ARG001
        limits: Limits,  # noqa: ARG001
        isolation: Isolation = OPEN,  # noqa: ARG001
        /,
    ) -> RecordedSession:
        return RecordedSession({other: answers[name] for other, name in also.items()} | dict(answers))

    return Product(
        identity=Identity(
            uri=uri,
            kind="digest",
            digest=answers_digest,
            covers=Words("the recorded answers; not the product that gave them", "答案记录；不含给出答案的产品"),
        ),
        assurance="C",
        start=start,
        test_set=test_set,
        answered=frozenset(answers),
        also_answered=also,
        needs_open=Words("nothing runs: the answers were recorded", "所用为答案记录，不运行任何产品"),
    )


class RecordedSession:
    """Looks answers up."""

    def __init__(self, answers: Mapping[str, JSON]) -> None:
        self._answers = answers

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Yield what was recorded; a sample without an answer is one that was not answered."""
        for index, ask in enumerate(asks):
            if not go_on():
                return
            if ask.sample in self._answers:
                yield index, Reply(self._answers[ask.sample], 0.0)
            else:
                yield index, Reply(None, 0.0, Fault.MISSING)

    def notes(self) -> tuple[Words, ...]:
        """Nothing else is seen of a product that does not run."""
        return ()

    def close(self) -> None:
        """Nothing runs."""
