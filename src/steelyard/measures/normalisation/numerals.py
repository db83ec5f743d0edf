"""``numerals/1``: a number is the same number however it is written: 二零一八 and 2018, 三百五十 and 350."""

from __future__ import annotations

import re

DIGITS = {character: str(place) for place, character in enumerate("零一二三四五六七八九")} | {"〇": "0"}
UNITS = {"十": 10, "百": 100, "千": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}
ZEROS = {"百": 2, "千": 3, "万": 4, "亿": 8}
SHARES = {"%": "百分之", "％": "百分之", "‰": "千分之"}

MOST_FIGURES = 20
"""A number with more figures stays as it is written: nobody says such a number, and few machines can hold it."""
MOST_CHARACTERS = 60
"""A run of numerals with more characters is not looked at: longer than any number of `MOST_FIGURES` figures."""

_CHARACTERS = "(?:[0-9０-９零〇一二两三四五六七八九十万亿]|[百千](?!分之))"
_RUN = re.compile(rf"(?P<share>[百千]分之)?(?P<run>{_CHARACTERS}+(?:[点.．]{_CHARACTERS}+)*)(?P<sign>[%％‰])?")
"""Numerals that nothing stands between: all of them are one number, or none is rewritten."""
_GOES_ON = re.compile(f"[点.．]?{_CHARACTERS}")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")

_ONE = "[一二三四五六七八九]"
_MANY = "[一二两三四五六七八九]"
_DIGIT = "[零〇一二三四五六七八九]"
_SECTION = f"(?:{_MANY}千零?)?(?:{_MANY}百零?)?(?:{_ONE}?十)?"
_MYRIADS = f"(?:(?!万){_SECTION}{_MANY}?万零?)?"
_COUNTED = re.compile(rf"(?=[一二两三四五六七八九十])(?:{_MYRIADS}{_SECTION}{_MANY}?亿零?)?{_MYRIADS}{_SECTION}{_ONE}?")
"""Sections below ten thousand, each of which may be nothing; at most one 亿, and one 万 to either side of it."""
_SPOKEN = re.compile(f"{_DIGIT}+")
_FIGURES = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"(?P<number>.*?)(?P<thousands>(?<=[0-9])[百千])?(?P<myriads>万?亿?)")
_ABOUT = {f"{low}{high}" for low, high in zip("一二三四五六七八", "二三四五六七八九", strict=True)} | {"三五"}
"""Three or four, five or six: no number, but about one."""
_CLOCK = re.compile("分(?!之)|刻")


def numerals_1(text: str) -> str:
    """Return the text with numbers in figures: 三百五十 becomes 350, 3.5 3点5, 5% 百分之5, 3万 and 3千万 their zeros.

    Digits said one by one (二零一八) and counted numbers (两千零一十八) both become 2018: what a recogniser heard is no
    longer told from how it writes. A point is written 点 and a percent sign 百分之, which no normaliser of punctuation
    drops: 三点五 is never 三十五. What is only about a number stays as it is written (三四百, 五六十, 三五天); so do
    numerals that stand together and are no one number, and numbers of more than `MOST_FIGURES` figures. 两 is a digit
    only before a point, 百, 千, 万 and 亿; 百, 千, 万 and 亿 alone (百姓, 千万别) are words, and stay. A number that is
    part of a word (统一) is rewritten too, on both sides alike; a minus sign is none of it, but 负 stays.

    Put it before ``zh/1``, which drops points and percent signs.

    Examples
    --------
    >>> numerals_1("二零一八年，三百五十人，百分之五，两万，3.5倍，三四百")
    '2018年，350人，百分之5，20000，3点5倍，三四百'
    """
    return _RUN.sub(_rewritten, text)


def _rewritten(match: re.Match[str]) -> str:
    run, share, sign = match["run"], match["share"], match["sign"]
    if len(run) > MOST_CHARACTERS or (share and sign):
        return match[0]
    if share and run == "百":
        number: str | None = "100"  # 百分之百
    else:
        on_clock = _CLOCK.match(match.string, match.end("run")) is not None
        number = _number(run.translate(_HALF_WIDTH), on_clock)
    if number is None or sum(each.isdigit() for each in number) > MOST_FIGURES:
        return match[0]
    kept = sign if sign and _GOES_ON.match(match.string, match.end()) else ""  # 5%一季度: or 5 and 1 would be 51
    return f"{share or SHARES.get(sign or '', '')}{number}{kept}"


def _number(run: str, on_clock: bool) -> str | None:
    """Return a run of numerals in figures, None where it is no one number."""
    if (plain := _whole(run)) is not None:
        return plain
    grouped = _GROUPED.fullmatch(run)
    if grouped is None:
        return None
    whole, point, tenths = re.sub("[.点]", "点", grouped["number"]).partition("点")
    zeros = sum(ZEROS[each] for each in (grouped["thousands"] or "") + grouped["myriads"])
    before = "2" if whole == "两" and point else _whole(whole)
    if before is None or not (point or _FIGURES.fullmatch(whole) or _SPOKEN.fullmatch(whole)):
        return None
    if not point:
        return _times(before, "", zeros)
    if _FIGURES.fullmatch(tenths) or _SPOKEN.fullmatch(tenths):
        after = "".join(DIGITS.get(each, each) for each in tenths)
    elif on_clock and not zeros:  # 十点二十分
        return None if (minutes := _whole(tenths)) is None or len(minutes) > 2 else f"{before}点{minutes}"
    else:
        return None
    return _times(before, after, zeros)


def _whole(said: str) -> str | None:
    """Return a whole number in figures: figures, digits one by one, or counted."""
    if _FIGURES.fullmatch(said):
        return said
    if _SPOKEN.fullmatch(said):
        return None if said in _ABOUT else "".join(map(DIGITS.__getitem__, said))
    return str(_value(said)) if said and _COUNTED.fullmatch(said) and said != "两" else None


def _times(whole: str, tenths: str, zeros: int) -> str:
    """Return a decimal number with its point so many places further right."""
    if not zeros:
        return f"{whole}点{tenths}" if tenths else whole
    kept = "" if whole == "0" else whole  # other zeros stay: of 1,050万 the run is 050万
    shifted = kept + tenths[:zeros].ljust(zeros, "0")
    left = tenths[zeros:].rstrip("0")
    if not kept:
        shifted = shifted.lstrip("0") or "0"
    return f"{shifted}点{left}" if left else shifted


def _value(counted: str) -> int:
    """Return the number of a counted numeral; a last digit right after a unit counts the next lower one (三百五)."""
    total = section = 0
    digit, last, zero = 0, 1, False
    for character in counted:
        if character in GROUPS:
            section += digit + (total if character == "亿" else 0)
            total = section * GROUPS[character] + (0 if character == "亿" else total)
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
