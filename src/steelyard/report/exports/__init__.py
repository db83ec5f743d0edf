"""The formats that a verified report goes out in: one file, one format.

A format says what it is (``ABOUT``), of which media type (``MEDIA_TYPE``), how its files end (``ENDING``), and makes
its bytes (``export``). Bytes follow from the bundle alone: not from the clock, the language, the machine, or whom its
reader trusts. Words that people read stand there in both languages, numbers as the report has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from steelyard.core.errors import EvidenceError
from steelyard.core.plugins import load, plugins
from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.report.report import Report

KIND = Words("format of export", "导出格式")


@dataclass(frozen=True)
class VerifiedReport:
    """A report whose bundle holds: every number was computed again from its rows.

    Of a run on a sealed set the rows are withheld: then its numbers rest on whoever signed, nobody computed them again,
    and it says so first among what is not claimed.
    """

    report: Report
    bundle: str
    """Digest of the manifest, and so of all that is in the bundle: ``sha256:…``."""
    plan_digest: str
    withheld: bool = False
    """Whether the bundle withholds the rows that numbers follow from."""

    @property
    def urn(self) -> str:
        """The bundle's name where an address is asked for."""
        return f"urn:steelyard:bundle:{self.bundle}"


def names() -> list[str]:
    """Return the names of all formats, as the command line has them.

    Examples
    --------
    >>> names()
    ['csv', 'cyclonedx', 'junit', 'model-card', 'sarif']
    """
    return [name.replace("_", "-") for name in plugins(__name__)]


def find(name: str) -> ModuleType:
    """Return the format of this name.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    from steelyard.core.errors import UnknownName

    if name not in (known := names()):
        raise UnknownName(KIND, name, known)
    return load(__name__, name.replace("-", "_"), KIND)


def verified_report(members: Mapping[str, bytes], where: Path) -> VerifiedReport:
    """Return the report of a bundle once all that can be computed again has been; ``where`` is named in the error.

    Raises
    ------
    EvidenceError
        Where something does not hold: such a report is never exported.
    """
    from dataclasses import replace

    from pydantic import TypeAdapter, ValidationError

    from steelyard.core.canonical import sha256
    from steelyard.report.proof.bundle import MANIFEST
    from steelyard.report.proof.unpacked import BadEvidence, Bundled
    from steelyard.report.proof.verified import REST_ON_WORD, verified
    from steelyard.report.report import Report

    found = verified(members, [])
    for check in found.checks:
        if check.fault is not None:
            raise _does_not_hold(where, check.fault)
    try:
        said = Bundled(members).report
        report = TypeAdapter(Report).validate_python(dict(said))
    except (BadEvidence, ValidationError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise _does_not_hold(where, Words(f"report.json: {first}", f"report.json：{first}")) from None
    if found.withheld:
        report = replace(report, non_claims=(REST_ON_WORD, *report.non_claims))
    return VerifiedReport(report, sha256(members[MANIFEST]), str(said["plan_digest"]), found.withheld)


def _does_not_hold(where: Path, fault: Words) -> EvidenceError:
    return EvidenceError(
        Words(
            f"{where} does not hold, and is not exported: {fault.en.rstrip('.')}.",
            f"{where} 不成立，不予导出：{fault.zh.rstrip('。')}。",
        ),
        Words(f"See: steelyard verify {where}", f"参见：steelyard verify {where}"),
    )
