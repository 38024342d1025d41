"""Cells of files that people open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> str:
    """The text of a CSV cell that no spreadsheet runs as a formula.

    Text that somebody else chose (a name, an id) that begins with a formula character gets an
    apostrophe in front; numbers are left as they are.
    """
    text = "" if value is None else str(value)
    if isinstance(value, str) and text.startswith(FORMULA_STARTS):
        return "'" + text
    return text


def csv_line(cells: Iterable[object]) -> str:
    """One line of a CSV file, with its end, of cells that no spreadsheet runs."""
    text = StringIO()
    csv.writer(text).writerow(safe_cell(cell) for cell in cells)
    return text.getvalue()
