"""What the copy of somebody's data holds: tables with their descriptions, what is left out, and pages for people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.queries.whose import Whose
from kernel.clock import legal_zone
from privacy.gateways.package import WrittenTable, sums_of, write_json, write_page, write_table
from privacy.queries.article15 import block
from privacy.queries.exports import Part, controllers, left_out, parts_of
from privacy.rules.exports import FORMAT, SHOWN_ROWS, schema_of, tells_everything


def fill(folder: Path, whose: Whose, *, request_id: str, kind: str, language: str, now: datetime) -> None:
    """Write all files but the list of digests, in the language of the moment."""
    parts = parts_of(whose, kind)
    written = [(part, _table(folder, part)) for part in parts]
    everything = tells_everything(kind)
    omitted = left_out() if everything else []
    context: dict[str, Any] = {
        "language": language,
        "request_id": request_id,
        "made_at": now,
        "zone": legal_zone(),
        "operator_name": settings.OPERATOR_NAME,
        "site": settings.BASE_URL,
        "everything": everything,
        "tables": [(part, table, _headings(part), _files(part)) for part, table in written if table.count],
        "empty": [part for part, table in written if not table.count],
        "left_out": omitted,
        "controllers": controllers(whose),
        "shown_rows": SHOWN_ROWS,
    }
    if everything:
        told = block(language)
        write_json(folder, "article15.json", told)
        write_page(folder, "article15.html", "privacy/package/article15.html", context | {"told": told})
        write_page(folder, "index.html", "privacy/package/index.html", context)
    write_page(folder, "README.txt", "privacy/package/readme.txt", context)
    write_json(folder, "manifest.json", _manifest(folder, written, context, kind))


def _table(folder: Path, part: Part) -> WrittenTable:
    table = write_table(folder, part.name, part.types, part.rows, show=SHOWN_ROWS)
    if table.count:
        write_json(folder, f"schema/{part.name}.json", schema_of(part.name, part.words, part.types, part.kinds))
    return table


def _headings(part: Part) -> list[str]:
    return [field.removesuffix("_id").replace("_", " ") for field in part.types]


def _files(part: Part) -> dict[str, str]:
    return {
        "csv": f"data/{part.name}.csv",
        "json": f"data/{part.name}.json",
        "schema": f"schema/{part.name}.json",
    }


def _manifest(
    folder: Path, written: list[tuple[Part, WrittenTable]], context: dict[str, Any], kind: str
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": context["made_at"],
        "made_by": context["operator_name"],
        "request": context["request_id"],
        "kind": kind,
        "language": context["language"],
        "tables": [
            {
                "name": part.name,
                "words": part.words,
                "rows": table.count,
                "purpose": part.why,
                "kept": part.kept,
                "withheld": [{"field": field, "reason": why} for field, why in part.withheld.items()],
            }
            for part, table in written
        ],
        "left_out": [{"name": name, "words": words, "reason": why} for name, words, why in context["left_out"]],
        "documents": {"ask": context["controllers"]},
        "sha256": sums_of(folder),
    }
