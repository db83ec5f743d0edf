"""Judges what real recognisers, a detector and a diarisation said, and writes ``docs/speech-results.md``.

``make speech``. A section is a function that yields Markdown. Nothing is drawn at random: a page changes only where
what is measured does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from steelyard import fields
from steelyard.core.method import Method
from steelyard.core.sample import Records, Samples
from steelyard.data import declared
from steelyard.fields.speech.diarisation import OVERLAPS, diarisation_errors
from steelyard.library.store import open_set
from steelyard.library.stored_set import StoredSet
from steelyard.references import pocketsphinx_english, spoken_digits, webrtc_vad
from steelyard.stats.estimate import estimate

PAGE = Path(__file__).parents[2] / "docs" / "speech-results.md"
HEAD = """\
# What real recognisers come to

What [the methods of speech](speech.md) say of real answers: a Mandarin recogniser on the test set of AISHELL-1, a
recogniser of a NIST evaluation, PocketSphinx, a small recogniser of digits, a detector of speech, a diarisation.
`make speech` computes everything anew from the sets, and writes this page; nothing here is a verdict.
"""
NORMALISERS = (
    "verbatim/1",
    "zh/1",
    "zh/1+case/1",
    "zh/1+erhua/1",
    "numerals/1+zh/1",
    "numerals/1+zh/1+case/1+erhua/1",
)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], texts: int = 1) -> str:
    """Return a table in Markdown, whose columns after the first ``texts`` are numbers."""
    marks = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (head, marks, *rows))


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share as it is printed; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def paragraph(*parts: str) -> str:
    """Return a paragraph, its lines broken."""
    return fill(" ".join(parts), 118, break_long_words=False, break_on_hyphens=False) + "\n"


def column(opened: StoredSet, name: str) -> list[Any]:
    """Return a column of a set, in its order."""
    return [value for batch in opened.batches([name]) for value in batch.column(0).to_pylist()]


def recorded(opened: StoredSet, name: str) -> list[Any]:
    """Return the recorded answers of a product, in the set's order."""
    found = opened.answers(name)
    said = dict(zip(found["id"].to_pylist(), found["output"].to_pylist(), strict=True))
    return [said[each] for each in column(opened, "id")]


def counts(method: Method, references: Sequence[Any], outputs: Sequence[Any]) -> Mapping[str, Any]:
    """Return the method's columns, float64[n] each."""
    positions = np.arange(len(references))
    indicator = method.indicators[0]
    samples = Samples(references, positions, positions[:, None])
    rows = indicator.rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs)))
    return dict(zip(indicator.columns, rows.values.T, strict=True))


def whole(column: Any) -> str:
    """Return the sum of a column of whole numbers, as it is printed."""
    return f"{round(float(column.sum())):,}"


ERRORS = ("substitutions", "deletions", "insertions")


def normalisers() -> Iterator[str]:
    """AISHELL-1 under each normaliser."""
    opened = open_set("aishell1-test-hyp-zh")
    references, outputs = column(opened, "reference"), recorded(opened, "decoder")
    rows = []
    for name in NORMALISERS:
        found = counts(fields.find("speech.recognition", {"normaliser": name}), references, outputs)
        errors = sum(float(found[each].sum()) for each in ERRORS)
        right = 1 - float(found["wrong_sentences"].mean())
        rate = errors / float(found["characters"].sum())
        sums = [whole(found[each]) for each in (*ERRORS, "characters")]
        rows.append([f"`{name}`", *sums, percent(rate, 3), percent(right)])
    yield "## How far a normaliser moves the number: AISHELL-1\n"
    yield paragraph(
        "A real Mandarin recogniser's recorded answers to the whole test set",
        "(7,176 utterances, read speech, one scene).",
        "Its own log states 5,536 substitutions, 528 deletions, 172 insertions over 104,765 characters.",
    )
    head = ["normaliser", "S", "D", "I", "characters", "character error rate", "sentences right"]
    yield table(head, rows)
    yield "\n" + paragraph(
        "References and answers are written without punctuation, so that",
        "`zh/1` changes nothing here; `case/1` forgives",
        "two letters. Numerals move it most: a number then weighs by its",
        "figures (一亿: nine characters), and so does what is wrong",
        "in it; two ways to say it are one. None of it is wrong;",
        "whoever compares two numbers must compare the same one.",
    )


