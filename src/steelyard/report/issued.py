"""The page that is issued: made from a bundle once all its checks hold, with who stands for it and what was proved."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.canonical import sha256
from steelyard.core.words import Words
from steelyard.report._templates import style_sheets, template
from steelyard.report.confusion import Confusion, confusion
from steelyard.report.latency import Latency, latency
from steelyard.report.page import context
from steelyard.report.particulars.checked import Unnamed
from steelyard.report.particulars.particulars import Particulars
from steelyard.report.particulars.read import is_recorded, numbered
from steelyard.report.particulars.shown import STATEMENTS, Row, shown
from steelyard.report.proof.bundle import MANIFEST
from steelyard.report.proof.unpacked import Bundled
from steelyard.report.proof.verified import Verified
from steelyard.report.rebuilt import has_rows, rebuilt
from steelyard.report.reliability import Reliability, reliability
from steelyard.report.report import Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


HEAD_OF_NAME, HEAD = 60, 100
"""Letters of the laboratory's name, and of it with the report's number, for which a page's head has room."""
COLUMN = 300
"""Letters that a column holds well, and twice as many as Chinese characters."""


@dataclass(frozen=True)
class Entered:
    """Where the report stands in a transparency log, by a receipt that was checked."""

    index: int
    size: int
    at: str
    """When it was entered, by the keeper's clock."""
    root: str
    head_at: str
    signed: tuple[str, ...]
    """Names of trusted keys that signed the log's head."""


class Standing(NamedTuple):
    """Whether others may rely on the report, by a log, on the day on which the page was made."""

    valid: bool
    words: Words
    exit_code: int
    """With which ``steelyard verify --log`` ends."""


@dataclass(frozen=True)
class Issued:
    """What the page says beside the report."""

    number: str
    """Unique, on every page."""
    bundle: str
    """Digest of the manifest."""
    particulars: Particulars | None
    groups: Sequence[tuple[Words, Sequence[Row]]]
    """The particulars as they are shown."""
    statements: Sequence[Words]
    """Of what a laboratory received and approves; none where no laboratory is named."""
    verified: Verified
    entered: Entered | None
    standing: Standing | None
    latency: Latency | None
    confusion: Confusion | None
    reliability: Reliability | None
    among: Mapping[str, Sequence[str]]
    """Of groups, all members that the split has; none are known where the rows are withheld."""

    @property
    def title(self) -> Words:
        """Title of the document."""
        return Words(f"Test report {self.number}", f"检测报告 {self.number}")

    @property
    def halves(self) -> tuple[Sequence[tuple[Words, Sequence[Row]]], ...]:
        """The particulars for two columns: who, for whom and what; when and how."""
        return self.groups[:3], self.groups[3:]

    @property
    def roomy(self) -> bool:
        """Whether a text is too long for a column."""
        values = [value for _, rows in self.groups for _, value in rows]
        return any(len(value.en) > COLUMN or len(value.zh) > COLUMN / 2 for value in values)

    @property
    def repeated(self) -> Mapping[str, bool]:
        """Whether the head of each page has room for the laboratory's name, by language."""
        if self.particulars is None:
            return {}
        name, title = self.particulars.laboratory.name, self.title
        widths = {"en": (_wide(name.en), _wide(title.en)), "zh": (_wide(name.zh), _wide(title.zh))}
        return {each: own <= HEAD_OF_NAME and own + number <= HEAD for each, (own, number) in widths.items()}

    @property
    def unsigned(self) -> Words | None:
        """Who has not signed it, in the place where a letterhead would have it believed; None where somebody has."""
        if self.verified.signed.trusted:
            return None
        if self.verified.signed.unknown:
            return Words("Signed by nobody who is trusted here.", "没有此处信任的签名。")
        return Words("Signed by nobody.", "无人签名。")

    @property
    def warnings(self) -> list[Words]:
        """What a reader must know before all else: it stands above the verdict, and on each sheet of paper."""
        fallen = [] if self.standing is None or self.standing.valid else [self.standing.words]
        return fallen if self.unsigned is None else [*fallen, self.unsigned]

    @property
    def proved(self) -> list[Words]:
        """What was checked and holds."""
        return [each.what for each in self.verified.checks if not isinstance(each.what, Unnamed)]


