"""Whether the table is what the card says, and each value one that can be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue, SetError
from steelyard.core.words import Words
from steelyard.data._pixels import Pixels
from steelyard.data.audio import Audio
from steelyard.library.quality._check import Check, Finding, Outcome, Severity
from steelyard.library.quality._examination import Examination, digests_of, first_alike
from steelyard.library.quality._faults import Tally
from steelyard.library.quality._probes import picture_faults, sound_faults, text_faults

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

HOW = Words(
    "every value of every column: that it is there, of its type, finite, readable, known to the set's methods, and, "
    "for text, pictures and sound, free of the faults that go unseen",
    "逐列逐值：是否存在、类型正确、有限、可读、为检测方法所认可；文本、图像与声音另查不易察觉的缺陷",
)


def find(examination: Examination) -> Outcome:
    """Return what is wrong with columns and values."""
    stored, tally = examination.stored, Tally()
    found = [*_against_card(examination)]
    columns = examination.columns()
    promised = ["id", *([] if examination.kind is None else ["input"]), "reference"]
    promised += [*stored.card.groups, *stored.card.units]
    for name in columns:
        start = 0
        for column in examination.column(name):
            _look(tally, name, start, column, promised=name in promised or name == "split")
            if name == "input" and examination.kind is not None:
                _look_at_inputs(tally, start, column, examination.kind)
            if name == "reference":
                _look_at_answers(tally, start, column, stored.card.methods)
            start += len(column)
    if "id" in columns:
        _repeated_ids(tally, examination)
    return Outcome((*found, *tally.findings(examination)), examined=examination.rows, how=HOW)


def _against_card(examination: Examination) -> Iterator[Finding]:
    """Yield that the set is not what its card says."""
    try:
        examination.stored.check()
    except SetError as error:
        remedy = error.remedy or Words("Restore the card or the samples.", "请恢复卡片或样本。")
        yield Finding("card", Severity.SERIOUS, error.what, remedy, examination.rows)


def _look(tally: Tally, name: str, start: int, column: pa.Array, *, promised: bool) -> None:
    """Look for what can be wrong with values of any kind."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if promised and column.null_count:
        tally.add(name, "missing", start + np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)))
    if pa.types.is_string(column.type):
        for fault, rows in text_faults(column):
            tally.add(name, fault, start + rows)
        return
    values, rows = column, np.arange(len(column))
    while pa.types.is_list(values.type):
        rows = rows[pc.list_parent_indices(values).to_numpy(zero_copy_only=False)]
        values = pc.list_flatten(values)
    if pa.types.is_floating(values.type):
        wrong = ~np.isfinite(values.fill_null(0.0).to_numpy(zero_copy_only=False))
        tally.add(name, "not_finite" if promised else "not_finite_beside", start + np.unique(rows[wrong]))
    elif pa.types.is_string(values.type):
        for fault, places in text_faults(values):
            if fault not in ("empty", "decomposed"):
                tally.add(name, fault, start + np.unique(rows[places]))


def _look_at_inputs(tally: Tally, start: int, column: pa.Array, kind: DataType[Any]) -> None:
    """Look for inputs that cannot be read, and for pictures and sounds that have faults of their own."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return  # all of it was looked at as text
    for place, stored in enumerate(column.to_pylist()):
        if stored is None:
            continue
        try:
            value = kind.load(stored)
            if isinstance(kind, Audio):
                faults = sorted({fault for channel in _channels(value) for fault in sound_faults(channel)})
            elif isinstance(kind, Pixels):
                faults = list(picture_faults(stored, value))
            else:
                faults = []
                kind.decode(kind.encode(value))
        except (MalformedValue, TypeError, ValueError) as error:
            said = error.what if isinstance(error, MalformedValue) else Words(str(error), str(error))
            tally.add("input", "unreadable", [start + place], said)
            continue
        for fault in faults:
            tally.add("input", fault, [start + place])


def _channels(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the channels of a sound, each by itself."""
    return [sound] if sound.ndim == 1 else list(sound.T)


def _look_at_answers(tally: Tally, start: int, column: pa.Array, methods: tuple[str, ...]) -> None:
    """Look for reference answers that a method of the set does not know."""
    from steelyard import fields

    for name in methods:
        expected = fields.find(name).expected
        for place, answer in enumerate(column.to_pylist()):
            if answer is None:
                continue
            try:
                expected.decode(expected.encode(answer))
            except (MalformedValue, TypeError, ValueError) as error:
                said = error.what if isinstance(error, MalformedValue) else Words(str(error), str(error))
                tally.add("reference", "out_of_range", [start + place], said)


def _repeated_ids(tally: Tally, examination: Examination) -> None:
    import numpy as np

    first = first_alike(np.concatenate([digests_of(column) for column in examination.column("id")]))
    tally.add("id", "repeated_id", np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1))


CHECK = Check(
    "schema",
    Words("Is the table what the card says, and every value usable?", "表与卡片是否一致，取值是否可用？"),
    find,
)
