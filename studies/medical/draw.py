"""Draws what the reference products on ``wdbc`` come to, for the pages on methods: ``make medical``."""

from __future__ import annotations

from studies.medical import diagnosis, probability
from studies.pictures.frame import LANGUAGES, write

SECTIONS = (diagnosis, probability)

if __name__ == "__main__":
    for each in SECTIONS:
        for name, draw in each.PICTURES.items():
            print(*write(name, {language: draw(language) for language in LANGUAGES}))
