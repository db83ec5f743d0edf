"""The page that is issued, on paper: A4, in one language, its number on every page."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from steelyard.core.errors import BenchError, CallError
from steelyard.core.words import Words
from steelyard.report._templates import style_sheets
from steelyard.report.issued import Entered, Standing, issued_page
from steelyard.report.proof.verified import Verified

PAGES = {
    "en": 'counter(page) " of " counter(pages)',
    "zh": '"第 " counter(page) " 页，共 " counter(pages) " 页"',
}
"""What stands at the foot of each page, in CSS."""
LOGGER = "weasyprint"


def pdf(
    members: Mapping[str, bytes],
    verified: Verified,
    entered: Entered | None = None,
    standing: Standing | None = None,
    *,
    language: str = "en",
) -> bytes:
    """Return the page of a bundle as PDF.

    Parameters
    ----------
    members, verified, entered, standing
        As `steelyard.report.issued.issued` takes them.
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    CallError
        Where WeasyPrint or what it needs is not installed.
    BenchError
        Where no font here has the characters.
    """
    styles = ("page.css", "charts.css", "issued.css", "paper.css")
    text = issued_page(members, verified, entered, standing, language=language, styles=styles)
    return _printed(_drawn(text), PAGES[language])


def _drawn(text: str) -> str:
    """Return a page whose pictures bear their own styles: WeasyPrint gives them none of the page's."""
    styles = f"<style>{style_sheets('paper_pictures.css')}</style>"
    return re.sub(r"<svg\b[^>]*>", lambda found: found[0] + styles, text)


def _printed(text: str, foot: str) -> bytes:
    try:
        from weasyprint import CSS, HTML, URLFetcher
    except ImportError as error:
        raise CallError(
            Words("WeasyPrint, which makes the PDF, is not installed.", "未安装生成 PDF 的 WeasyPrint。"),
            Words("pip install 'steelyard[pdf]'", "pip install 'steelyard[pdf]'"),
        ) from error
    except OSError as error:  # its library for text is a system's package
        raise CallError(
            Words(f"WeasyPrint finds no Pango here ({error}).", f"WeasyPrint 找不到 Pango（{error}）。"),
            Words(
                "Install the system's package: libpango-1.0-0 and libpangoft2-1.0-0 on Debian.",
                "请安装系统软件包：Debian 为 libpango-1.0-0 与 libpangoft2-1.0-0。",
            ),
        ) from None
    numbers = CSS(string=f"@page {{ @bottom-right {{ content: {foot}; }} }}")
    with _missing_characters() as missing:
        made = HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(
            stylesheets=[numbers], pdf_tags=True
        )
    if missing:
        raise _unprintable(missing)
    assert isinstance(made, bytes)
    return made


def _unprintable(missing: set[str]) -> BenchError:
    """Return that no font here has some characters: which, and what to do about them."""
    each = sorted(set("".join(missing)))
    some = [f"{one} (U+{ord(one):04X})" for one in each[:20]]
    more = Words("", "") if len(each) <= 20 else Words(f" and {len(each) - 20} more", f"等 {len(each)} 个")
    what = Words(
        f"no font here has the characters {', '.join(some)}{more.en}", f"没有字体含以下字符：{'、'.join(some)}{more.zh}"
    )
    if all(unicodedata.category(one).startswith(("S", "M")) for one in each):
        return BenchError(
            what,
            Words(
                "Write it in words (it may stand in the particulars), or install a font that has it.",
                "请改用文字表述（字符可能出自报告信息），或安装含该字符的字体。",
            ),
        )
    return BenchError(
        what,
        Words(
            "Install a font that has them; Chinese ones are in the package fonts-noto-cjk on Debian.",
            "请安装含上述字符的字体；中文字体的 Debian 软件包为 fonts-noto-cjk。",
        ),
    )


@contextmanager
def _missing_characters() -> Iterator[set[str]]:
    """Gather the characters that no font has; WeasyPrint tells its log alone."""
    found = set[str]()

    class Gather(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "notdef" in str(record.msg) and isinstance(record.args, tuple):
                found.add(str(record.args[0]))

    logger, handler = logging.getLogger(LOGGER), Gather()
    before = logger.propagate, logger.handlers[:]
    logger.handlers, logger.propagate = [handler], False
    try:
        yield found
    finally:
        logger.propagate, logger.handlers = before
