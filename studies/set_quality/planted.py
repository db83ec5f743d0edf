"""Known faults in real sets, and what share of them the checks find."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from edits import EDITS, Edit
from numpy.typing import NDArray

from steelyard.data._pixels import Pixels
from steelyard.data.audio import Audio
from steelyard.data.text import Text
from steelyard.library import store
from steelyard.library.quality import Quality, examine
from steelyard.library.quality._check import Finding
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

SEED = 20_171_214
MOST_ROWS, MOST_PICTURES = 2000, 800
EACH = 50
"""Samples that each edit is planted into, at most one in twenty of the set."""
NEAR_SETS = (
    "sign-language-digits-500",
    "pneumoniamnist",
    "omniglot",
    "fsdd-digits-en-test300",
    "clinc150-oos-en",
    "crosswoz-zh",
    "wdbc",
    "uci-gas-drift",
)
LABEL_SETS = ("wdbc", "uci-gas-drift", "sign-language-digits-500", "banking77")
RATES = (0.02, 0.05, 0.1)

EXACT = """
## Planted: copies, contradictions and leaks

Rows of a real set (up to 2,000, of pictures 800, repeats taken out first) and so many planted: copies with a new id,
copies with another reference answer, copies of test rows in training (as they are, and lightly
edited), and single samples of a test unit moved to training. *Others* are groups of the same finding without a
planted sample: in a set that is alike by itself they may be right.
"""
NEAR = """
## Planted: nearly the same

Each edit is planted into {each} samples of the set, at most one in twenty. *Found* is the share whose pair with the
original is reported; *also with others* counts samples of this edit that are reported with another sample than their
original, which may be right where the set is alike by itself. Edits that changed
nothing are left out; edits beyond what the thresholds promise stand here too: what is not found is as telling.
"""
LABELS = """
## Planted: wrong labels

Labels are replaced by another class, drawn at random, at a rate. *Found* is the share of these among the suspects;
*of suspects planted* is the share of the suspects that were planted. The rest are not all false alarms: these sets have
wrong labels of their own. Real mistakes are less random than these and harder to find.
"""
VALUES = """
## Planted: single values

Ten of each in a set; *false alarms* are other samples of the same fault that were not there before.
"""


def sections() -> Iterator[str]:
    """Yield the sections of the page."""
    yield (
        EXACT.strip()
        + "\n\n"
        + markdown(("set", "kind", "planted", "found", "others"), (row for name in NEAR_SETS for row in exact(name)))
    )
    yield (
        NEAR.format(each=EACH).strip()
        + "\n\n"
        + markdown(
            ("set", "edit", "planted", "found", "also with others"), (row for name in NEAR_SETS for row in near(name))
        )
    )
    yield (
        LABELS.strip()
        + "\n\n"
        + markdown(
            ("set", "labels wrong", "planted", "found", "of suspects planted", "suspects without planting"),
            (row for name in LABEL_SETS for row in labels(name)),
        )
    )
    yield VALUES.strip() + "\n\n" + markdown(("set", "fault", "planted", "found", "false alarms"), values())


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; all columns but the first two are aligned right."""
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    for row in rows:
        print(" | ".join(row), file=sys.stderr, flush=True)
        lines.append(row)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(found: int, of: int) -> str:
    """Return a share; a dash where there is none."""
    return f"{100 * found / of:.0f} %" if of else "–"


def base(name: str) -> tuple[StoredSet, pa.Table, np.random.Generator]:
    """Return a set, some of its rows without repeats, and a generator."""
    stored = store.open_set(name)
    generator = np.random.Generator(np.random.Philox(SEED))
    table = pa.Table.from_batches(list(stored.batches()))
    first: dict[Any, int] = {}
    for row, value in enumerate(table["input"].to_pylist()):
        first.setdefault(tuple(value) if isinstance(value, list) else value, row)
    rows = np.sort(
        generator.permutation(np.array(list(first.values())))[
            : MOST_PICTURES if isinstance(stored.input, Pixels) else MOST_ROWS
        ]
    )
    return stored, table.take(pa.array(rows)), generator


def checked(stored: StoredSet, table: pa.Table, only: Sequence[str]) -> Quality:
    """Write rows as a set of their own and check it."""
    with tempfile.TemporaryDirectory() as folder:
        card = replace(stored.card, name="planted", answers={}, answers_digest={}, methods=())
        return examine(write_set(Path(folder, "planted"), card, table), only=only, seed=SEED)


def finding(quality: Quality, check: str, kind: str) -> Finding | None:
    """Return the finding of a kind."""
    return next((each for each in quality.outcomes[check].findings if each.kind == kind), None)


def pairs_of(found: Finding | None) -> list[set[str]]:
    """Return the ids of each group of a finding."""
    return [] if found is None else [set(group.ids) for group in found.samples]


def renamed(rows: pa.Table, mark: str, **changes: list[Any]) -> pa.Table:
    """Return rows with new ids and other changes."""
    changes = {"id": [f"{mark}:{name}" for name in rows["id"].to_pylist()]} | changes
    for column, values in changes.items():
        place = rows.column_names.index(column)
        rows = rows.set_column(place, rows.schema.field(column), pa.array(values, rows.schema.field(column).type))
    return rows


