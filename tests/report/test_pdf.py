"""The report on paper: everything that a laboratory must say, its number on every page, nothing cut, nothing loaded."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from steelyard.core.errors import BenchError, CallError
from steelyard.report import pdf as printing
from steelyard.report.issued import Entered
from steelyard.report.particulars.particulars import MEMBER
from steelyard.report.particulars.shown import STATEMENTS
from steelyard.report.pdf import pdf
from steelyard.report.proof.keys import new_key, private_key
from steelyard.report.proof.signing import sign
from steelyard.report.proof.unpacked import Bundled
from steelyard.report.proof.verified import verified

Members = Mapping[str, bytes]
ENTERED = Entered(3, 12, "2026-03-04T05:06:07+00:00", "ab" * 32, "2026-03-05T00:00:00+00:00", ("keeper",))
FOOT = {"en": r"(\d+) of (\d+)", "zh": r"第 ?(\d+) ?页，共 ?(\d+) ?页"}
MUST = [
    *("laboratory.name", "laboratory.address", "laboratory.site", "customer.name", "customer.contact"),
    *("item.description", "item.condition", "item.identification", "sampling.plan", "sampling.method", "deviations"),
    *("environment", "external_providers.provider", "external_providers.results", "opinions.text", "opinions.by"),
    *("opinions.basis", "amendment.changes", "amendment.reason", "authorised_by.name", "authorised_by.function"),
    *("accreditation.body", "accreditation.scope", "customer_supplied", "use.intended", "use.population", "use.sites"),
]


class Printed(NamedTuple):
    """A bundle and its PDF, as somebody else's reader sees it."""

    members: Members
    language: str
    pdf: Any
    pages: list[str]


@pytest.fixture(scope="module")
def both(issued_members: Mapping[str, Members], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Printed]:
    """The report of a signed bundle in both languages; where none can be made here, tests are skipped and say so."""
    from pypdf import PdfReader

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(tmp_path_factory.mktemp("keys")))
        new_key("laboratory")
        key = private_key("laboratory")
    members = sign(issued_members["told"], key)
    checked = verified(members, [key.public])
    found = {}
    for language in ("en", "zh"):
        try:
            made = pdf(members, checked, ENTERED, language=language)
        except (BenchError, CallError) as error:
            pytest.skip(error.what.en)
        read = PdfReader(io.BytesIO(made))
        found[language] = Printed(members, language, read, [text_of(page) for page in read.pages])
    return found


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", page.extract_text())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_iso_17025_asks_for_is_there(language: str, both: Mapping[str, Printed]) -> None:
    found = both[language]
    text = re.sub(r"\s", "", "".join(found.pages))
    for place in MUST:
        said = {"en": f"said of {place}", "zh": f"说明 {place}"}[language]
        assert said.replace(" ", "") in text
    report, dates = Bundled(found.members).report, json.loads(found.members[MEMBER])["dates"]
    for said in (
        *("EX-2026-0007", dates["issued"], "No.amendment.replaces", "No.accreditation.number", ENTERED.root),
        *(report["plan"]["product"]["uri"], report["plan_digest"], report["plan"]["method"]),
        *(getattr(words, language).replace(" ", "") for words in STATEMENTS),
    ):
        assert said in text
    # Its number on every page, and which of how many it is; the end is marked.
    for number, page in enumerate(found.pages, 1):
        assert "EX-2026-0007" in page
        assert (str(number), str(len(found.pages))) in re.findall(FOOT[language], page)
    assert {"en": "End of report EX-2026-0007", "zh": "报告 EX-2026-0007 结束"}[language] in found.pages[-1]


def test_it_can_be_found_filed_and_read(both: Mapping[str, Printed]) -> None:
    found = both["en"].pdf
    assert found.metadata.title.startswith("Test report EX-2026-0007 · ")
    assert found.metadata.author == "said of laboratory.name"
    titles = [entry.title for entry in _flat(found.outline)]
    for title in ("Who tested what, for whom", "Requirements", "Opinions and interpretations", "Authorised"):
        assert title in titles
    root = found.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert not {"/AA", "/OpenAction"} & set(root)
    assert "/JavaScript" not in root.get("/Names", {})
    width, height = (float(found.pages[0].mediabox[place]) for place in (2, 3))
    assert (width, height) == pytest.approx((595.28, 841.89), abs=0.01)  # A4, ISO 216


def _flat(outline: Any) -> list[Any]:
    return [one for each in outline for one in (_flat(each) if isinstance(each, list) else [each])]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_stands_outside_of_the_margins(language: str, both: Mapping[str, Printed]) -> None:
    for page in both[language].pdf.pages:
        places: list[tuple[str, float, float]] = []

        def see(text: str, at: list[float], of: list[float], *_: Any, places: list[Any] = places) -> None:
            # Labels of a picture are placed within it, by their own measure.
            if text.strip() and not re.fullmatch(r"[\d.]+ (ms|s)", text.strip()):
                places.append(
                    (text.strip(), of[4] * at[0] + of[5] * at[2] + at[4], of[4] * at[1] + of[5] * at[3] + at[5])
                )

        page.extract_text(visitor_text=see)
        assert len(places) > 10
        # Points; margins are 17 mm beside, and the number and the foot stand within those above and below.
        assert [each for each in places if not (45 < each[1] < 596 - 45 and 20 < each[2] < 842 - 20)] == []


def test_without_weasyprint_it_says_what_to_install(
    issued_members: Mapping[str, Members], monkeypatch: pytest.MonkeyPatch
) -> None:
    members = issued_members["untold"]
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CallError) as caught:
        pdf(members, verified(members, []))
    assert "pip install 'steelyard[pdf]'" in caught.value.remedy.en  # type: ignore[union-attr]


def test_characters_that_no_font_has_are_not_passed_over() -> None:
    with printing._missing_characters() as missing:
        logger = logging.getLogger(printing.LOGGER)
        # As WeasyPrint words it: weasyprint/draw/text.py.
        logger.warning('.notdef glyph rendered for Unicode string unsupported by fonts: "%s" (U+%04X)', "龘", 0x9F98)
        logger.warning("Ignored `text-wrap: balance` at 1:1, unknown property.")
    assert missing == {"龘"}
    assert not any(isinstance(each, logging.Handler) and "Gather" in type(each).__name__ for each in logger.handlers)


def test_a_character_without_a_font_is_an_error() -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    with pytest.raises(BenchError) as caught:
        printing._printed("<p>\U000f0000</p>", '""')  # for private use: no font has it
    assert "fonts-noto-cjk" in caught.value.remedy.en  # type: ignore[union-attr]


def test_a_page_loads_nothing(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"none of its business")
    made = printing._printed(
        f'<p>words</p><img src="{secret.as_uri()}"><link rel="attachment" href="{secret.as_uri()}">', '""'
    )
    assert b"none of its business" not in made
    assert b"EmbeddedFile" not in made
