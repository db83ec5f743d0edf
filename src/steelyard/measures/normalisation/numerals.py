"""``numerals/1``: a number is the same number however it is written: 二零一八 and 2018, 三百五十 and 350."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = {character: str(place) for place, character in enumerate("零一二三四五六七八九")} | {"〇": "0"}
UNITS = {"十": 10, "百": 100, "千": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}

_ONE = "[一二三四五六七八九]"
_MANY = "[一二两三四五六七八九]"
_TENS = f"(?:{_MANY}千零?)?(?:{_MANY}百零?)?(?:{_ONE}?十)?"
_DIGIT = "[零〇一二三四五六七八九]"
_COUNTED = rf"(?=[一二两三四五六七八九十])(?:{_TENS}{_MANY}?亿零?)?(?:(?!万){_TENS}{_MANY}?万零?)?{_TENS}{_ONE}?"
"""Sections below ten thousand, each of which may be nothing."""
_TENTHS = f"{_DIGIT}++)(?![十百千分刻]"
"""What may follow a point that is none of a clock (十点二十分); closes the group that it stands in."""
_NUMBER = re.compile(
    rf"(?P<share>百分之)?(?:(?P<figures>[0-9]+(?:\.[0-9]+)?)(?P<group>[万亿])?"
    rf"|(?P<digits>{_DIGIT}{{2,}}(?![十百千])|{_DIGIT}(?![十百千万亿]))(?:点(?P<tenths>{_TENTHS}))?(?P<of>[万亿])?"
    rf"|(?P<counted>{_COUNTED})(?:点(?P<parts>{_TENTHS}))?)"
)


def numerals_1(text: str) -> str:
    """Return the text with numbers in figures: 三百五十 becomes 350, 百分之五 5%, 3万 30000.

    Digits said one by one (二零一八) and counted numbers (两千零一十八) both become 2018: what a recogniser heard is no
    longer told from how it writes. 两 is a digit only before 百, 千, 万 and 亿; 百, 千, 万 and 亿 alone (百姓, 千万别)
    are words, and stay. A number that is part of a word (统一) is rewritten too, on both sides alike.

    Put it before ``zh/1``, which drops decimal points and percent signs.

    Examples
    --------
    >>> numerals_1("二零一八年，三百五十人，百分之五，两万")
    '2018年，350人，5%，20000'
    """
    while (again := _NUMBER.sub(_figures, text)) != text:  # 五 before 3万, which is one number only then
        text = again
    return text


def _figures(match: re.Match[str]) -> str:
    said = match.groupdict()
    if said["figures"]:
        if not (said["group"] or said["share"]):
            return match[0]
        number = _times(said["figures"], said["group"])
    elif said["digits"]:
        whole = "".join(map(DIGITS.__getitem__, said["digits"]))
        number = _times(whole + _fraction(said["tenths"]), said["of"])
    elif said["counted"]:
        number = f"{_value(said['counted'])}{_fraction(said['parts'])}"
    else:
        return match[0]
    return f"{number}%" if said["share"] else number


def _fraction(digits: str | None) -> str:
    return "." + "".join(map(DIGITS.__getitem__, digits)) if digits else ""


def _times(figures: str, group: str | None) -> str:
    return f"{(Decimal(figures) * GROUPS[group]).normalize():f}" if group else figures


def _value(counted: str) -> int:
    """Return the number of a counted numeral; a last digit right after a unit counts the next lower one (三百五)."""
    total = section = 0
    digit, last, zero = 0, 1, False
    for character in counted:
        if character in GROUPS:
            total += (section + digit) * GROUPS[character]
            section, digit, last, zero = 0, 0, GROUPS[character], False
        elif character in UNITS:
            section += (digit or 1) * UNITS[character]
            digit, last, zero = 0, UNITS[character], False
        elif character == "零":
            zero = True
        else:
            digit = 2 if character == "两" else int(DIGITS[character])
    if digit and last > 10 and not zero:
        digit *= last // 10
    return total + section + digit
