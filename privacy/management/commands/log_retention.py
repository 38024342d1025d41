"""Prints how the operator's own tools forget system logs in time, from the rule that the privacy page promises."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from privacy.queries.log_retention import journald, logrotate


class Command(BaseCommand):
    help = (
        "Print a drop-in for logrotate, or with --journald one for journald, that deletes system logs after the period "
        "of the privacy page. Files in LOG_DIR need neither: the retention engine rotates and deletes them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--journald", action="store_true")
        parser.add_argument("files", nargs="*", default=[f"{settings.LOG_DIR}/*.log"])

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(journald() if options["journald"] else logrotate(options["files"]))
