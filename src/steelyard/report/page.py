"""``report.html``: one file that opens from disk, in both languages, for whoever must read the verdict."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from steelyard.bench.durable import write_durably
from steelyard.bench.sums import present
from steelyard.bench.trial import Trial
from steelyard.core.product import OPEN, Limits
from steelyard.core.sample import Fault
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.home import home
from steelyard.report._bounds import bounds, scale, style
from steelyard.report._layout import quantity, remarks, spread, what
from steelyard.report._templates import style_sheets, template
from steelyard.report.curves import in_order
from steelyard.report.laboratory.budget import Budget, budgets
from steelyard.report.meaning import meaning
from steelyard.report.mistakes import Mistake
from steelyard.report.report import Report
from steelyard.specs.reader import FOLDER as SPECIFICATIONS

SHOWN = 12
"""Members of a group that are shown at once; the rest unfold."""
MOST_MEMBERS = 1_500
"""Members of all groups that are on a page, each about a kilobyte; those that did best are in report.json alone."""
MOST_FINDINGS = 30
"""Findings in the card of a reading, which paper lays out as a whole."""
MOST_BUDGETS = 30
"""Uncertainty budgets on a page, of what speaks most against the product; ``steelyard budget`` shows all."""
MOST_MEDIA = 3_000_000
"""Bytes of what was asked and said in a page; what does not fit is left out, and that is said."""
SYMBOLS = {
    Verdict.CONFORMS: '<path d="M7.5 12.5l3 3 6-6.5"/>',
    Verdict.DOES_NOT_CONFORM: '<path d="M8.5 8.5l7 7m0-7l-7 7"/>',
    Verdict.UNDETERMINED: '<path d="M9.3 9.3a2.8 2.8 0 1 1 4 2.6c-.9.4-1.3 1-1.3 1.9m0 2.9v.01"/>',
    Verdict.INVALID: '<path d="M12 7v6m0 3.5v.01"/>',
}
ASSURANCE = {
    "A": Words("sealed set, on the laboratory's machine", "密封数据集，在实验室机器上"),
    "B": Words("open set, the product was asked here", "公开数据集，在此向产品提问"),
    "C": Words("recorded answers, nobody watched", "答案记录，无人见证"),
}
SEALED = Words("sealed set, its keys not watched", "密封数据集，密钥的保管未见证")


@dataclass(frozen=True)
class _Shown:
    """A mistake as HTML."""

    sample: str
    title: Words
    input: Any
    difference: Any
    fault: Fault | None
    detail: Words | None
    large: bool
    """Whether something of it does not fit into the page."""


def page(report: Report, trial: Trial, mistakes: Sequence[Mistake]) -> str:
    """Return the report as one self-contained HTML page."""
    return template("page.html").render(
        **context(report, _members(report, trial)),
        css=style_sheets("page.css", "charts.css"),
        language=None,
        issued=None,
        mistakes=_shown(trial, mistakes),
        command=_command(report, trial),
    )


def _members(report: Report, trial: Trial) -> dict[str, list[str]]:
    """Return all members that the split has of each group that is shown; of a sealed set no more is said of them."""
    if report.sealed is not None:
        return {}
    split = trial.test_set.positions(report.plan.split)
    found = {}
    for column in filter(report.card.groups.__contains__, report.groups):
        codes = trial.test_set.codes(column)
        found[column] = [codes[1][code] for code in present(codes, split).tolist()]
    return found


def context(report: Report, among: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what the parts of a page (``parts/*.html``) show of a report, whatever page they stand on.

    Parameters
    ----------
    report : Report
        What is shown.
    among : mapping of str to sequence of str
        Of groups, all members: those without data have no finding.
    """
    from markupsafe import Markup

    card = report.card

    def axes(rows: Sequence[Finding]) -> dict[str, tuple[float, float]]:
        """Rows share an axis where they share a requirement."""
        alike: dict[str, list[Finding]] = {}
        for row in rows:
            alike.setdefault(row.requirement.name, []).append(row)
        return {name: scale(some) for name, some in alike.items()}

    def reading_of(judgement: Judgement) -> Any:
        return report.clause.reading(judgement.reading)

    most = max(SHOWN, MOST_MEMBERS // max(len(report.groups), 1))
    return {
        "report": report,
        "target": f"{report.plan.specification}#{report.clause.name}",
        "symbol": Markup(SYMBOLS[report.verdict]),  # noqa: S704 - our own constants
        "meaning": meaning(report),
        "only": report.only,
        "confidence": f"{report.plan.decision.confidence * 100:g} %",
        "name": style,
        "what": lambda finding: what(finding, card),
        "member": lambda finding: card.named(next(iter(finding.scope.values()))),
        "axes": axes,
        "bounds": lambda finding, axis: Markup(bounds(finding, axis)),  # noqa: S704 - numbers, and text that is escaped
        "quantity": quantity,
        "number": _number,
        "remarks": remarks(report.findings, card),
        "spread": spread,
        "most_findings": MOST_FINDINGS,
        "budgets": _most_telling(report),
        "budgets_left_out": max(sum(each.decides for each in report.findings) - MOST_BUDGETS, 0),
        "others": [finding for finding in report.findings if finding.estimate.beside],
        "reading_of": reading_of,
        "column_words": lambda column: card.groups.get(column) or card.units[column],
        "chart": lambda drawn: Markup(drawn.picture),  # noqa: S704 - numbers that we drew
        # Of too many the best are left out: these stand as they are, the worst first.
        "groups": {
            column: in_order(column, rows, card, among.get(column, ())) if len(rows) <= most else (rows, ())
            for column, rows in report.groups.items()
        },
        "shown": SHOWN,
        "most": most,
        "assurance": _assurance(report),
    }


def _most_telling(report: Report) -> list[Budget]:
    """Return the budgets that are on a page: of failures first, then of doubts; in the order of the findings."""
    all_ = budgets(report.findings, report.plan, report.card, report.repeatability)
    verdicts = [each.verdict for each in report.findings if each.decides]
    worst = [Verdict.INVALID, Verdict.DOES_NOT_CONFORM, Verdict.UNDETERMINED, Verdict.CONFORMS]
    places = sorted(range(len(all_)), key=lambda place: worst.index(verdicts[place]))[:MOST_BUDGETS]
    return [all_[place] for place in sorted(places)]


def _number(value: float) -> str:
    """Return a count as readers see it; sums of shares to six figures."""
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return f"{value:,}"


def _assurance(report: Report) -> Words:
    """Return what its assurance means for a run."""
    asked_here = report.plan.assurance == "B"
    return SEALED if asked_here and report.sealed is not None else ASSURANCE[report.plan.assurance]


def write_page(report: Report, trial: Trial, mistakes: Sequence[Mistake], out: Path) -> Path:
    """Write ``report.html`` in one step, and return its path."""
    path = out / "report.html"
    write_durably(path, page(report, trial, mistakes).encode())
    return path


def _shown(trial: Trial, mistakes: Sequence[Mistake]) -> list[_Shown]:
    """Return mistakes as HTML, by their data types; media only while the page stays small."""
    from markupsafe import Markup

    shown, room = [], MOST_MEDIA
    for mistake in mistakes:
        seen = trial.test_set.input
        asked = "" if seen is None else seen.html(mistake.input)
        difference = "" if mistake.fault else trial.method.difference(mistake.reference, mistake.output)
        large = [len(each.encode()) > room for each in (asked, difference)]
        asked, difference = ("" if left else each for left, each in zip(large, (asked, difference), strict=True))
        room -= len((asked + difference).encode())
        shown.append(
            _Shown(
                sample=mistake.sample,
                title=mistake.title,
                input=Markup(asked),  # noqa: S704 - data types escape what they show
                difference=Markup(difference),  # noqa: S704
                fault=mistake.fault,
                detail=mistake.detail,
                large=any(large),
            )
        )
    return shown


def _command(report: Report, trial: Trial) -> str | None:
    """Return the command that does the run again, or None for a function or a specification in memory."""
    plan = report.plan
    specification = _specification(trial)
    if specification is None or (plan.product.kind == "declared" and plan.product.uri.startswith("python:")):
        return None
    words = [
        "steelyard",
        "run",
        f"{specification}#{plan.clause.name}",
        "--product",
        plan.product.uri,
        "--set",
        _test_set(trial),
    ]
    words += ["--reading", plan.clause.readings[0].name]
    words += ["--limit", str(plan.limit)] if plan.limit is not None else []
    words += ["--seed", str(plan.seed)] if plan.seed != 0 else []
    words += ["--attempt", str(plan.attempt)] if plan.attempt is not None else []
    words += ["--repeats", str(plan.repeats)] if plan.repeats > 1 else []
    words += ["--sessions", str(plan.sessions)] if plan.sessions > 1 else []
    words += ["--sequential"] if plan.sequential is not None else []
    words += ["--isolate", plan.isolation] if plan.isolation != OPEN.name else []
    for field in fields(Limits):
        granted = getattr(plan.limits, field.name)
        if granted != getattr(Limits(), field.name):
            words += ["--grant", f"{field.name}={granted}"]
    return shlex.join(words)


def _specification(trial: Trial) -> str | None:
    """Return what names the specification on the command line: Steelyard's own with its edition, else its file."""
    path = Path(trial.specification.path)
    if path.parent == SPECIFICATIONS:
        return trial.plan.specification
    # What follows a number sign is read as the clause.
    return str(path) if path.suffix in (".yaml", ".yml") and "#" not in str(path) else None


def _test_set(trial: Trial) -> str:
    """Return what names the set on the command line: one of the library by its name, else its folder."""
    card, folder = trial.test_set.card, trial.test_set.folder
    if folder == home() / "sets" / card.label:
        return card.name if card.name in store.names() else card.label
    # A bare name is the library's, whatever lies in the working directory.
    return str(folder) if "/" in str(folder) or str(folder).startswith(".") else f"./{folder}"
