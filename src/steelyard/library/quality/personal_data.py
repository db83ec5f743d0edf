"""Hints of personal data: numbers and addresses in text, faces and voices by type; what is found is never shown."""

from __future__ import annotations

from collections import defaultdict

from steelyard.core.words import Words
from steelyard.data._pixels import Pixels
from steelyard.data.audio import Audio
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity
from steelyard.library.quality._examination import Examination
from steelyard.library.quality._personal import PATTERNS, finds, suspects

REMEDY = Words(
    "Look whether they are real. If so: have the consent or another legal ground written on the card, or replace them "
    "(Personal Information Protection Law of China, articles 13, 28 and 73; GDPR articles 6 and 9).",
    "请核实是否真实。若是：在卡片中注明同意或其他合法依据，或予以替换（《个人信息保护法》第十三、二十八、七十三条）。",
)
HOW = Words(
    "patterns over all text columns: e-mail, telephone, public IP address, identity number and bank card with their "
    "check digits; faces and voices by data type only. Names and addresses in words are not looked for",
    "对全部文本列匹配：电子邮件、电话、公网 IP、带校验位的身份证号与银行卡号；"
    "人脸与声音仅按数据类型提示。不识别姓名与住址",
)


def find(examination: Examination) -> Outcome:
    """Return which samples may hold personal data; the data themselves are redacted."""
    met: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for name in examination.columns():
        _search(examination, name, met)
    found = [_finding(examination, column, kind, places) for (column, kind), places in met.items()]
    return Outcome((*found, *_by_type(examination)), examined=examination.rows, how=HOW)


def _search(examination: Examination, name: str, met: dict[tuple[str, str], list[tuple[int, str]]]) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    start = 0
    for column in examination.column(name):
        values, rows = column, np.arange(len(column))
        while pa.types.is_list(values.type):
            rows = rows[pc.list_parent_indices(values).to_numpy(zero_copy_only=False)]
            values = pc.list_flatten(values)
        if not pa.types.is_string(values.type):
            return
        for place in suspects(values):
            for kind, shown in finds(values[place].as_py()):
                met[name, kind].append((start + int(rows[place]), shown))
        start += len(column)


def _finding(examination: Examination, column: str, kind: str, places: list[tuple[int, str]]) -> Finding:
    pattern = PATTERNS[kind]
    by_row: dict[int, list[str]] = {}
    for row, shown in places:
        by_row.setdefault(row, []).append(shown)
    ids = examination.ids(list(by_row))
    return Finding(
        f"{column}.{kind}",
        pattern.severity,
        Words(
            f"column {column}: {len(by_row):,} samples hold {pattern.what.en}",
            f"列 {column}：{len(by_row):,} 个样本含{pattern.what.zh}",
        ),
        REMEDY,
        len(by_row),
        {"samples": len(by_row), "found": len(places)},
        tuple(
            Group((name,), (row,), Words(", ".join(shown[:5]), "、".join(shown[:5])))
            for name, (row, shown) in zip(ids, by_row.items(), strict=True)
        ),
    )


def _by_type(examination: Examination) -> list[Finding]:
    kind = examination.kind
    if isinstance(kind, Audio):
        what = Words("sounds: a voice is personal, and identifies", "声音：人声属于个人信息，可识别个人身份")
    elif isinstance(kind, Pixels):
        what = Words(
            "pictures: a face would be personal, and identify", "图像：若含人脸，则属于个人信息，可识别个人身份"
        )
    else:
        return []
    return [Finding(f"input.{type(kind).__name__.lower()}", Severity.NOTE, what, REMEDY, examination.rows)]


CHECK = Check("personal_data", Words("Does it hold personal data?", "是否含个人信息？"), find)
