"""What every plug-in must keep: each is found, none is listed."""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING
from dataclasses import fields as parameters_of
from functools import cache
from html import unescape
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard import fields, products
from steelyard.core.canonical import digest, plain
from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue, SteelyardError, UnknownName
from steelyard.core.method import Direction, Indicator, Method
from steelyard.core.plugins import plugins
from steelyard.core.sample import Fault, Records, Rows, Sample, Samples, Timing
from steelyard.core.specification import Kind, Specification
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.data.text import Text
from steelyard.library import recipe, store
from steelyard.specs import reader
from steelyard.stats.estimate import estimate

SCRIPT = "<script>alert(1)</script>"


def assert_bilingual(words: Words, what: str) -> None:
    # English may quote the Chinese words that it reads.
    assert re.search(r"[A-Za-z]{2}", words.en), f"{what} lacks English: {words.en!r}"
    assert re.search(r"[\u4e00-\u9fff]", words.zh), f"{what} lacks Chinese: {words.zh!r}"


# --- Methods -------------------------------------------------------------------------------------------------------

METHODS = fields.names()
GRANTED = 2.0
"""Seconds within which an answer must come; some take longer."""


@cache
def references_of(name: str) -> tuple[Any, ...]:
    """Reference answers of the method's examples, and of sets that need no files."""
    found = [example.reference for example in fields.find(name).examples]
    for each in store.names():
        if name in store.card(each).methods and not recipe.read(each).files:
            batch = next(store.open_set(each).batches(["reference"], 100))
            found += batch.column(0).to_pylist()
    return tuple(found)


def references(method: Method) -> st.SearchStrategy[list[Any]]:
    one = st.sampled_from(references_of(method.name)) | method.expected.strategy()
    if isinstance(method.expected, Text):  # any text can be a reference, even one that says nothing
        one |= st.sampled_from(["", "，。！？", " ", "…—", "a\u0301"])
    return st.lists(one, min_size=1, max_size=8)


def outputs(method: Method) -> st.SearchStrategy[Any]:
    one = method.output.strategy()
    if isinstance(method.output, Text):  # a product that cannot stop
        one |= st.builds(
            lambda text, times: text * times, st.text("杆秤ab，", min_size=1, max_size=8), st.integers(1, 400)
        )
    return one


def samples_of(answers: Sequence[Any]) -> list[Sample]:
    return [Sample(str(place), None, answer, {}, {}) for place, answer in enumerate(answers)]


def columns(
    wanted: Sequence[Any],
    said: Sequence[Any],
    start: int = 0,
    clusters: int | None = None,
    took: Sequence[float | None] | None = None,
) -> tuple[Samples, Records]:
    """Return samples and records in columns; answers took no time unless said, None: there was none in time."""
    positions = np.arange(start, start + len(wanted))
    units = positions if clusters is None else positions % clusters
    timing = Timing(durations=1.0 + positions % 3, granted=GRANTED)
    seconds = [0.0] * len(said) if took is None else took
    faults = [None if each is not None else Fault.TIMEOUT for each in seconds]
    return (
        Samples(list(wanted), positions, units[:, None], timing),
        Records(list(said), np.array([each or 0.0 for each in seconds]), faults),
    )


def value_of(
    indicator: Indicator, wanted: Sequence[Any], said: Sequence[Any], took: Sequence[float | None] | None = None
) -> float | None:
    return estimate_of(indicator, *columns(wanted, said, took=took)).value


def estimate_of(indicator: Indicator, samples: Samples, records: Records) -> Estimate:
    return estimate(indicator, [indicator.rows(samples, records)], len(samples.references), 0.95)


