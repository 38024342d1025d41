"""Closes again, after a restore, what was erased since the backup was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from kernel import clock
from kernel.actor import Actor
from privacy.actions.replay_erasures import replay_erasures
from privacy.gateways import ledger


class Command(BaseCommand):
    help = (
        "After a restore: close at once every customer and person that the ledger outside the database names and the "
        "database does not know of; the retention engine then erases them. Safe to repeat. Workers do the same before "
        "their first job."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if ledger.mark() is None:
            self.stderr.write("There is no ledger in ERASURE_LEDGER_DIR: is its disk there?")
        closed = replay_erasures(actor=Actor.system("privacy.replay_erasures"), now=clock.now())
        self.stdout.write(f"Closed again: {closed}. They are erased by the retention engine from here on.")
