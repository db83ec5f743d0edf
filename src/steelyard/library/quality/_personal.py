"""Personal data in text: patterns, check digits, and how a find is shown without showing it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from steelyard.core.words import Words
from steelyard.library.quality._check import Severity

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
_ISSUED = re.compile(r"62\d{14,17}|4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}")
"""UnionPay, Visa, Mastercard, American Express, Discover."""


@dataclass(frozen=True)
class Pattern:
    """One kind of personal datum."""

    severity: Severity
    what: Words
    rough: str
    """For a first look over whole columns (RE2)."""
    exact: re.Pattern[str]
    holds: Callable[[str], bool]
    """What beyond the pattern must hold: a check digit, a real address."""


def is_identity_number(text: str) -> bool:
    """Tell whether 18 characters are a resident identity number of China (GB 11643-1999: date and check digit).

    Examples
    --------
    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    from datetime import date

    digits = text.upper()
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    if not 1850 < born.year < 2100 or digits[0] not in "12345678":
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits[:17], strict=True))
    return CHECK_DIGITS[total % 11] == digits[17]


def is_card_number(text: str) -> bool:
    """Tell whether digits are a bank card's: beginning and length as issued, and Luhn's sum (ISO/IEC 7812-1).

    Examples
    --------
    >>> is_card_number("4111 1111 1111 1111"), is_card_number("4111 1111 1111 1112"), is_card_number("0" * 16)
    (True, False, False)
    """
    digits = re.sub(r"\D", "", text)
    if not _ISSUED.fullmatch(digits):
        return False
    doubled = [
        sum(divmod(2 * int(digit), 10)) if place % 2 else int(digit) for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return found.is_global


def _is_telephone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2


def _always(_: str) -> bool:
    return True


PATTERNS = {
    "identity_number": Pattern(
        Severity.SERIOUS,
        Words("resident identity numbers with a right check digit", "校验位正确的居民身份证号"),
        r"[1-8][0-9]{16}[0-9Xx]",
        re.compile(r"(?<!\d)[1-8]\d{16}[\dXx](?![\dA-Za-z])"),
        is_identity_number,
    ),
    "bank_card": Pattern(
        Severity.SERIOUS,
        Words("bank card numbers with a right check digit (Luhn)", "校验位正确的银行卡号（Luhn）"),
        r"[2-6][0-9]{3}([ -]?[0-9]){11,15}",
        # In one piece, or in groups of four: two telephone numbers side by side are none.
        re.compile(
            r"(?<![\d./=_-])[2-6]\d{3}(?:\d{11,15}|(?:([ -])\d{4})(?:\1\d{4}){2}(?:\1\d{1,3})?)(?![\d/_-])(?!\.\d)"
        ),
        is_card_number,
    ),
    "e_mail": Pattern(
        Severity.WARNING,
        Words("e-mail addresses", "电子邮件地址"),
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
        re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
        lambda found: not found.rpartition("@")[2].lower().startswith("example."),
    ),
    "mobile": Pattern(
        Severity.WARNING,
        Words("mobile numbers of China", "中国大陆手机号"),
        r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",
        # Not within a UUID: its fourth group may end, and its fifth begin, as a number does.
        re.compile(r"(?<![\d.-])(?<![0-9A-Fa-f]{4}-[0-9A-Fa-f])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d|\.\d)"),
        _is_telephone,
    ),
    "telephone": Pattern(
        Severity.NOTE,
        Words("what may be telephone numbers", "疑似电话号码"),
        r"(\+[1-9][0-9]{0,2}[ (-]|0[0-9]{2,3}-|\([0-9]{3}\) ?)[0-9 -]{6,}",
        re.compile(
            r"(?<![\d.])(?:\+[1-9]\d{0,2}[ -]?(?:\(\d{1,4}\)[ -]?)?\d[\d -]{5,12}\d"
            r"|0\d{2,3}-\d{7,8}|\(\d{3}\) ?\d{3}-\d{4})(?!\d|\.\d)"
        ),
        _is_telephone,
    ),
    "ip_address": Pattern(
        Severity.NOTE,
        Words("public IP addresses", "公网 IP 地址"),
        r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}",
        re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)"),
        _is_address,
    ),
}


def suspects(values: Any) -> list[int]:
    """Return the places of texts, a sequence or an array of them, that `finds` should look at.

    Examples
    --------
    >>> suspects(["s1", "13812345678", "x@y.cn"])
    [1, 2]
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    rough = "|".join(f"(?:{pattern.rough})" for pattern in PATTERNS.values())
    met = pc.fill_null(pc.match_substring_regex(texts, rough), False)
    places: list[int] = np.flatnonzero(met.to_numpy(zero_copy_only=False)).tolist()
    return places


def finds(text: str) -> Iterator[tuple[str, str]]:
    """Yield each kind of datum in a text with its redacted form; a stretch counts as one kind, the first that fits.

    Examples
    --------
    >>> list(finds("Write to zhang.san@mail.cn or 13812345678; id 11010519491231002X, 10.0.0.1"))
    [('identity_number', '1•••X (18)'), ('e_mail', 'z•••n (17)'), ('mobile', '1•••8 (11)')]
    """
    taken: list[tuple[int, int]] = []
    for name, pattern in PATTERNS.items():
        for met in pattern.exact.finditer(text):
            start, end = met.span()
            if pattern.holds(met[0]) and not any(start < stop and begin < end for begin, stop in taken):
                taken.append((start, end))
                yield name, redacted(met[0])


def redacted(found: str) -> str:
    """Return the first and the last character and the length: nobody can tell the datum from it.

    Examples
    --------
    >>> redacted("13812345678")
    '1•••8 (11)'
    """
    return f"{found[0]}•••{found[-1]} ({len(found)})"


def without(text: str) -> str:
    """Return a text with all personal data redacted.

    Examples
    --------
    >>> without("Call 13812345678.")
    'Call 1•••8 (11).'
    """
    for pattern in PATTERNS.values():
        for met in reversed([each for each in pattern.exact.finditer(text) if pattern.holds(each[0])]):
            text = f"{text[: met.start()]}{redacted(met[0])}{text[met.end() :]}"
    return text
