"""Recomputes the whole audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from kernel import clock
from trust.queries.audit import verify_audit


class Command(BaseCommand):
    help = "Recompute every entry, link and checkpoint of the audit trail; exit 0 only if all hold."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = chains = 0
        with transaction.atomic():
            if len(connection.savepoint_ids) == 0:  # one snapshot, while the product goes on writing
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for _chain, findings in verify_audit(now=clock.now()):
                chains += 1
                faults += len(findings)
                for finding in findings:
                    self.stderr.write(str(finding))
        if faults:
            self.stderr.write(f"The audit trail does not hold: {faults} faults.")
            raise SystemExit(1)
        self.stdout.write(f"The audit trail holds: {chains - 1} chains.")
