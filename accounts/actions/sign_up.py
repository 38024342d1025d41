"""Records what somebody wants to become a customer with, and the terms they accepted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.open_customer import open_customer
from accounts.models import Application, Membership
from accounts.queries import has_confirmed_address
from accounts.rules.permissions import Role
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Outage, Refusal

MOST_CUSTOMERS = 10


class TooManyCustomers(Refusal):
    code = "too_many_customers"
    status = 409
    title = _("You own as many customers as one person can. Please write to us.")


def sign_up(*, actor: Actor, name: str, kind: str, country: str, plan_code: str | None, now: datetime) -> Application:
    """The application of the person who acts, who has just accepted the terms (clauses C1, C5).

    It becomes a customer at once for a person with a confirmed e-mail address, otherwise with `open_customer` when
    there is one. While the HSM is away it stays an application, which the next sign-in opens. A second application
    replaces what an open one said. Raises `TooManyCustomers`. Must not run inside a transaction.
    """
    owned = Membership.objects.active().filter(person_id=actor.person, role=Role.OWNER)
    if owned.count() >= MOST_CUSTOMERS:
        raise TooManyCustomers
    wish = {"name": name, "kind": kind, "country": country, "plan_code": plan_code, "terms_accepted_at": now}
    with transaction.atomic():
        application, _created = Application.objects.update_or_create(
            person_id=actor.person, customer=None, defaults=wish
        )
        audit.record(
            actor=actor,
            action="person.signed_up",
            now=now,
            subject=application.id,
            details={"name": name, "kind": kind, "country": country, "plan_code": plan_code},
        )
    if has_confirmed_address(actor):
        with suppress(Outage):
            application.customer = open_customer(actor=actor, now=now)
    return application
