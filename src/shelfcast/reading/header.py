"""Where the column names of a sheet or a file of text stand: in its first row, or below lines of title.

    Sales report 2024                 Sales report 2024;;
                                      ;;
    date;item;quantity                date;item;quantity
    2024-01-01;tea;3                  2024-01-01;tea;3

Below titles they are looked for only where they are certain: the first row in which no cell is empty (but those of
columns that are empty altogether), after rows with fewer cells; none of its cells is a number, and at least one is of
another kind than what stands below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from .dates import look_like_days

LOOKED_AT = 20  # first rows that hold something

_NUMBER = re.compile(r"[^\w]*\d")


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of the first rows that hold something holds the column names; None if the first is a title and that is
    not certain of any other.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    used = {at for row in rows for at, cell in enumerate(row) if cell.strip()}
    width = len(used)  # a table may begin in the second column of its sheet, or have an empty one
    full = next((at for at, count in enumerate(filled) if count == width), 0)
    if full and _are_names(rows[full], rows[full + 1 :]):
        return full
    if filled[0] == width - 1 and not rows[0][min(used)].strip():
        return 0  # the index of a frame has no name
    return 0 if filled[0] >= min(width, 2) else None  # a table of sales has two columns at least


def refuse_title(name: str, place: str) -> NoReturn:
    """Raises SourceError: below the title at `place` no row is certain to hold the column names."""
    raise SourceError(
        f"{name}, {place} holds one cell where others hold more, as a title does, and no row below it is certain to be"
        " the one of the column names.",
        "Remove the lines above the column names, and give each column a name.",
    )


def passed_over(titles: int) -> str:
    """What the report says about lines of title, as the end of a list."""
    return f", without {titles:,} {'line' if titles == 1 else 'lines'} of title above the column names" * (titles > 0)


def _are_names(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    kinds = _kinds(row)
    if not below or (kinds == "number").any():
        return False
    under = np.array([_kinds([*cells, *[""] * len(row)][: len(row)]) for cells in below])
    return bool(((under != kinds).all(axis=0) & (under != "").any(axis=0)).any())


def _kinds(cells: Sequence[str]) -> NDArray[np.str_]:
    """`day`, `number`, `text` or nothing of each cell."""
    numbers = ["number" if _NUMBER.match(cell) else "text" if cell.strip() else "" for cell in cells]
    return np.where(look_like_days(cells), "day", numbers)