def speakers() -> Iterator[str]:
    """AISHELL-1 by speaker."""
    opened = open_set("aishell1-test-hyp-zh")
    codes, names = opened.codes("speaker")
    method = fields.find("speech.recognition")
    references, outputs = column(opened, "reference"), recorded(opened, "decoder")
    found = counts(method, references, outputs)
    rows = []
    for code, name in enumerate(names):
        mine = codes == code
        errors = sum(float(found[each][mine].sum()) for each in ERRORS)
        rate = errors / float(found["characters"][mine].sum())
        rows.append([name, int(mine.sum()), whole(found["characters"][mine]), f"{errors:.0f}", percent(rate), rate])
    rows.sort(key=lambda row: row[-1])
    samples = Samples(references, np.arange(len(references)), codes[:, None])
    records = Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))
    accuracy = method.indicator("character_accuracy")
    bounds = estimate(accuracy, [accuracy.rows(samples, records)], len(names), 0.95)
    yield "## AISHELL-1 by speaker, `zh/1`\n"
    head = ["speaker", "utterances", "characters", "errors", "character error rate"]
    yield table(head, [row[:-1] for row in rows])
    yield "\n" + paragraph(
        f"The worst of twenty speakers has {rows[-1][-1] / rows[0][-1]:.1f}",
        "times the error rate of the best. Character",
        f"accuracy {percent(bounds.value)}, with one-sided 95 % bounds over",
        f"speakers {percent(bounds.lower)} and",
        f"{percent(bounds.upper)}: below the 96 % of the plan of 2017 on this scene.",
    )


def csrnab() -> Iterator[str]:
    """NIST's case csrnab by speaker."""
    opened = open_set("nist-sctk-csrnab")
    codes, names = opened.codes("speaker")
    method = fields.find("speech.words", {"normaliser": "case/1", "reference": "sclite"})
    found = counts(method, column(opened, "reference"), recorded(opened, "csrnab"))
    rows = []
    for name, mine in [*((name, codes == code) for code, name in enumerate(names)), ("all", codes >= 0)]:
        words = float(found["words"][mine].sum())
        shares = [float(found[each][mine].sum()) / words for each in ERRORS]
        correct = 1 - shares[0] - shares[1]
        wrong = float(found["wrong_sentences"][mine].mean())
        each = [percent(share, 1) for share in (correct, *shares, sum(shares), wrong)]
        rows.append([name, int(mine.sum()), f"{words:,.0f}", *each])
    yield "## NIST's case csrnab\n"
    yield "51 English sentences, as sclite counts them: each figure is that of its own report (`base/test1`).\n"
    yield table(["speaker", "sentences", "words", "Corr", "Sub", "Del", "Ins", "Err", "S.Err"], rows)
    yield ""


def english() -> Iterator[str]:
    """PocketSphinx on the English recordings."""
    product, method = pocketsphinx_english.Product(), fields.find("speech.words")
    rows, sums = [], Counter[str]()
    for name in ("aishell1-librispeech-samples", "christmas-phrase"):
        opened = open_set(name)
        kind = declared(opened.card.input or {})
        for sample, stored, reference in zip(
            column(opened, "id"), column(opened, "input"), column(opened, "reference"), strict=True
        ):
            if not reference.isascii():
                continue  # the recording in Mandarin
            said = product(kind.load(stored))
            found = {each: float(values.sum()) for each, values in counts(method, [reference], [said]).items()}
            sums.update({each: round(value) for each, value in found.items()})
            errors = [f"{found[each]:.0f}" for each in ERRORS]
            rows.append([sample, escape(reference.lower()), escape(said), *errors, f"{found['words']:.0f}"])
    rate = sum(sums[each] for each in ERRORS) / sums["words"]
    yield "## PocketSphinx on English, `en/1`\n"
    yield table(["recording", "was said", "was heard", "S", "D", "I", "words"], rows, texts=3)
    yield "\n" + paragraph(
        f"{sum(sums[each] for each in ERRORS)} errors in {sums['words']} words",
        f"of five recordings: {percent(rate, 1)}.",
        "It mistakes short words for one another (*as* → *has*, *yet* →",
        "*get*), and hears common words for rare ones",
        "(*the sin which man* → *the sandwich man*); a spelling that is not the reader's is an error too.",
    )


