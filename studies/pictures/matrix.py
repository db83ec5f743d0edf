"""What was said against what was heard: the darker a cell, the larger its share of its row."""

from __future__ import annotations

from collections.abc import Sequence

from studies.pictures.frame import PAD, WIDTH, box, picture, said, text, width_of

from steelyard.core.words import Words

TOP, CELL_HEIGHT = 52, 26


def matrix(
    title: Words, rows: Words, columns: Words, names: Sequence[str], counts: Sequence[Sequence[int]], language: str
) -> str:
    """Return the picture: a row for each word that was said, a column for each that was heard."""
    left = PAD + max(map(width_of, names)) + 10
    cell = (WIDTH - PAD - left) / len(names)
    parts = [
        text(PAD, TOP, f"{said(rows, language)} ↓", "soft"),
        text(WIDTH - PAD, TOP, f"{said(columns, language)} →", "soft", "end"),
    ]
    top = TOP + 28
    for place, name in enumerate(names):
        parts.append(text(left + cell * (place + 0.5), top - 8, name, "soft", "middle"))
        parts.append(text(left - 10, top + CELL_HEIGHT * place + 18, name, "", "end"))
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            x, y = left + cell * column, top + CELL_HEIGHT * row
            right = row == column
            parts.append(box(x + 1, y + 1, cell - 2, CELL_HEIGHT - 2, "rule", 0.35))
            if count:
                share = count / sum(line)
                shade = 0.12 + 0.45 * share
                parts.append(box(x + 1, y + 1, cell - 2, CELL_HEIGHT - 2, "good" if right else "bad", shade))
                parts.append(text(x + cell / 2, y + 18, str(count), "strong" if right else "", "middle"))
    right_ones, every = sum(counts[place][place] for place in range(len(names))), sum(map(sum, counts))
    described = f"{said(title, language)}: {right_ones} / {every}"
    return picture(said(title, language), described, top + CELL_HEIGHT * len(names) + PAD, parts)
