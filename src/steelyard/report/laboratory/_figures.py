"""How uncertainties are written: with two significant digits (JCGM 100:2008, 7.2.6)."""

from __future__ import annotations

import math


def uncertainty(value: float | None, unit: str) -> str:
    """Return an uncertainty as readers see it: of shares in percent; none as a dash.

    Examples
    --------
    >>> [uncertainty(each, "1") for each in (0.0422, 0.0999, 0.000123, 0.0, None)]
    ['4.2 %', '10 %', '0.012 %', '0 %', '—']
    >>> uncertainty(123.4, "ms"), uncertainty(0.00996, "°")
    ('123 ms', '0.010 °')
    """
    if value is None:
        return "—"
    shown, sign = (value * 100.0, "%") if unit == "1" else (value, unit)
    if shown == 0.0 or not math.isfinite(shown):
        return f"{shown:g} {sign}"
    digits = 1 - math.floor(math.log10(abs(shown)))
    digits = 1 - math.floor(math.log10(abs(round(shown, digits))))  # 9.96 becomes 10
    return f"{shown:.{max(digits, 0)}f} {sign}"