def digits() -> Iterator[str]:
    """Digits of speakers that the recogniser never heard."""
    product = spoken_digits.Product()
    opened = open_set("fsdd-digits-en-by-speaker")
    kind = declared(opened.card.input or {})
    codes, names = opened.codes("speaker")
    inputs, references = column(opened, "input"), column(opened, "reference")
    test = opened.positions("test").tolist()
    said = {place: product(kind.load(inputs[place])) for place in test}
    yield "## Spoken digits, by voices that were never heard\n"
    yield "`reference:spoken_digits`: trained on george, jackson and lucas; nothing was tuned on the three others.\n"
    rows = []
    for code in sorted({int(codes[place]) for place in test}):
        mine = [place for place in test if codes[place] == code]
        right = sum(said[place] == references[place] for place in mine)
        rows.append([names[code], len(mine), right, percent(right / len(mine), 1)])
    right = sum(said[place] == references[place] for place in test)
    rows.append(["all", len(test), right, percent(right / len(test), 1)])
    yield table(["speaker", "recordings", "right", "command accuracy"], rows)
    yield "\nWhat was said (rows), and what was heard (columns):\n"
    words = sorted({references[place] for place in test}, key=spoken_words().index)
    pairs = Counter((references[place], said[place]) for place in test)
    yield table(["", *words], [[word, *(pairs[word, other] or "" for other in words)] for word in words])
    yield "\nOn one voice it is right three times of four, on another once in three: they tell nothing of a fourth.\n"


def spoken_words() -> list[str]:
    """Return the vocabulary, in the order of the digits."""
    return fields.find("speech.commands").output.schema()["enum"]  # type: ignore[no-any-return]


def activity() -> Iterator[str]:
    """WebRTC's detector on six chunks."""
    product, method = webrtc_vad.Product(), fields.find("speech.activity")
    opened = open_set("voice-activity-chunks")
    kind = declared(opened.card.input or {})
    references = column(opened, "reference")
    outputs = [product(kind.load(stored)) for stored in column(opened, "input")]
    found = counts(method, references, outputs)
    shown = kind_of_segments(method)
    rows = [
        [name, shown(reference), shown(said), *(f"{found[each][place]:.0f}" for each in found)]
        for place, (name, reference, said) in enumerate(zip(column(opened, "id"), references, outputs, strict=True))
    ]
    rows.append(["all", "", "", *(f"{values.sum():.0f}" for values in found.values())])
    miss = float(found["missed"].sum() / found["speech"].sum())
    alarm = float(found["false_alarms"].sum() / found["silence"].sum())
    yield "## Speech activity: six chunks of two seconds\n"
    head = ["chunk", "speech (s)", "`reference:webrtc_vad`", "speech (ms)", "missed", "silence (ms)", "false alarms"]
    yield table(head, rows, texts=3)
    yield "\n" + paragraph(
        f"Misses {percent(miss)}, false alarms {percent(alarm)}, detection cost",
        "0.75 · misses + 0.25 · false alarms =",
        f"{0.75 * miss + 0.25 * alarm:.4f}. To say *speech* always costs 0.25,",
        "to say nothing at all 0.75. It runs on",
        "after speech has ended.",
    )


def kind_of_segments(method: Method) -> Any:
    """Return what writes stretches as a reader takes them in."""
    return lambda stretches: method.output.html(stretches).partition(": ")[2].replace(" s", "") or "–"


def diarisation() -> Iterator[str]:
    """Yield a recorded system on a meeting, by what is left out."""
    opened = open_set("ami-es2014c-diarisation")
    reference, output = column(opened, "reference")[0], recorded(opened, "speechbrain")[0]
    rows = []
    for overlap in OVERLAPS:
        for collar in (0.0, 0.25):
            speech, *errors = diarisation_errors(reference, output, collar, overlap == "scored")
            shares = [percent(each / speech) for each in errors]
            rows.append([overlap, f"{collar:g} s", f"{speech / 1000:,.1f}", *shares, percent(sum(errors) / speech)])
    yield "## Who spoke when: a meeting of AMI\n"
    yield "SpeechBrain's system on ES2014c, told where speech is. The same answers, by what is left out of the score:\n"
    head = ["overlap", "collar", "speakers' time (s)", "missed", "confused", "false alarms", "error rate"]
    yield table(head, rows)
    yield "\n" + paragraph(
        "SpeechBrain publishes 7.17 % for these two files (collar 0.25 s,",
        "overlap left out). pyannote.metrics says the",
        "same of each row, NIST's md-eval of those with a collar. The number",
        "of a paper without its collar says little.",
    )


QUICK = (normalisers, speakers, csrnab, activity, diarisation)
"""What a test computes anew."""
SECTIONS = (normalisers, speakers, csrnab, english, digits, activity, diarisation)


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(part for section in SECTIONS for part in section())])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE}")
