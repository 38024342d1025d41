"""Imports bank statements from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.import_statement import import_statement
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


class Command(BaseCommand):
    help = "Import camt.053 statements; what was imported before makes no second payment. Exit 1 if one is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="+", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        for path in options["file"]:
            try:
                done = import_statement(
                    actor=Actor.system("billing.import_camt"),
                    content=path.read_bytes(),
                    file_name=path.name,
                    now=clock.now(),
                )
            except Refusal as refusal:
                refused += 1
                self.stderr.write(f"{path}: {refusal.code}: {refusal.detail}")
            except OSError as error:
                refused += 1
                self.stderr.write(f"{path}: {error.strerror}")
            else:
                self.stdout.write(f"{path}: {done.new_entries} of {done.entries} payments are new")
                if done.unfit:
                    self.stdout.write(f"{path}: {done.unfit} entries are not in euros and were not taken over")
        if refused:
            raise CommandError(f"{refused} refused")