def edits_of(stored: StoredSet) -> dict[str, Edit]:
    """Return the edits for a set's data type."""
    kind = stored.input
    group = "pixels" if isinstance(kind, Pixels) else type(kind).__name__.lower()
    return dict(EDITS[group])


def edited(stored: StoredSet, rows: pa.Table, edit: Edit, generator: np.random.Generator, spread: Any) -> list[Any]:
    """Return the inputs of rows, edited and stored."""
    kind = stored.input
    assert kind is not None
    made = []
    for value in rows["input"].to_pylist():
        loaded = kind.load(value)
        after = edit((loaded, spread) if spread is not None else loaded, generator)
        made.append(kind.store(np.clip(after, -1.0, 1.0) if isinstance(kind, Audio) else after))
    return made


def spread_of(stored: StoredSet, table: pa.Table) -> NDArray[np.float64] | None:
    """Return the spread of each column of features; None for other types."""
    if type(stored.input).__name__ != "Features":
        return None
    low, high = np.percentile(np.array(table["input"].to_pylist()), [25, 75], axis=0)
    return np.asarray((high - low) / 1.349)


def long_enough(stored: StoredSet, table: pa.Table) -> NDArray[np.int64]:
    """Return rows that can be edited: texts of 20 characters or, in Chinese, 10."""
    if not isinstance(stored.input, Text):
        return np.arange(table.num_rows)
    texts = table["input"].to_pylist()
    return np.array([row for row, text in enumerate(texts) if len(text) >= (20 if text.isascii() else 10)])


