"""Chooses how long a customer's audit trail is kept."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.suspend_customer import ReasonNeeded
from accounts.rules.audit_periods import choices
from kernel import audit
from kernel.actor import Actor
from kernel.audit_payloads import change_retention, chosen_retention
from kernel.audit_periods import Retention
from kernel.errors import Refusal


class AuditPeriodNotOffered(Refusal):
    code = "audit_period_not_offered"
    status = 409
    title = _("The audit trail of this customer cannot be kept for this period.")


def choose_audit_period(*, actor: Actor, customer_id: str, period: Retention, now: datetime) -> None:
    """Keep new entries for that period (clause D5); those that are there keep theirs. Safe to repeat.

    Customers of hosted services choose among 18 months, 5 and 10 years; that one is such a customer, staff say, with a
    reason. Raises `Forbidden`, `ReasonNeeded`, `AuditPeriodNotOffered`.
    """
    actor.require("customer.manage")
    by_staff = actor.kind == "staff"
    if by_staff and not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        current = chosen_retention(customer_id, lock=True)
        if period not in choices(current, by_staff=by_staff):
            raise AuditPeriodNotOffered
        if period is current:
            return
        change_retention(customer_id, period)
        facts = {"from": current.value, "to": period.value}
        action = "audit_period.chosen"
        audit.record(actor=actor, action=action, now=now, customer_id=customer_id, subject=customer_id, details=facts)