def alike(one: Any, other: Any) -> bool:
    """Tell whether two estimates are the same but for the last bits: sums of fractions hang on their order."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def better(indicator: Indicator, new: float | None, old: float | None) -> bool:
    if new is None or old is None:
        return False
    gain = new - old if indicator.direction is Direction.HIGHER else old - new
    return gain > 1e-12


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    return bool(one == other) and type(one) is type(other)


@pytest.mark.parametrize("name", METHODS)
def test_method_says_what_it_asks_and_counts(name: str) -> None:
    method = fields.find(name)
    assert method.name == name
    assert method.version
    assert_bilingual(method.question, f"question of {name}")
    assert method.question.en.endswith("?")
    assert len(method.examples) >= 3
    assert len({indicator.name for indicator in method.indicators}) == len(method.indicators) > 0
    for indicator in method.indicators:
        for part in ("title", "event", "events", "opportunities"):
            assert_bilingual(getattr(indicator, part), f"{part} of {indicator.name}")
        assert indicator.range[0] < indicator.range[1]


@pytest.mark.parametrize("name", METHODS)
def test_method_s_examples_come_out_as_they_say(name: str) -> None:
    method = fields.find(name)
    stated = set()
    for example in method.examples:
        assert_bilingual(example.says, f"an example of {name}")
        wire = json.loads(json.dumps(method.input.encode(example.input)))
        assert same(method.input.decode(wire), example.input)
        wire = json.loads(json.dumps(method.output.encode(example.output)))
        assert same(method.output.decode(wire), example.output)
        assert method.difference(example.reference, example.output), "a page shows them side by side"
        wire = json.loads(json.dumps(method.expected.encode(example.reference)))
        assert same(method.expected.decode(wire), example.reference)
        for indicator, value in example.values:
            found = value_of(method.indicator(indicator), [example.reference], [example.output])
            assert found == value, f"{example.says.en}: {indicator} is {found}, not {value}"
            stated.add(indicator)
    assert stated, "no example states what an indicator comes to"


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
def test_controls_come_out_as_they_must(name: str, data: st.DataObject) -> None:
    """The oracle is at the best end of the range; a constant and two random products are nowhere better."""
    method = fields.find(name)
    wanted = data.draw(references(method))
    best = [method.oracle(sample) for sample in samples_of(wanted)]
    controls = {
        "constant": [data.draw(outputs(method))] * len(wanted),
        "random": data.draw(st.lists(outputs(method), min_size=len(wanted), max_size=len(wanted))),
        "shuffled oracle": data.draw(st.permutations(best)),
    }
    for indicator in method.indicators:
        top = value_of(indicator, wanted, best)
        low, high = indicator.range
        assert top in (None, high if indicator.direction is Direction.HIGHER else low), indicator.name
        for control, said in controls.items():
            assert not better(indicator, value_of(indicator, wanted, said), top), f"{control}: {indicator.name}"


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
def test_values_stay_within_their_range(name: str, data: st.DataObject) -> None:
    method = fields.find(name)
    wanted = data.draw(references(method))
    said = data.draw(st.lists(outputs(method), min_size=len(wanted), max_size=len(wanted)))
    for indicator in method.indicators:
        value = value_of(indicator, wanted, said)
        assert value is None or indicator.range[0] <= value <= indicator.range[1], indicator.name


@pytest.mark.parametrize("name", [name for name in METHODS if fields.find(name).no_answer])
@settings(max_examples=200)
@given(data=st.data())
def test_not_answering_never_pays(name: str, data: st.DataObject) -> None:
    method = fields.find(name)
    assert method.no_answer is not None
    wanted = data.draw(references(method))
    said = data.draw(st.lists(outputs(method), min_size=len(wanted), max_size=len(wanted)))
    silent = data.draw(st.integers(0, len(wanted) - 1))
    took: list[float | None] = data.draw(st.lists(st.floats(0.0, 3.0), min_size=len(wanted), max_size=len(wanted)))
    left, took_left = list(said), list(took)
    left[silent], took_left[silent] = method.no_answer(samples_of(wanted)[silent]), None
    for indicator in method.indicators:
        old, new = value_of(indicator, wanted, said, took), value_of(indicator, wanted, left, took_left)
        assert not better(indicator, new, old), f"{indicator.name}: {old} became {new}"
        # A value that is gone is a requirement that nobody can fail.
        assert old is None or new is not None, indicator.name


def assert_rows_can_be(indicator: Indicator, rows: Rows, samples: int) -> None:
    """Assert that rows are as the indicator says: bundles are held to it."""
    if indicator.one_each:
        assert np.array_equal(rows.samples, np.arange(samples)), indicator.name
    assert len(indicator.spans) == len(indicator.columns), f"{indicator.name} says what each of its columns can hold"
    for name, span, column in zip(indicator.columns, indicator.spans, rows.values.T, strict=True):
        assert np.all((column >= span.low) & (column <= span.high)), name
        assert not span.whole or np.array_equal(column, np.round(column)), name


def concatenated(parts: Sequence[Rows]) -> Iterator[tuple[str, NDArray[Any]]]:
    for part in ("values", "samples", "units"):
        yield part, np.concatenate([getattr(rows, part) for rows in parts])


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
def test_rows_do_not_depend_on_how_samples_are_batched(name: str, data: st.DataObject) -> None:
    method = fields.find(name)
    wanted = data.draw(references(method))
    said = data.draw(st.lists(outputs(method), min_size=len(wanted), max_size=len(wanted)))
    cut = data.draw(st.integers(0, len(wanted)))
    for indicator in method.indicators:
        whole = indicator.rows(*columns(wanted, said))
        assert whole.values.shape[1] == len(indicator.columns)
        assert_rows_can_be(indicator, whole, len(wanted))
        parts = [
            indicator.rows(*columns(wanted[:cut], said[:cut])),
            indicator.rows(*columns(wanted[cut:], said[cut:], cut)),
        ]
        for part, joined in concatenated(parts):
            assert np.array_equal(getattr(whole, part), joined), f"{indicator.name}: {part}"


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data(), clusters=st.sampled_from([None, 3]))
def test_estimates_do_not_depend_on_the_order_of_samples(name: str, data: st.DataObject, clusters: int | None) -> None:
    method = fields.find(name)
    wanted = data.draw(references(method))
    said = data.draw(st.lists(outputs(method), min_size=len(wanted), max_size=len(wanted)))
    order = data.draw(st.permutations(range(len(wanted))))
    took = data.draw(st.lists(st.floats(0.0, 3.0), min_size=len(wanted), max_size=len(wanted)))
    samples, records = columns(wanted, said, clusters=clusters, took=took)
    assert samples.timing is not None
    timing = Timing(samples.timing.durations[order], GRANTED)
    samples_after = Samples([wanted[place] for place in order], samples.positions[order], samples.units[order], timing)
    records_after = Records([said[place] for place in order], records.seconds[order], records.faults)
    for indicator in method.indicators:
        before, after = estimate_of(indicator, samples, records), estimate_of(indicator, samples_after, records_after)
        assert alike(plain(before), plain(after)), (before, after)


# --- Data types ----------------------------------------------------------------------------------------------------

# Parameters of the types that need some, and of a second instance where a parameter changes what is admitted.
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "features": [{}, {"size": 3}],
    "image": [{}, {"channels": 1}],
    "label": [{"classes": (SCRIPT, "阳性", "b & c")}],
    "score": [{}, {"low": -3.5, "high": 1e9}],
    "segments": [{}, {"speakers": True}, {"seconds": 2.0}],
    "slots": [{}, {"spans": False}],
}
TYPES = [
    declared({"type": name} | parameters)
    for name in plugins("steelyard.data")
    for parameters in PARAMETERS.get(name, [{}])
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([math.nan, math.inf, -math.inf, 10**400, -(10**400), "\ud800", SCRIPT])
)
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)


@st.composite
def nearly(draw: st.DrawFn, wire: Any) -> Any:
    """Return a wire form with one thing wrong: what a vendor sends who almost has it."""
    if isinstance(wire, dict) and wire:
        key = draw(st.sampled_from(sorted(wire)))
        return draw(
            nearly(wire[key]).map(lambda item: wire | {key: item})
            | st.just(wire | {"more": 1})
            | st.just({name: item for name, item in wire.items() if name != key})
        )
    if isinstance(wire, list) and wire:
        place = draw(st.integers(0, len(wire) - 1))
        return draw(
            (SCALARS | ANY_JSON).map(lambda item: [*wire[:place], item, *wire[place + 1 :]])
            | st.just(wire[:place] + wire[place + 1 :])
            | st.just([*wire, *wire])
        )
    if isinstance(wire, str) and wire:
        place = draw(st.integers(0, len(wire) - 1))
        return draw(
            st.text(max_size=1).map(lambda text: wire[:place] + text + wire[place + 1 :]) | st.just(wire[:place])
        )
    return draw(ANY_JSON)


def wires(kind: DataType[Any]) -> st.SearchStrategy[Any]:
    return ANY_JSON | kind.strategy().map(kind.encode).flatmap(nearly)


def each_type() -> Any:
    return pytest.mark.parametrize("kind", TYPES, ids=repr)


@pytest.mark.parametrize("name", plugins("steelyard.data"))
def test_data_type_bears_the_name_of_its_file(name: str) -> None:
    module = import_module(plugins("steelyard.data")[name])
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    assert [kind.__name__.lower() for kind in kinds if issubclass(kind, DataType)] == [name]
    needed = [field.name for field in parameters_of(kinds[0]) if field.default is MISSING]
    assert not needed or name in PARAMETERS, f"say in PARAMETERS what {needed} may be"


@each_type()
def test_data_type_s_schema_is_one(kind: DataType[Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(kind.schema())


@each_type()
def test_data_type_is_declared_and_read_back(kind: DataType[Any]) -> None:
    assert declared(json.loads(json.dumps(kind.declaration()))) == kind
    assert kind.admits(kind)


@each_type()
@given(data=st.data())
def test_values_come_back_from_the_wire_and_from_storage(kind: DataType[Any], data: st.DataObject) -> None:
    value = data.draw(kind.strategy())
    wire = json.loads(json.dumps(kind.encode(value)))
    jsonschema.Draft202012Validator(kind.schema()).validate(wire)
    assert same(kind.decode(wire), value)
    stored = pa.array([kind.store(value)], kind.arrow()).to_pylist()[0]
    assert same(kind.load(stored), value)


@each_type()
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_wire_form_is_a_value_or_malformed_and_nothing_else(kind: DataType[Any], data: st.DataObject) -> None:
    wire = data.draw(wires(kind))
    try:
        value = kind.decode(wire)
    except MalformedValue as error:
        assert_says_what_to_mend(error)
        return
    jsonschema.Draft202012Validator(kind.schema()).validate(json.loads(json.dumps(kind.encode(value), allow_nan=False)))


def assert_says_what_to_mend(error: MalformedValue) -> None:
    assert error.what.en
    assert re.search(r"[\u4e00-\u9fff]", error.what.zh)
    assert len(error.what.en) < 2000, "an error that repeats what the product sent can be as long as it likes"


@each_type()
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_taken_from_the_wire_its_schema_admits(kind: DataType[Any], data: st.DataObject) -> None:
    """A vendor who checks against the schema, and one who tries it out, learn the same."""
    wire = data.draw(wires(kind))
    try:
        kind.decode(wire)
    except Exception:
        return
    jsonschema.Draft202012Validator(kind.schema()).validate(wire)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(name for name, _ in attrs)]


@each_type()
@given(data=st.data())
def test_pages_show_values_and_run_nothing(kind: DataType[Any], data: st.DataObject) -> None:
    value = data.draw(kind.strategy())
    values = [value, SCRIPT, '" onload="alert(1)'] if isinstance(value, str) else [value]
    for each in values:
        shown = kind.html(each)
        tags = Tags()
        tags.feed(shown)
        assert not {"script", "onload", "onerror"} & set(tags.seen)
        if isinstance(each, str):
            assert tags.seen == []
            assert unescape(shown) == each


# --- Specifications ------------------------------------------------------------------------------------------------


@pytest.fixture(params=reader.names())
def specification(request: pytest.FixtureRequest) -> Specification:
    return reader.read(request.param)


def test_specification_says_what_it_rests_on_in_both_languages(specification: Specification) -> None:
    assert specification.document
    assert specification.source
    assert_bilingual(specification.title, "title")
    for clause in specification.clauses:
        assert clause.words.strip(), f"{clause.name} lacks the original words"
        assert clause.where.strip(), f"{clause.name} does not say where it stands"
        assert_bilingual(clause.meaning, f"meaning of {clause.name}")
        for silent in clause.silent_on:
            assert_bilingual(silent, f"silent_on of {clause.name}")
        for reading in clause.readings:
            assert_bilingual(reading.because, f"because of {clause.name}/{reading.name}")
            assert reading.because.en != reading.because.zh
            if reading.claim:
                assert_bilingual(reading.claim, f"claim of {clause.name}/{reading.name}")


def test_specification_requires_what_its_methods_measure(specification: Specification) -> None:
    for clause in specification.clauses:
        for reading in clause.readings:
            if reading.method in METHODS:
                method = fields.find(reading.method, reading.options)
                for requirement in reading.requirements:
                    assert method.indicator(requirement.indicator).unit == requirement.limit.unit
            if reading.method is None:
                assert {requirement.kind for requirement in reading.requirements} <= {Kind.STATISTIC}


def test_specification_has_one_digest_whenever_it_is_read(specification: Specification) -> None:
    first = digest(specification)
    again = reader.read(specification.path.removesuffix(".yaml"))
    assert digest(again) == first == digest(json.loads(json.dumps(plain(again))))


# --- Products ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", products.schemes())
def test_scheme_says_what_it_is_and_shows_how(name: str) -> None:
    scheme = products.scheme(name)
    assert_bilingual(scheme.ABOUT, f"ABOUT of {name}")
    assert scheme.EXAMPLE.startswith(f"{name}:")
    assert list(inspect.signature(scheme.open_product).parameters) == ["address"]


NOWHERE = [
    "nothing-bears-this-name",
    "./no/such/file.py:model",
    "./no/such/answers.jsonl",
    "no.such.module:model",
    "'an open quotation mark",
    " ",
    ":",
    "#",
    "a\0b",
    "x" * 5000,  # longer than a file's name can be
]


@pytest.mark.parametrize("address", NOWHERE, ids=lambda address: repr(address[:25]))
@pytest.mark.parametrize("name", products.schemes())
def test_scheme_refuses_an_address_that_leads_nowhere(name: str, address: str) -> None:
    with pytest.raises(SteelyardError) as caught:
        products.open_product(f"{name}:{address}")
    assert caught.value.exit_code == 2
    assert caught.value.remedy is not None or getattr(caught.value, "near", None), "it does not say what to do"


@pytest.mark.parametrize("name", plugins("steelyard.references"))
def test_reference_product_is_a_product_like_any_other(name: str) -> None:
    made = import_module(plugins("steelyard.references")[name]).Product
    assert inspect.getdoc(made)
    assert list(inspect.signature(made).parameters) == [], "it is made without being told anything"
    assert len(inspect.signature(made.__call__).parameters) == 2
    identity = products.open_product(f"reference:{name}").identity
    assert identity.kind == "digest"
    with pytest.raises(UnknownName) as caught:
        products.open_product(f"reference:{name}x")
    assert caught.value.near == name


# --- Test sets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", store.names())
def test_set_s_card_is_complete(name: str) -> None:
    card = store.card(name)
    assert card.name == name
    for words in (card.title, card.reference, card.scope, card.split_rule):
        if words is not None:
            assert_bilingual(words, f"card of {name}")
    for part in (card.groups, card.units, card.values, card.answers):
        for key, words in part.items():
            assert_bilingual(words, f"{key} of {name}")
    assert card.scope is not None, "it does not say what a verdict may speak of"
    assert card.version
    assert card.licence
    assert card.source.startswith("https://")
    assert card.citation
    assert set(card.answers_digest) == set(card.answers)
    for pinned in (card.digest, *card.answers_digest.values()):
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", pinned)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in recipe.read(name).files.values())
    assert "test" in card.splits
    assert len(card.splits) == 1 or card.split_rule is not None
    assert set(card.methods) <= set(METHODS)
    if card.input is not None:
        assert all(fields.find(method).input.admits(declared(card.input)) for method in card.methods)


@pytest.mark.parametrize("name", store.names())
def test_set_holds_what_its_card_says(name: str, request: pytest.FixtureRequest) -> None:
    if recipe.read(name).files:
        request.getfixturevalue("mirror")
    opened = store.open_set(name)
    card = store.card(name)
    assert opened.card.splits == card.splits
    counted = {split: len(opened.positions(split)) for split in card.splits}
    assert counted == card.splits
    assert sum(counted.values()) == card.samples
    for column in (*card.groups, *card.units):
        codes, values = opened.codes(column)
        assert len(codes) == card.samples
        assert set(codes) == set(range(len(values)))
    named = {value for column in card.groups for value in opened.codes(column)[1]}
    assert named <= set(card.values), "readers need a name for every group"
    answers = [row for batch in opened.batches(["reference"]) for row in batch.column(0).to_pylist()]
    for method in card.methods:
        expected = fields.find(method).expected
        assert all(same(expected.decode(expected.encode(answer)), answer) for answer in answers)
    for product in card.answers:
        table = opened.answers(product)
        assert table.column_names == ["id", "output"]
