"""Writes the journal for the bookkeeper."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.queries.ledger import JOURNAL_COLUMNS, journal
from kernel.cells import csv_line


class Command(BaseCommand):
    help = "Print the journal as CSV: one line for each posting that was booked on the days from --from to --to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat, help="such as 2026-11-01")
        parser.add_argument("--to", dest="last", required=True, type=date.fromisoformat, help="this day included")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(csv_line(JOURNAL_COLUMNS), ending="")
        for line in journal(first=options["first"], last=options["last"]):
            self.stdout.write(csv_line(line), ending="")
