"""Closes again, after a restore, what was erased since the backup was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.actor import Actor
from privacy.actions.keep_ledger_outside import keep_ledger_outside
from privacy.actions.replay_erasures import replay_erasures
from privacy.queries.restoration import LedgerLost, replay_is_pending


class Command(BaseCommand):
    help = (
        "After a restore: close at once every customer and person that the ledger outside the database names and the "
        "database does not know of; the retention engine then erases them. Safe to repeat. Workers do the same before "
        "their first job."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--ledger-is-lost",
            action="store_true",
            help="the ledger outside is gone for good: write it anew from what this database knows of it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["ledger_is_lost"]:
            self.stdout.write(f"Written outside: {keep_ledger_outside()}.")
        try:
            replay_is_pending()
        except LedgerLost as error:
            raise CommandError("There is no ledger in ERASURE_LEDGER_DIR: is its disk there?") from error
        closed = replay_erasures(actor=Actor.system("privacy.replay_erasures"), now=clock.now())
        self.stdout.write(f"Closed again: {closed}. They are erased by the retention engine from here on.")
