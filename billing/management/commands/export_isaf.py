"""Writes the register of VAT invoices issued in a month, for the Lithuanian tax authority (i.SAF)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.queries.isaf import isaf_of
from billing.rules.months import month_named
from kernel import clock


class Command(BaseCommand):
    help = "Write the i.SAF 1.2 register of the documents issued in MONTH, to a file or to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", required=True, help="as in 2026-11")
        parser.add_argument("--output", help="the file to write; standard output if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        month = month_named(options["month"])
        if month is None:
            raise CommandError("Write the month as in 2026-11.")
        content = isaf_of(month, now=clock.now())
        if options["output"]:
            Path(options["output"]).write_bytes(content)
            self.stdout.write(f"The register is in {options['output']}")
        else:
            self.stdout.write(content.decode())
