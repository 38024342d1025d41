"""Migrates the public schema as the owner of its tables, then every customer's, each in one transaction."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from kernel import clock
from kernel.tenancy.migrations import migrate_customers
from kernel.tenancy.owner import as_owner, grant_to_application


class Command(BaseCommand):
    help = "Bring the public schema and all customers' schemas to the newest version."

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner() as application:
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=options["verbosity"])
            if application:
                grant_to_application(application)
        migrated, failed = migrate_customers(now=clock.now())
        self.stdout.write(f"{migrated} customer schemas migrated")
        for schema, reason in failed.items():
            self.stderr.write(f"{schema}: {reason}")
        if failed:
            raise SystemExit(1)
