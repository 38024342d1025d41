"""Records mail that came back: one report on standard input, or all new ones of a maildir."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.collect_bounces import collect_bounces
from accounts.actions.record_bounce import record_bounce
from kernel import clock


class Command(BaseCommand):
    """For the mail server's delivery agent, which pipes a message, and for the operator's hand."""

    help = "Record delivery status reports (RFC 3464): one from standard input, or with --maildir all new ones there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--maildir", help="folder with new/ and cur/")

    def handle(self, *args: Any, maildir: str | None = None, **options: Any) -> None:
        if maildir:
            if not Path(maildir, "new").is_dir():
                raise CommandError(f"{maildir} is no maildir: it has no folder new.")
            recorded = collect_bounces(maildir=maildir, now=clock.now())
        else:
            recorded = int(record_bounce(report=sys.stdin.buffer.read(), now=clock.now()))
        self.stdout.write(f"{recorded} recorded")
