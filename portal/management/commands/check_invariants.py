"""Counts the exceptions to what must always hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.invariants import broken_invariants


class Command(BaseCommand):
    help = "Check every invariant in SQL; exit 0 only if all hold."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = broken_invariants()
        for name, count in broken.items():
            self.stderr.write(f"broken: {name} ({count} exceptions)")
        if broken:
            raise SystemExit(1)
        self.stdout.write("All invariants hold.")