def _wide(text: str) -> int:
    """Return the width of a text in letters: those of Chinese are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def issued(
    members: Mapping[str, bytes],
    verified: Verified,
    entered: Entered | None = None,
    standing: Standing | None = None,
) -> tuple[Report, Issued]:
    """Return the report of a bundle, and what its page says beside.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the bundle.
    verified : Verified
        What came of checking it; all must hold.
    entered : Entered, optional
        Where it stands in a log.
    standing : Standing, optional
        Whether it is valid today, by a log.

    Raises
    ------
    ValueError
        Where something does not hold: nobody makes a page of what is not so.
    """
    if not verified.holds:
        raise ValueError("the bundle does not hold")
    bundled = Bundled(members)
    digest = sha256(members[MANIFEST])
    told = bundled.particulars
    seconds, answered = _records(members)
    tables = list(_tables(bundled)) if has_rows(bundled) else []
    return rebuilt(bundled), Issued(
        number=numbered(digest) if told is None else told.identification,
        bundle=digest,
        particulars=told,
        groups=[] if told is None else shown(told),
        statements=[] if told is None else STATEMENTS,  # they speak of a laboratory and of what it received
        verified=verified,
        entered=entered,
        standing=standing,
        # Of answers that were recorded nobody measured a time; where none was measured, all are zero.
        latency=None if is_recorded(bundled.plan) or not seconds[answered].any() else latency(seconds, answered),
        confusion=next(filter(None, (confusion(*each) for each in tables)), None),
        reliability=next(filter(None, (reliability(*each) for each in tables)), None),
        among=_among(bundled) if has_rows(bundled) and bundled.report["sealed"] is None else {},
    )


def _among(bundled: Bundled) -> dict[str, list[str]]:
    """Return all members that the split has of each group."""
    import numpy as np

    codes = bundled.basis[1].codes
    groups = [column for column in bundled.card.groups if column in codes]
    return {column: [codes[column][1][code] for code in np.unique(codes[column][0]).tolist()] for column in groups}


def issued_page(
    members: Mapping[str, bytes],
    verified: Verified,
    entered: Entered | None = None,
    standing: Standing | None = None,
    *,
    language: str | None = None,
    styles: Sequence[str] = ("page.css", "charts.css", "issued.css"),
) -> str:
    """Return the page of a bundle.

    Parameters
    ----------
    members, verified, entered, standing
        As `issued` takes them.
    language : str, optional
        ``en`` or ``zh`` for one language without a script, as on paper; by default both, with a switch.
    styles : sequence of str
        Style sheets.
    """
    report, beside = issued(members, verified, entered, standing)
    return template("page.html").render(
        **context(report, beside.among),
        css=style_sheets(*styles),
        language=language,
        issued=beside,
        mistakes=[],
        command=None,
    )


def _records(members: Mapping[str, bytes]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the seconds of each record, and whether it holds an answer."""
    from steelyard.report.proof.evidence import loaded

    seconds = loaded(members["records/seconds.npy"], 1, float_=True)
    return seconds, loaded(members["records/faults.npy"], 1) == 0


def _tables(bundled: Bundled) -> Iterator[tuple[Sequence[str], NDArray[np.float64]]]:
    """Yield the columns and rows, over all rounds, of each indicator that is required; the deciding reading first."""
    import numpy as np

    basis, scored = bundled.basis
    for reading, method in zip(basis.readings, basis.methods, strict=True):
        for requirement in reading.requirements:
            indicator = method.indicator(requirement.indicator)
            rows = [each.rows(indicator, reading.cluster).values for each in scored.rounds]
            yield indicator.columns, np.concatenate(rows)
