"""What of a text counts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.core.errors import UnknownName
from steelyard.measures.normalisation import NORMALISERS, normaliser, zh_1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("杆秤称重", "杆秤称重"),
        ("杆秤，称重。", "杆秤称重"),
        ("“杆秤”——（称重）！？…", "杆秤称重"),
        ("杆 秤\u3000称\t重\n", "杆秤称重"),
        ("\ufeff杆\u200b秤", "杆秤"),  # marks that nobody sees or says
        ("ＡＢｃ１２", "ABc12"),  # full width is the same character
        ("A和a", "A和a"),  # case counts
        ("5公斤", "5公斤"),
        ("五公斤", "五公斤"),  # … and is not 5: rewriting numerals is another normaliser
        ("50%", "50"),  # a symbol: spoken, but written in many ways
        ("￥5＋3＝8", "538"),
        ("㎏", "kg"),  # compatibility characters are taken apart
        ("①", "1"),
        ("ｶﾞ", "ガ"),
        ("e\u0301", "\u00e9"),  # composed
        ("it's", "its"),
        ("𠮷", "𠮷"),  # beyond the basic plane
        ("。！？", ""),
        ("🙂", ""),
        ("\U000e0fff秤", "\U000e0fff秤"),  # not assigned yet: a later Unicode may call it a letter
    ],
)
def test_zh_1(text: str, expected: str) -> None:
    assert zh_1(text) == expected


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_the_short_way_for_plain_chinese_is_the_long_way(text: str) -> None:
    assert zh_1(text) == zh_1(text + "。") == text


@pytest.mark.parametrize("name", NORMALISERS)
@given(text=st.text())
@example(text="e\u200d\u0301")  # what is dropped may have kept two characters apart
def test_what_is_normal_stays_as_it_is(name: str, text: str) -> None:
    normal = normaliser(name)
    assert normal(normal(text)) == normal(text)


@given(st.text())
def test_nothing_that_is_dropped_is_left(text: str) -> None:
    categories = {unicodedata.category(character) for character in zh_1(text)}
    assert not categories & {"Cc", "Cf"}
    assert not {category[0] for category in categories} & set("PSZ")


def test_verbatim_1_changes_nothing() -> None:
    assert normaliser("verbatim/1")(" A，\n") == " A，\n"


def test_an_unknown_normaliser_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean zh/1"):
        normaliser("zh/2")


@pytest.mark.parametrize("name", NORMALISERS)
def test_names_bear_a_version(name: str) -> None:
    language, slash, version = name.partition("/")
    assert language
    assert slash
    assert version.isdecimal()


@given(st.text(st.sampled_from("杆秤称重ABab12，。！？、；：“”‘’（）《》 ,.!?;:()'\"-")))
def test_the_short_way_is_the_long_way(text: str) -> None:
    kept = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each)[0] not in "PSZ")
    assert normaliser("zh/1")(text) == kept
