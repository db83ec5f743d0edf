"""Writes the JSON Schemas that the package ships, from the types that the documents are written by.

    python tools/update_schemas.py [--check]

`--check` writes nothing, and ends with 1 where a file is not what the types say.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from steelyard.core import plan as plans
from steelyard.core.card import Card
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.registry.heads import Receipt
from steelyard.registry.kinds import NEEDED, OPTIONAL, WHAT
from steelyard.report import report
from steelyard.report.particulars import particulars
from steelyard.report.particulars.particulars import Particulars
from steelyard.report.proof import bundle
from steelyard.report.proof.attestation import JUDGED, Judged
from steelyard.report.proof.bundle import Manifest, RunNumber
from steelyard.report.proof.dsse import EnvelopeDocument
from steelyard.report.proof.evidence import Index
from steelyard.report.report import Report
from steelyard.report.schemas import ENDING
from steelyard.report.schemas.deriving import SCALARS, Deriving, head

FOLDER = Path(__file__).parents[1] / "src" / "steelyard" / "report" / "schemas"
ENTRY = Words("An entry of a transparency log: a line of entries.jsonl", "透明日志条目：entries.jsonl 的一行")
DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
TIME = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?[+-]\d{2}:\d{2}$",
    "description": "When it was made: ISO 8601, with the zone.",
}


class LockedPlan(TypedDict):
    """A plan and its digest."""

    digest: str
    plan: Plan


@dataclass(frozen=True)
class Document:
    """A document that is published: its type, what it is, and what the type does not say."""

    kind: type
    title: Words
    version: int = 1
    closed: bool = True
    """Whether the verifier refuses members that are not named."""
    changes: dict[str, Any] = field(default_factory=dict)


def version(format_: str) -> int:
    """Return the number at the end of a format's name."""
    return int(format_.rpartition("/")[2])


DOCUMENTS = {
    "manifest": Document(
        Manifest,
        Words("manifest.json of a bundle: what is signed", "报告包的 manifest.json：签名所及的内容"),
        version(bundle.FORMAT),
        changes={
            "format": {"const": bundle.FORMAT},
            "plan": DIGEST,
            "files": {"type": "object", "additionalProperties": DIGEST},
        },
    ),
    "report": Document(
        Report,
        Words(
            "report.json: what was tested, what was found, what is proved, and what is not claimed",
            "report.json：检测对象、所见、已证明者与不作声明者",
        ),
        version(report.FORMAT),
        changes={
            "format": {"const": report.FORMAT},
            "exit_code": {"enum": [0, 10, 11, 12], "description": "Exit code of steelyard run."},
            "plan_digest": DIGEST,
            "created": TIME,
        },
    ),
    "plan": Document(
        LockedPlan,
        Words(
            "plan.json: everything that decides a verdict, locked by its digest",
            "plan.json：决定判定的全部内容，以摘要锁定",
        ),
        version(plans.FORMAT),
        changes={"digest": DIGEST},
    ),
    "card": Document(Card, Words("card.json: what a test set says of itself", "card.json：数据集自述")),
    "particulars": Document(
        Particulars,
        Words(
            "particulars.json: what a laboratory says beside the numbers", "particulars.json：检测机构在数值之外的说明"
        ),
        version(particulars.FORMAT),
        changes={"format": {"const": particulars.FORMAT}},
    ),
    "run": Document(
        RunNumber,
        Words("run.json: the number by which a transparency log knows a run", "run.json：透明日志识别一次检测的编号"),
    ),
    "judged": Document(
        Judged,
        Words(
            f"The predicate {JUDGED} of an in-toto statement: what a verdict rests on",
            f"in-toto 声明的谓词 {JUDGED}：判定所依据者",
        ),
        int(JUDGED.rpartition(":")[2]),
        changes={"plan": DIGEST},
    ),
    "envelope": Document(
        EnvelopeDocument, Words("A DSSE envelope: signatures, and heads of a log", "DSSE 封装：签名与日志树头")
    ),
    "evidence-index": Document(
        Index,
        Words("evidence/index.json: what the arrays of a bundle are", "evidence/index.json：报告包中各数组的含义"),
    ),
    "receipt": Document(
        Receipt, Words("A receipt: what proves that an entry stands in a log", "回执：证明条目已在日志中"), closed=False
    ),
}


def schema(name: str) -> dict[str, Any]:
    """Return a schema, derived anew."""
    if name == "log-entry":
        return log_entry()
    document = DOCUMENTS[name]
    later = {field for fields in plans.LATER.values() for field in fields}
    deriving = Deriving(
        closed=document.closed,
        optional={Plan: later},
        omitted={Report: {"path"}},
        replaced={Receipt: {"head": EnvelopeDocument}},
    )
    made = deriving.document(
        document.kind, f"urn:steelyard:schema:{name}:{document.version}", document.title, document.changes
    )
    if "Plan" in made.get("$defs", {}):
        made["$defs"]["Plan"] |= _formats_of_plans(made["$defs"]["Plan"])
    return made


def _formats_of_plans(made: dict[str, Any]) -> dict[str, Any]:
    """Return what fields a plan of which format has."""
    every = {field for fields in plans.LATER.values() for field in fields}
    known = {plans.FORMAT: every} | {format_: every - {*left} for format_, left in plans.LATER.items()}
    made["properties"]["format"] = {"enum": list(known)}
    needs = [
        {"if": {"properties": {"format": {"const": format_}}}, "then": {"required": sorted(needed)}}
        for format_, needed in known.items()
        if needed
    ]
    return {"allOf": needs}


def _said(name: str) -> dict[str, Any]:
    return {"enum": [*WHAT]} if name == "recalls" else {"type": "string"}


def log_entry() -> dict[str, Any]:
    """Return the schema of a log's entries, of each kind."""
    beside = {name: {"type": {**SCALARS, dict: "object", list: "array"}[kind]} for name, kind in OPTIONAL.items()}
    kinds = [
        {
            "properties": {"kind": {"const": kind}, **{name: _said(name) for name in needed}},
            "required": ["kind", *needed],
        }
        for kind, needed in NEEDED.items()
    ]
    return {
        **head("urn:steelyard:schema:log-entry:1", ENTRY),
        "description": "What an entry of each kind says, and may say beside.",
        "type": "object",
        "properties": beside,
        "oneOf": kinds,
    }


def written(name: str) -> str:
    """Return a schema as its file has it."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write all schemas, or compare them."""
    stale = []
    wanted = {name + ENDING: written(name) for name in (*DOCUMENTS, "log-entry")}
    for name, text in wanted.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, "utf-8")
    for path in FOLDER.glob(f"*{ENDING}"):
        if path.name not in wanted:
            stale.append(path.name)
            if "--check" not in arguments:
                path.unlink()
    for name in stale:
        print(name)
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
