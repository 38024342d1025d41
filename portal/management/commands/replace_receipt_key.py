"""`manage.py replace_receipt_key`: from now on another key signs receipts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Outage
from trust.actions.replace_receipt_key import replace_receipt_key


class Command(BaseCommand):
    help = "Make a new receipt key in the HSM and destroy the old one; receipts signed before stay valid."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key_id = replace_receipt_key(actor=Actor.system("command.replace_receipt_key"), now=clock.now())
        except Outage as outage:
            raise CommandError(str(outage.detail)) from outage
        self.stdout.write(f"Receipts are signed with {key_id} from now on.")
