"""What a laboratory says beside the numbers: who tested what for whom, when, and who stands for it.

The particulars are those of ISO/IEC 17025:2017, 7.8.2.1 (common requirements for reports), 7.8.3.1 (test reports),
7.8.5 (sampling), 7.8.7 (opinions and interpretations) and 7.8.8 (amendments), with what buyers of AI ask beside
(STARD 2015, items 3, 6, 8: intended use, population, sites). What 7.8.2.1 asks of the method, the results and
their units (f, m), and 7.8.6 of the decision rule, the report itself says.

Nothing of this can be computed again: it is a laboratory's word, and is signed as such.
"""

from __future__ import annotations

import unicodedata
from dataclasses import KW_ONLY, dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, PlainValidator, TypeAdapter
from pydantic_core import PydanticCustomError

from steelyard.core.canonical import canonical, plain
from steelyard.core.printable import UNSEEN
from steelyard.core.words import Words

FORMAT = "steelyard/particulars/1"
MEMBER = "particulars.json"
"""The bundle's member that holds them."""
MOST, MOST_OF_A_NAME, MOST_OF_A_NUMBER = 4_000, 300, 64
"""Characters of a text, of a name, and of what stands at the head of each page."""
STRICT = ConfigDict(extra="forbid")
BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs, by their category, that are drawn as nothing."""


def _text(value: Any) -> Words:
    """Return a text in both languages; one that is given once stands for both."""
    if isinstance(value, Words):
        return value
    given = {"en": value, "zh": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or given.keys() != {"en", "zh"}:
        raise PydanticCustomError("text", "no text")
    return Words(*(_readable(given[language]) for language in ("en", "zh")))


def _readable(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "no text")
    if not value.strip() or len(value) > MOST or unseen(value):
        raise PydanticCustomError("unreadable", "empty, too long, or with characters that cannot be seen")
    return value.strip()


def unseen(text: str) -> str:
    r"""Return the characters of a text that nobody sees where they stand; the end of a line is none.

    Examples
    --------
    >>> [ascii(unseen(text)) for text in ("A. Example", "甲\u200b", "two\nlines", "\u3164")]
    ["''", "'\\u200b'", "''", "'\\u3164'"]
    """
    return "".join(each for each in text if each in BLANK or (each != "\n" and unicodedata.category(each) in UNSEEN))


def _name(value: Any) -> Words:
    """Return a text that stands on one line: whoever reads it there must not take its rest for another's words."""
    found = _text(value)
    return Words(_line(found.en, MOST_OF_A_NAME), _line(found.zh, MOST_OF_A_NAME))


def _number(value: Any) -> str:
    return _line(_readable(value), MOST_OF_A_NUMBER)


def _line(text: str, most: int) -> str:
    if "\n" in text:
        raise PydanticCustomError("lines", "more than one line")
    if len(found := " ".join(text.split())) > most:
        raise PydanticCustomError("unreadable", "too long")
    return found


def _day(value: Any) -> str:
    try:
        day = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        day = ""
    if day != value:
        raise PydanticCustomError("day", "no date")
    return day


Text = Annotated[Words, PlainValidator(_text)]
Name = Annotated[Words, PlainValidator(_name)]
"""Stands on one line, and between any two of its words one space."""
Line = Annotated[str, PlainValidator(_number)]
Day = Annotated[str, PlainValidator(_day)]
"""Year, month and day: ``2026-11-20``."""


@dataclass(frozen=True)
class Laboratory:
    """Who tested.

    Attributes
    ----------
    name, address : Words
        7.8.2.1 b.
    site : Words, optional
        Where the activities took place, if elsewhere: at a customer's, in the cloud (7.8.2.1 c).
    contact : Words, optional
        How to reach it.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    name: Name
    address: Text
    site: Text | None = None
    contact: Text | None = None


@dataclass(frozen=True)
class Accreditation:
    """What the laboratory is accredited for.

    Attributes
    ----------
    body : Words
        Who accredited it: CNAS, UKAS, DAkkS (ISO/IEC 17011).
    number : str
        Of its certificate.
    scope : Words
        What of this report lies within its scope, and what does not (5.3: conformity may be claimed for the
        activities of the scope alone).
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    body: Name
    number: Line
    scope: Text


@dataclass(frozen=True)
class Customer:
    """For whom it was tested.

    Attributes
    ----------
    name, contact : Words
        7.8.2.1 e.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    name: Name
    contact: Text


@dataclass(frozen=True)
class Item:
    """What was tested.

    Attributes
    ----------
    description, condition : Words
        What it is, and how it was when it came (7.8.2.1 g).
    identification : Words, optional
        Serial number, version, label; the report has the product's address and digest in any case (7.8.2.1 g).
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    description: Text
    condition: Text
    identification: Text | None = None


