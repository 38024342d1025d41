"""Corrects where a customer sits and its VAT number."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from accounts.rules.applications import vat_number as checked_vat_number
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput
from kernel.tenancy.context import forget_customers

_NO_SUCH = _("There is no such number in this country. Compare it with the register.")


def correct_particulars(*, actor: Actor, street: str, postcode: str, city: str, vat_number: str, now: datetime) -> None:
    """Change what an administrator may change of the actor's customer; it holds for invoices from now on (B19).

    Name, country and register number stand in the certificate: staff correct them. Raises `Forbidden`, `InvalidInput`.
    """
    actor.require("customer.manage")
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        kept = checked_vat_number(customer.country, vat_number) if vat_number.strip() else ""
        if kept is None or (kept and not customer.is_legal_entity):
            raise InvalidInput(errors=[FieldError("/vat_number", "does_not_fit", str(_NO_SUCH))])
        before = customer.particulars
        after = replace(before, street=street, postcode=postcode, city=city, vat_number=kept)
        Customer.objects.filter(id=customer.id).update(**asdict(after))
        changed = [name for name, value in asdict(after).items() if value != asdict(before)[name]]
        facts = {"from": {name: asdict(before)[name] for name in changed}}
        facts |= {"to": {name: asdict(after)[name] for name in changed}}
        audit.record(actor=actor, action="customer.corrected", now=now, subject=customer.id, details=facts)
        outbox.emit(
            "customer.corrected", now=now, customer_id=customer.id, subject=customer.id, payload={"fields": changed}
        )
    forget_customers()