def near(name: str) -> Iterator[tuple[str, ...]]:
    """Yield what is found of each edit."""
    stored, table, generator = base(name)
    edits, spread = edits_of(stored), spread_of(stored, table)
    free = generator.permutation(long_enough(stored, table))
    each = min(EACH, table.num_rows // 20, len(free) // len(edits))
    parts, planted = [table], []
    for number, edit in enumerate(edits.values()):
        rows = table.take(pa.array(free[number * each : (number + 1) * each]))
        after = edited(stored, rows, edit, generator, spread)
        changed = [before != value for before, value in zip(rows["input"].to_pylist(), after, strict=True)]
        parts.append(renamed(rows, f"{number}", input=after).filter(pa.array(changed)))
        planted.append(rows.filter(pa.array(changed))["id"].to_pylist())
    quality = checked(stored, pa.concat_tables(parts).drop_columns(split_of(table)), ["near_duplicates"])
    groups = pairs_of(finding(quality, "near_duplicates", "near_duplicate"))
    within = {sample: group for group in groups for sample in group}
    for number, what in enumerate(edits):
        met = {original: within.get(f"{number}:{original}", set()) for original in planted[number]}
        found = sum(original in group for original, group in met.items())
        others = sum(bool(group - {original, f"{number}:{original}"}) for original, group in met.items())
        yield name, what, str(len(met)), percent(found, len(met)), str(others)


def split_of(table: pa.Table) -> list[str]:
    """Return the column of splits, where there is one."""
    return ["split"] if "split" in table.column_names else []


def exact(name: str) -> Iterator[tuple[str, ...]]:
    """Yield what is found of copies, contradictions and leaks."""
    stored, table, generator = base(name)
    table = table.drop_columns(split_of(table))
    each = min(EACH, table.num_rows // 20)
    order = generator.permutation(long_enough(stored, table))
    copies = table.take(pa.array(order[:each]))
    unlike = table.take(pa.array(order[each : 2 * each]))
    wrong = other_answers(table, unlike, generator)
    quality = checked(
        stored,
        pa.concat_tables([table, renamed(copies, "copy"), renamed(unlike, "unlike", reference=wrong)]),
        ["duplicates"],
    )
    for kind, rows, mark in (("repeat", copies, "copy"), ("contradiction", unlike, "unlike")):
        ids = rows["id"].to_pylist()
        groups = pairs_of(finding(quality, "duplicates", kind))
        found = sum({each, f"{mark}:{each}"} in groups for each in ids)
        yield name, kind, str(len(ids)), percent(found, len(ids)), str(len(groups) - found)
    yield from leaks(name, stored, table, generator)


def other_answers(table: pa.Table, rows: pa.Table, generator: np.random.Generator) -> list[Any]:
    """Return for each row an answer that is not its own."""
    known = table["reference"].to_pylist()
    found = []
    for own in rows["reference"].to_pylist():
        other = own
        while other == own:
            other = known[generator.integers(len(known))]
        found.append(other)
    return found


def leaks(name: str, stored: StoredSet, table: pa.Table, generator: np.random.Generator) -> Iterator[tuple[str, ...]]:
    """Yield what is found of leaks between splits."""
    units = list(stored.card.units)
    coarse = min(units, key=lambda unit: len(set(table[unit].to_pylist()))) if units else None
    members = table["id" if coarse is None else coarse].to_pylist()
    named = sorted(set(members))
    test = set(generator.permutation(np.array(named, dtype=object))[: max(1, len(named) // 2)].tolist())
    split = ["test" if member in test else "training" for member in members]
    rows = generator.permutation(np.array([row for row in long_enough(stored, table) if split[row] == "test"]))
    each = min(EACH, table.num_rows // 20, len(rows) // 3)
    what, edit = list(edits_of(stored).items())[1]
    plain_rows, near_rows = (table.take(pa.array(rows[place * each : (place + 1) * each])) for place in (0, 1))
    near_inputs = edited(stored, near_rows, edit, generator, spread_of(stored, table))
    parts = [table, renamed(plain_rows, "leak"), renamed(near_rows, "near", input=near_inputs)]
    splits = [*split, *["training"] * (2 * each)]
    whole = pa.concat_tables(parts).append_column("split", pa.array(splits))
    quality = checked(replace_units(stored, ()), whole, ["leakage"])
    for kind, leaked, mark, said in (
        ("exact", plain_rows, "leak", "leak, as it is"),
        ("near", near_rows, "near", f"leak, {what}"),
    ):
        ids = leaked["id"].to_pylist()
        groups = pairs_of(finding(quality, "leakage", kind))
        found = sum(any({one, f"{mark}:{one}"} <= group for group in groups) for one in ids)
        alarms = [group for group in groups if not any(":" in one for one in group)]
        yield name, said, str(len(ids)), percent(found, len(ids)), str(len(alarms))
    if coarse is not None:
        yield from moved_units(name, stored, table, split, coarse, generator)


def replace_units(stored: StoredSet, units: Sequence[str]) -> StoredSet:
    """Return a set whose card names some of its units only."""
    kept = {unit: words for unit, words in stored.card.units.items() if unit in units}
    return StoredSet(replace(stored.card, units=kept), stored.folder)


def moved_units(
    name: str, stored: StoredSet, table: pa.Table, split: list[str], unit: str, generator: np.random.Generator
) -> Iterator[tuple[str, ...]]:
    """Yield what is found of units of which one sample was moved to training."""
    members = np.array(table[unit].to_pylist(), dtype=object)
    several = [each for each in sorted(set(members)) if (members == each).sum() > 1]
    several = [each for each in several if split[int(np.flatnonzero(members == each)[0])] == "test"]
    chosen = generator.permutation(np.array(several, dtype=object))[:10].tolist()
    moved = list(split)
    for each in chosen:
        moved[int(np.flatnonzero(members == each)[0])] = "training"
    table = table.append_column("split", pa.array(moved))
    quality = checked(replace_units(stored, [unit]), table, ["leakage"])
    found = {next(iter(group)) for group in pairs_of(finding(quality, "leakage", f"unit.{unit}"))}
    right = len(found & set(chosen))
    what = f"one sample of a unit ({stored.card.units[unit].en})"
    yield name, what, str(len(chosen)), percent(right, len(chosen)), str(len(found - set(chosen)))


def labels(name: str) -> Iterator[tuple[str, ...]]:
    """Yield what is found of wrong labels."""
    stored, table, generator = base(name)
    if name == "banking77":  # 20 of its 77 classes, whole
        whole = pa.Table.from_batches(list(stored.batches()))
        kept = set(sorted(set(whole["reference"].to_pylist()))[:20])
        table = whole.filter(pa.array([each in kept for each in whole["reference"].to_pylist()]))
    table = table.drop_columns(split_of(table))
    own = suspects(checked(stored, table, ["label_errors"]))
    for rate in RATES:
        rows = generator.permutation(table.num_rows)[: round(rate * table.num_rows)]
        given = table["reference"].to_pylist()
        classes = sorted(set(given))
        for row in rows.tolist():
            others = [each for each in classes if each != given[row]]
            given[row] = others[generator.integers(len(others))]
        place = table.column_names.index("reference")
        wrong = table.set_column(place, table.schema.field("reference"), pa.array(given))
        found = suspects(checked(stored, wrong, ["label_errors"]))
        planted = set(table["id"].take(pa.array(rows)).to_pylist())
        if found is None:
            yield name, f"{100 * rate:g} %", str(len(planted)), "not applicable", "–", shown(own)
            continue
        hit = len(found & planted)
        yield (
            name,
            f"{100 * rate:g} %",
            str(len(planted)),
            percent(hit, len(planted)),
            percent(hit, len(found)),
            shown(own),
        )


def suspects(quality: Quality) -> set[str] | None:
    """Return the ids of suspected labels; None where the check could not judge."""
    if quality.outcomes["label_errors"].not_applicable is not None:
        return None
    return {each for group in pairs_of(finding(quality, "label_errors", "suspected")) for each in group}


def shown(own: set[str] | None) -> str:
    """Return how many labels of the set itself are suspected."""
    return "–" if own is None else str(len(own))


def values() -> Iterator[tuple[str, ...]]:
    """Yield what is found of faults in single values."""
    import single_values

    yield from single_values.rows()
