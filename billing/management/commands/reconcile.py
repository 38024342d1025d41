"""Compares what was delivered, counted, fixed and invoiced in a month."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.queries.reconciliation import ReconciledMonth, reconcile
from billing.rules.months import month_named
from kernel import clock

COLUMNS = ("delivered", "counted", "late out", "late in", "corrections", "events", "reading", "overage", "invoiced")


class Command(BaseCommand):
    help = "Reconcile a month's deliveries, usage events, readings and invoice lines; exit 1 on a difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", default="", help="as in 2026-11; this month if left out")
        parser.add_argument("--customer", default="", help="the slug of one customer; all if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        month = month_named(options["month"]) if options["month"] else clock.legal_date(now)
        if month is None:
            raise CommandError("Write the month as in 2026-11.")
        found = list(reconcile(month=month, customer=options["customer"], now=now))
        self.stdout.write("customer: " + ", ".join(COLUMNS))
        for entry in found:
            self.stdout.write(f"{entry.slug}: {_figures(entry)}")
            for difference in entry.differences:
                self.stderr.write(f"{entry.slug}: {difference} {' '.join(entry.unmatched)}".rstrip())
        if any(entry.differences for entry in found):
            raise SystemExit(1)
        self.stdout.write(f"{len(found)} billing periods agree.")


def _figures(entry: ReconciledMonth) -> str:
    figures = entry.figures
    numbers = (
        *(figures.delivered, figures.counted, -figures.carried_over, figures.taken_over, figures.corrections),
        *(figures.events, figures.reading, figures.overage_due, figures.overage_invoiced),
    )
    return ", ".join("-" if number is None else str(number) for number in numbers)
