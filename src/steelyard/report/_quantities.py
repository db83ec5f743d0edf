"""Members of a group that are numbers of a quantity, and its unit."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.core.words import Words


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


FEWEST = 3
"""Two points are no curve."""
KNOWN = _words(
    "ns µs μs ms s min h day days week weeks month months year years yr nm µm μm um mm cm dm m km ft mi "
    "m/s km/h mph dB dBA dBFS dBm Hz kHz MHz GHz kbps Mbps kbit/s Mbit/s kB MB GB ° °C °F % ‰ px lux lx lm nit nits "
    "mV kV kW Pa hPa kPa mg kg mL ml rpm fps ppm"
)
"""Units as members spell them."""
APART = _words("d g K L N t V W")
"""Units of one letter that make a name of a number they stand at (``2L``): apart from it they are units (``2 L``)."""
UNITS = {
    **{end: Words(unit, unit) for end, unit in {
        "cm": "cm", "db": "dB", "deg": "°", "ghz": "GHz", "h": "h", "hz": "Hz", "kbps": "kbit/s", "kg": "kg",
        "khz": "kHz", "km": "km", "kmh": "km/h", "lux": "lx", "m": "m", "mhz": "MHz", "min": "min", "mm": "mm",
        "ms": "ms", "percent": "%", "px": "px", "s": "s",
    }.items()},
    "hours": Words("h", "小时"),
    "days": Words("days", "天"),
    "months": Words("months", "月"),
    "years": Words("years", "年"),
}  # fmt: skip
"""What the end of a column's name says of its unit: ``snr_db``."""
MEASURED = {
    "m": _words("altitude depth distance elevation gap height length radius range size spacing width"),
    "s": _words("age delay duration gap interval latency length offset pause period silence time"),
    "h": _words("age delay duration interval period time"),
}
"""Ends of one letter tell a unit only after such a word: ``distance_m``, and not ``patient_s``."""
NUMBER = re.compile(r"([-+−]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)([ \u00a0]?)(°[CF]?|[%‰℃℉]|[^\W\d_]*(?:/[^\W\d_]+)?)")
"""A number, and perhaps a unit, of any script: ``-5``, ``2.5 m``, ``80 km/h``, ``5米``."""
ORDINAL = frozenset("号ªº")
"""What makes a name of a number."""


@dataclass(frozen=True)
class Ordered:
    """Members of a group that are numbers."""

    at: Mapping[str, float]
    """Of each member, its number; ascending."""
    unit: Words
    """Empty: none is known."""
    digits: Mapping[str, str]
    """Of each member, its number as it is written."""


def ordered(column: str, names: Mapping[str, Words]) -> Ordered | None:
    """Return the numbers that the members of a group are; None where one is none, or they are fewer than three.

    Parameters
    ----------
    column : str
        Name of the group: its end may tell the unit (``distance_m``).
    names : mapping of str to Words
        What readers see of each member. Whoever gives a member a name in words says that it is no quantity; numbers
        that begin with a zero (``007``) are names, and so are those with several units, with letters that are no unit
        (``1th``), and those that no computer's number holds.

    Examples
    --------
    >>> found = ordered("snr_db", {each: Words(each, each) for each in ("20", "-5", "0")})
    >>> found.at, found.unit
    ({'-5': -5.0, '0': 0.0, '20': 20.0}, Words(en='dB', zh='dB'))
    >>> ordered("scene", {each: Words(each, each) for each in ("20", "-5", "quiet")})
    """
    found: dict[str, float] = {}
    digits: dict[str, str] = {}
    units = set[tuple[str, str]]()
    for member, name in names.items():
        en, zh = NUMBER.fullmatch(name.en.strip()), NUMBER.fullmatch(name.zh.strip())
        if en is None or zh is None or en[1] != zh[1] or not (_has_unit(en) and _has_unit(zh)):
            return None
        found[member] = float(en[1].replace("−", "-"))
        digits[member] = en[1].replace("-", "−")
        units.add((en[3], zh[3]))
    values = set(found.values())
    if len(values) < max(FEWEST, len(found)) or len(units) != 1 or not math.isfinite(max(values) - min(values)):
        return None
    ((en_unit, zh_unit),) = units
    told = _told(column)
    unit = Words(en_unit or told.en, zh_unit or told.zh)
    return Ordered(dict(sorted(found.items(), key=lambda each: each[1])), unit, digits)


def _has_unit(said: re.Match[str]) -> bool:
    """Whether what follows a number is a unit, or nothing."""
    _, blank, unit = said.groups()
    if not unit or unit in KNOWN:
        return True
    if ORDINAL & set(unit):
        return False
    # Letters that stand at a number make a name of it (1a, 1th); a word that stands apart is what is counted.
    latin = any(unicodedata.name(each, "").startswith("LATIN") for each in unit)
    return not latin or (blank != "" and (unit in APART or len(unit) > 1))


def _told(column: str) -> Words:
    """Return the unit that the end of a column's name tells; empty where it tells none."""
    *before, end = column.lower().split("_")
    if not before or (end in MEASURED and before[-1] not in MEASURED[end]):
        return Words("", "")
    return UNITS.get(end, Words("", ""))
