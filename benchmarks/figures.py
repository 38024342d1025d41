"""How figures are told: `name value unit (goal ...)`, a line each; on request as the table of docs/performance.md."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path("docs/performance.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
_LINE = re.compile(r"(\S+) (-?[\d.]+) (.+?)(?: \(goal (\S+)\))?")
_told: list[str] = []


def report(name: str, value: float, unit: str, goal: float | None = None) -> None:
    """Print one figure; a later figure of that name is another unit of the same."""
    tell(f"{name} {value:.2f} {unit}" + (f" (goal {goal:g})" if goal is not None else ""))


def tell(lines: str) -> None:
    """Print figures that another process has reported."""
    for line in lines.splitlines():
        print(line, flush=True)
        _told.append(line)


def write_table() -> None:
    """Put what this run has told into the document, between its marks."""
    found = [match.groups("") for match in map(_LINE.fullmatch, _told) if match]
    rows = "".join(f"| {' | '.join(figure)} |\n" for figure in found)
    text = DOCUMENT.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}| Figure | Value | Unit | Goal |\n|---|---|---|---|\n{rows}{END}{after}")
