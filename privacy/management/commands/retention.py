"""What the retention engine would do, and whether it does it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kernel import clock
from privacy.actions._courses import COURSES
from privacy.actions._sweeps import SWEEPS
from privacy.queries.retention import AHEAD_DAYS, alarms, outlooks


class Command(BaseCommand):
    help = "plan: what goes when, by rule and store; nothing is erased. status: exit 0 only if nothing is overdue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["plan", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "plan":
            self._plan()
        else:
            self._status()

    def _plan(self) -> None:
        columns = ["rule", "store", "there", "oldest", "due", *(f"in {days} days" for days in AHEAD_DAYS)]
        self.stdout.write(", ".join([*columns, "next on", "held", "state"]))
        for each in outlooks(SWEEPS, COURSES, now=clock.now()):
            cells = (
                *(each.rule.key, each.store or "-", each.population, each.oldest_on or "-", each.due_now),
                *each.due_within.values(),
                *(each.next_on or "-", each.held, each.last.state if each.last else "-"),
            )
            self.stdout.write(", ".join(str(cell) for cell in cells))

    def _status(self) -> None:
        found = alarms(SWEEPS, now=clock.now())
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise SystemExit(1)
        self.stdout.write("The erasure runs, and nothing is overdue.")
