"""NTREX-128: English news in languages of East and Central Asia."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

LANGUAGES = {
    "bod": "Tibetan",
    "hmn": "Hmong",
    "kaz": "Kazakh",
    "kor": "Korean",
    "mon": "Mongolian",
    "uig": "Uyghur",
    "yue": "Cantonese",
    "zho-CN": "Chinese, simplified",
    "zho-TW": "Chinese, traditional",
}


def read(files: Mapping[str, Path]) -> Contents:
    """Return every sentence once for each language that it was translated into, from English."""
    import pyarrow as pa

    source = _lines(files["newstest2019-src.eng.txt"])
    documents = _lines(files["DOCUMENT_IDS.tsv"])
    columns: dict[str, list[object]] = {
        name: [] for name in ("id", "input", "reference", "language", "sentence", "document")
    }
    for code, language in LANGUAGES.items():
        name = f"newstest2019-ref.{code}.txt"
        translated = _lines(files[name])
        if not len(translated) == len(source) == len(documents):
            said = f"{len(translated)}/{len(source)}/{len(documents)}"
            raise SetError(Words(f"{name}: lines differ: {said}", f"{name}：行数不一致：{said}"))
        numbers = [f"{number:04d}" for number in range(1, len(source) + 1)]
        columns["id"] += [f"{code}-{number}" for number in numbers]
        columns["input"] += source
        columns["reference"] += [[text] for text in translated]
        columns["language"] += [language] * len(source)
        columns["sentence"] += numbers
        columns["document"] += documents
    return Contents(pa.table(columns))


def _lines(path: Path) -> list[str]:
    # Only line feeds end a sentence: splitlines would also cut at what stands inside one.
    return [line.removesuffix("\r") for line in path.read_text("utf-8").removesuffix("\n").split("\n")]
