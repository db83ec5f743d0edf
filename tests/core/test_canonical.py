"""Canonical JSON against the examples that RFC 8785 publishes."""

from __future__ import annotations

import enum
import hashlib
import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.canonical import canonical, digest, plain, sample_seed
from steelyard.core.words import Words

# RFC 8785, appendix B: the bits of an IEEE 754 double, and how it must be written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),  # minus zero loses its sign
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBERS)
def test_numbers_are_written_as_the_rfc_says(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == written.encode()


def test_the_rfc_s_own_document() -> None:
    document = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA'
        r"'"
        r'B\"\\\\\"/"}'
    )
    assert canonical(document) == expected.encode()


def test_keys_stand_in_the_order_of_their_utf_16() -> None:
    # By code point U+FB33 would stand before U+1F600; by UTF-16 the surrogate D83D is less than FB33.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    in_order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == in_order


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53 + 1,  # the nearest double is another number
        "\ud800",  # half of a pair has no UTF-8
    ],
)
def test_what_json_cannot_carry_faithfully_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)


SAFE = 2**53 - 1
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_bytes_read_back_as_the_same_value(value: Any) -> None:
    # JSON knows one kind of number: a whole double beyond 2⁵³ is written like an integer.
    assert json.loads(canonical(value), parse_int=float) == value


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9)), st.randoms(use_true_random=False))
def test_order_of_keys_is_no_fact(value: dict[str, int], random: Any) -> None:
    items = [(key, item) for key, item in value.items() if key.isascii()]
    shuffled = random.sample(items, len(items))
    assert digest(dict(items)) == digest(dict(shuffled))


class Colour(enum.Enum):
    RED = "red"


class Size(int, enum.Enum):
    SMALL = 1


@dataclass(frozen=True)
class Thing:
    words: Words
    colours: tuple[Colour, ...]


PLAIN = [
    (Thing(Words("a", "甲"), (Colour.RED,)), {"words": {"en": "a", "zh": "甲"}, "colours": ["red"]}),
    (Size.SMALL, 1),  # a number and an enumeration: its value
    ({1: "a"}, {"1": "a"}),  # JSON's keys are strings
    ((1, (2.5, None)), [1, [2.5, None]]),
    (True, True),  # a boolean is not the number 1
]


@pytest.mark.parametrize(("value", "expected"), PLAIN)
def test_plain(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"ab", Thing])
def test_what_has_no_plain_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no plain JSON form"):
        plain(value)


def test_digest_is_sha_256_of_the_bytes() -> None:
    assert digest({"b": 1, "a": [0.1]}) == "sha256:" + hashlib.sha256(b'{"a":[0.1],"b":1}').hexdigest()


def test_sample_seed_by_its_published_rule() -> None:
    expected = int(hashlib.sha256(b'[7,"fog","s-1"]').hexdigest()[:16], 16)
    assert sample_seed(7, "fog", "s-1") == expected
    seeds = {sample_seed(*key) for key in [(7, "fog", "s-1"), (8, "fog", "s-1"), (7, "rain", "s-1"), (7, "fog", "s-2")]}
    assert len(seeds) == 4
