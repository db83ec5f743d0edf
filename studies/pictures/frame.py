"""What all pictures of the docs share: their size, their colours, their axes; SVG as text, the same bytes each time.

A picture is as wide as a phone can show without its letters becoming too small, has its own background, follows the
reader's light or dark scheme, and holds no script. Colours are those of report pages (``page.css``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from steelyard.core.words import Words

PICTURES = Path(__file__).parents[2] / "docs" / "methods" / "pictures"
WIDTH, PAD, LETTER = 480, 14, 8.4
"""Units of the drawing, which are pixels at full size; a Latin letter of 14 px is about so wide."""
LANGUAGES = {"en": "", "zh": ".zh-CN"}
STYLE = """\
svg{--paper:#fff;--ink:#1c1e21;--soft:#5a6068;--rule:#d9dce0;--allowed:#e3ebe6;--good:#17692f;--bad:#b3261e;--fair:#a36a00;\
--other:#6b3fa0;color-scheme:light dark;font:14px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC",\
"PingFang SC","Microsoft YaHei",sans-serif;font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){svg{--paper:#14161a;--ink:#e8eaed;--soft:#a3a9b2;--rule:#363b43;--allowed:#22332a;\
--good:#6fcf8e;--bad:#ff9d94;--fair:#f0c060;--other:#c9a8f5}}
text{fill:var(--ink)}.title{font-size:15px;font-weight:600}.soft{fill:var(--soft);font-size:13px}
.strong{font-weight:600}.axis{stroke:var(--rule)}.limit{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:4 3}\
.line{stroke:var(--ink);stroke-width:2.5;fill:none}.allowed{fill:var(--allowed)}\
"""


def width_of(text: str, letter: float = LETTER) -> float:
    """Return about how wide a text of 14 px is: Chinese characters are as wide as they are high."""
    return sum(14.0 if ord(each) > 0x2E80 else letter for each in text)


def number(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel: the same bytes on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """Return a text whose foot stands at a place."""
    marks = "".join(f' {name}="{value}"' for name, value in (("class", kind),) if value)
    marks += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{number(x)}" y="{number(y)}"{marks}>{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str, colour: str = "") -> str:
    """Return a straight line."""
    style = f' style="stroke:var(--{colour})"' if colour else ""
    return f'<path class="{kind}"{style} d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'


def box(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> str:
    """Return a filled box."""
    faint = f' opacity="{opacity:.2f}"' if opacity < 1.0 else ""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(max(width, 0.0))}" height="{number(height)}"'
    return f'<rect {place} style="fill:var(--{colour})"{faint}/>'


def dot(x: float, y: float, size: float = 4.0, colour: str = "ink") -> str:
    """Return a point."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(size)}" style="fill:var(--{colour})"/>'


def legend(y: float, entries: Sequence[tuple[str, str]], left: float = PAD) -> tuple[list[str], float]:
    """Return coloured boxes with what they stand for, in as many lines as they need, and where the next line is."""
    parts, x = [], left
    for colour, said in entries:
        wide = 18 + width_of(said) + 14
        if x > left and x + wide > WIDTH:
            x, y = left, y + 20
        parts += [box(x, y - 10, 12, 12, colour), text(x + 18, y, said, "soft")]
        x += wide
    return parts, y + 22


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers within an axis.

    >>> ticks(0.0, 0.11)
    [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]
    """
    rough = (high - low) / most
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round((first + place) * step, 12) for place in range(math.floor(high / step + 1e-9) - first + 1)]


def percent(share: float, digits: int = 0) -> str:
    """Return a share as it stands beside an axis."""
    return f"{100 * share:.{digits}f} %"


def picture(title: str, described: str, height: float, parts: Iterable[str]) -> str:
    """Return the whole picture.

    Parameters
    ----------
    title : str
        What stands above it.
    described : str
        The same as a sentence, for who cannot see it.
    height : float
        How high it is.
    parts : iterable of str
        What is drawn, from the back to the front.
    """
    size = f'width="{WIDTH}" height="{number(height)}" viewBox="0 0 {WIDTH} {number(height)}"'
    drawn = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(described)}">\n'
        f"<title>{escape(described)}</title>\n<style>{STYLE}</style>\n"
        f'<rect width="100%" height="100%" rx="6" style="fill:var(--paper)"/>\n'
        f"{text(PAD, 26, title, 'title')}\n{drawn}\n</svg>\n"
    )


def write(name: str, drawn: dict[str, str]) -> list[Path]:
    """Write a picture in each language beside the pages on methods, and return the paths."""
    paths = []
    for language, mark in LANGUAGES.items():
        path = PICTURES / f"{name}{mark}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn[language], "utf-8")
        paths.append(path)
    return paths


def said(words: Words, language: str) -> str:
    """Return words in a language."""
    return words.zh if language == "zh" else words.en
