"""Says that a domain is the customer's; it counts once the operator has seen the proof."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, EmailDomain
from accounts.rules.sign_in import is_domain
from kernel import audit
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal

_MOST = 50


class TooManyDomains(Refusal):
    code = "too_many_domains"
    status = 409
    title = _("That is as many domains as a customer can have.")


def claim_email_domain(*, actor: Actor, name: str, now: datetime) -> EmailDomain:
    """The claim, with the id that stands in the proof. Another customer's claim is not told. Raises `InvalidInput`."""
    actor.require("customer.manage")
    name = name.strip().lower().removeprefix("@")
    if not is_domain(name):
        detail = str(_("Write a domain, such as example.com."))
        raise InvalidInput(errors=[FieldError("/name", "invalid_value", detail)])
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        claims = EmailDomain.objects.filter(customer_id=actor.customer)
        known = claims.filter(name=name).first()
        if known is not None:
            return known
        if claims.count() >= _MOST:
            raise TooManyDomains
        domain = EmailDomain.objects.create(customer_id=actor.customer, name=name, created_at=now)
        audit.record(actor=actor, action="email_domain.claimed", now=now, subject=domain.id, details={"name": name})
    return domain
