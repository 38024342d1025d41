"""Import what has arrived in the watched folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.utils.translation import override

from billing.actions.import_statement import StatementImportedAlready, import_statement
from billing.gateways.camt_folder import IMPORTED, REFUSED, file_statement, statements_in
from kernel.actor import Actor
from kernel.errors import Refusal


def collect_statements(*, actor: Actor, folder: str, now: datetime) -> int:
    """Import each file and move it to `imported` or `refused`, with the reason beside it; returns how many were new.

    A file is moved after its import is committed. Whoever is killed in between leaves it where it is: the next run
    finds that it was imported, and moves it.
    """
    actor.require("billing.manage")
    imported = 0
    for path, content in statements_in(Path(folder), now=now):
        with override("en"):
            into, words, new = _import(actor, path, content, now)
        file_statement(path, content, into=into, words=words)
        imported += new
    return imported


def _import(actor: Actor, path: Path, content: bytes, now: datetime) -> tuple[str, str, bool]:
    try:
        done = import_statement(actor=actor, content=content, file_name=path.name, now=now)
    except StatementImportedAlready as refusal:
        return IMPORTED, f"{refusal.code}: {refusal.detail}", False
    except Refusal as refusal:
        return REFUSED, f"{refusal.code}: {refusal.detail}", False
    told = f"{done.entries} payments, {done.new_entries} of them new, {done.unfit} entries not taken over"
    return IMPORTED, f"{done.statement_id}: {told}", True
