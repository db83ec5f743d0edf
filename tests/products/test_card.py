"""The card of a product is read strictly, and decides what the product may be tested on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import steelyard
from steelyard.core.errors import CallError
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words
from steelyard.products import open_product
from steelyard.products._card import read_product_card


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "card.toml"
        path.write_text(text, "utf-8")
        return path

    return written


def test_a_card(write: Callable[[str], Path]) -> None:
    said = """
        name = "nuclei"
        version = "2.1"
        trained_on = ["wdbc@1#training"]
        intended_use = "screening"
        maker = "ward"
    """
    use = Words("screening", "screening")
    assert read_product_card(write(said)) == ProductCard("nuclei", "2.1", ("wdbc@1#training",), use, "ward")
    both = 'name = "a"\nversion = "1"\ntrained_on = []\nintended_use = {en = "screening", zh = "筛查"}'
    assert read_product_card(write(both)) == ProductCard("a", "1", (), Words("screening", "筛查"))


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ('name = "a"', "version must be text"),
        ('name = 1\nversion = "1"', "name must be text"),
        ('name = "a"\nversion = "1"\nmaker = 2', "maker must be text"),
        ('name = "a"\nversion = "1"\ntrained_on = "wdbc"', "trained_on must be a list"),
        ('name = "a"\nversion = "1"\ntrained_on = [1]', "trained_on must be a list"),
        ('name = "a"\nversion = "1"\nintended_use = 3', "intended_use must be text"),
        ('name = "a"\nversion = "1"\nintended_use = {en = "b"}', "intended_use must be text"),
        ('name = "a"\nversion = "1"\ntrainedon = []', "Did you mean trained_on"),
        ("name = ", "is no card of a product"),
    ],
)
def test_what_is_no_card(said: str, says: str, write: Callable[[str], Path]) -> None:
    with pytest.raises(CallError, match=says):
        read_product_card(write(said))


def test_a_card_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"card\.toml is no card of a product: No such file"):
        read_product_card(tmp_path / "card.toml")


def test_a_product_is_not_tested_on_what_it_was_trained_on(tmp_path: Path) -> None:
    card = ProductCard("nuclei", "1", ("wdbc@1",))
    with pytest.raises(CallError, match="trained on wdbc@1: 189 of the 189 samples"):
        steelyard.run("miit-2017-315#medical", "reference:wdbc_logistic", out=tmp_path / "run", product_card=card)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("trained_on", "says"),
    [
        (None, "Nobody said what the product was trained on"),
        ((), "trained on nothing"),
        (("wdbc@1#training",), "trained on wdbc@1#training, which holds none of these samples by their ids; whether"),
        (("wdbc@1#training", "a ward"), "a ward could not be compared with these samples"),
    ],
)
def test_a_report_says_what_is_known_of_it(trained_on: tuple[str, ...] | None, says: str, tmp_path: Path) -> None:
    card = ProductCard("nuclei", "1", trained_on)

    def never(_: list[float]) -> str:
        return "negative"

    report = steelyard.run("miit-2017-315#medical", never, out=tmp_path / "run", limit=20, product_card=card)
    assert sum(says in words.en for words in report.non_claims) == 1
    assert report.plan.product_card == card


def test_reference_products_say_what_they_learned() -> None:
    card = open_product("reference:wdbc_logistic").card
    assert card is not None
    assert card.trained_on == ("wdbc@1#training",)