@dataclass(frozen=True)
class Dates:
    """When.

    Attributes
    ----------
    received : str
        The item came (7.8.2.1 h).
    performed_from, performed_to : str
        The activities began and ended (7.8.2.1 i).
    issued : str
        The report was issued (7.8.2.1 j).
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    received: Day
    performed_from: Day
    performed_to: Day
    issued: Day


@dataclass(frozen=True)
class Authoriser:
    """Who authorises the report (7.8.2.1 o).

    Attributes
    ----------
    name, function : Words
        The person, and in what function.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    name: Name
    function: Name


@dataclass(frozen=True)
class Opinion:
    """An opinion or interpretation, kept apart from results (7.8.7.2).

    Attributes
    ----------
    text, by, basis : Words
        What is thought, by whom, and on what basis (7.8.7.1).
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    text: Text
    by: Name
    basis: Text


@dataclass(frozen=True)
class External:
    """Results that came from an external provider (7.8.2.1 p).

    Attributes
    ----------
    provider, results : Words
        Who, and which results.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    provider: Name
    results: Text


@dataclass(frozen=True)
class Amendment:
    """What an amended report changes of the one that it replaces (7.8.8).

    Attributes
    ----------
    replaces : str
        Identification of the report that is replaced (7.8.8.3).
    changes, reason : Words
        What was changed, and why (7.8.8.1).
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    replaces: Line
    changes: Text
    reason: Text


@dataclass(frozen=True)
class Sampling:
    """Sampling of items, where the laboratory did it (7.8.2.1 k, 7.8.5); which samples were asked, the plan says.

    Attributes
    ----------
    plan, method : Words
        References to the sampling plan and the method.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    plan: Text
    method: Text


@dataclass(frozen=True)
class Use:
    """What the product is for, and whom the data stand for.

    Attributes
    ----------
    intended : Words, optional
        Intended use (STARD 2015, item 3).
    population : Words, optional
        Whom the samples are of, and how they were chosen (STARD 2015, item 6).
    sites : Words, optional
        Where and when the data were taken (STARD 2015, item 8).
    independence : Words, optional
        How it is known that the test data are independent of what the product was trained on.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    intended: Text | None = None
    population: Text | None = None
    sites: Text | None = None
    independence: Text | None = None


PARTIES = {
    "first": Words("first party: whoever provides the item", "第一方：物品的提供方"),
    "second": Words("second party: whoever has an interest in the item as a user", "第二方：物品的使用方"),
    "third": Words(
        "third party: independent of the item's provider, with no interest in it as a user",
        "第三方：独立于提供方，且无使用方利益",
    ),
}
"""ISO/IEC 17000:2020, 4.3 to 4.5."""


@dataclass(frozen=True)
class Particulars:
    """What a laboratory says beside the numbers.

    Attributes
    ----------
    laboratory, customer, item, dates : Laboratory, Customer, Item, Dates
        Who, for whom, what, when (7.8.2.1 b, c, e, g to j).
    party : str
        ``first``, ``second`` or ``third`` (ISO/IEC 17000:2020, 4.3 to 4.5).
    deviations : Words
        Additions to, deviations, or exclusions from the method; "none" where there are none (7.8.2.1 n).
    authorised_by : tuple of Authoriser
        7.8.2.1 o.
    identification : str
        Unique, of the report (7.8.2.1 d); where none is written, `derived`.
    sampling : Sampling, optional
        7.8.2.1 k.
    environment : Words, optional
        Conditions of the test, such as those of its surroundings (7.8.3.1 a).
    customer_supplied : Words, optional
        What the customer supplied and the laboratory does not answer for (7.8.2.2).
    accreditation : Accreditation, optional
        5.3.
    external_providers : tuple of External
        7.8.2.1 p.
    opinions : tuple of Opinion
        7.8.7.
    amendment : Amendment, optional
        7.8.8.
    use : Use, optional
        Intended use, population, sites, independence of training data.
    """

    __pydantic_config__ = STRICT
    _: KW_ONLY
    identification: Line = ""
    laboratory: Laboratory
    accreditation: Accreditation | None = None
    party: Literal["first", "second", "third"]
    customer: Customer
    item: Item
    dates: Dates
    sampling: Sampling | None = None
    deviations: Text
    environment: Text | None = None
    customer_supplied: Text | None = None
    external_providers: tuple[External, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    amendment: Amendment | None = None
    use: Use | None = None
    authorised_by: tuple[Authoriser, ...]

    def document(self) -> bytes:
        """Return the bundle's member that holds them."""
        return canonical({"format": FORMAT, **plain(self)})


ADAPTER = TypeAdapter(Particulars)
