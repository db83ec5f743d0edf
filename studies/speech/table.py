"""Judges what real recognisers, a detector and a diarisation said: writes ``docs/speech-results.md`` and its pictures.

``make speech``. A section is a file beside this one: ``section()`` yields Markdown, ``PICTURES`` draw the same numbers.
Nothing is drawn at random: a page changes only where what is measured does.
"""

from __future__ import annotations

from pathlib import Path

from studies.pictures.frame import LANGUAGES, write
from studies.speech import activity, csrnab, diarisation, digits, english, normalisers, speakers

PAGE = Path(__file__).parents[2] / "docs" / "speech-results.md"
HEAD = """\
# What real recognisers come to

What [the methods of speech](methods/README.md) say of real answers: a Mandarin recogniser on the test set of
AISHELL-1, a recogniser of a NIST evaluation, PocketSphinx, a small recogniser of digits, a detector of speech, a
diarisation. `make speech` computes everything anew from the sets, and writes this page and the pictures of the pages on
methods; nothing here is a verdict.
"""
QUICK = (normalisers, speakers, csrnab, activity, diarisation)
"""What a test computes anew."""
SECTIONS = (normalisers, speakers, csrnab, english, digits, activity, diarisation)


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(part for each in SECTIONS for part in each.section())])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    written = [PAGE]
    for each in SECTIONS:
        for name, draw in each.PICTURES.items():
            written += write(name, {language: draw(language) for language in LANGUAGES})
    print(f"wrote {', '.join(path.name for path in written)}")
