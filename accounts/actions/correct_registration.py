"""Corrects how a customer is registered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Customer
from accounts.rules.applications import register_number as checked_register_number
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, Forbidden, InvalidInput, NotFound
from kernel.tenancy.context import forget_customers

_NO_SUCH = _("There is no such number in this country. Compare it with the register.")


def correct_registration(
    *, actor: Actor, customer_id: str, name: str, country: str, register_number: str, now: datetime
) -> None:
    """Change a customer's name, country and register number. For staff, who have compared them with the register.

    Certificates that name the customer otherwise stay as they are: a new one is ordered. Raises `Forbidden`,
    `ReasonNeeded`, `NotFound`, `InvalidInput`.
    """
    if actor.kind != "staff":
        raise Forbidden
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).filter(id=customer_id).first()
        if customer is None:
            raise NotFound
        number = checked_register_number(country, register_number) if customer.is_legal_entity else ""
        if number is None:
            raise InvalidInput(errors=[FieldError("/register_number", "does_not_fit", str(_NO_SUCH))])
        before = {"name": customer.name, "country": customer.country, "register_number": customer.register_number}
        after = {"name": name, "country": country, "register_number": number}
        Customer.objects.filter(id=customer_id).update(**after)
        facts = {"from": before, "to": after}
        audit.record(
            actor=actor,
            action="customer.corrected",
            now=now,
            customer_id=customer_id,
            subject=customer_id,
            details=facts,
        )
        fields = [field for field in after if after[field] != before[field]]
        outbox.emit(
            "customer.corrected", now=now, customer_id=customer_id, subject=customer_id, payload={"fields": fields}
        )
    forget_customers()
