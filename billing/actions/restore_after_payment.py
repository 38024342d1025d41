"""Lifts the suspension of a customer that has paid what it was suspended for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from accounts.actions.restore_customer import restore_customer
from accounts.queries.suspensions import suspension_of
from accounts.rules.suspensions import Ground
from billing.actions._documents import lock_documents
from billing.queries.demands import overdue_total
from kernel.actor import Actor


@transaction.atomic
def restore_after_payment(*, actor: Actor, customer_id: str, now: datetime) -> bool:
    """Restore a customer suspended for late payment as soon as nothing is overdue; whether it was (B15).

    A suspension on any other ground stays. Its people are told by the notice, staff see it in the audit trail.
    """
    actor.require("billing.manage")
    lock_documents(customer_id)
    held = suspension_of(customer_id)
    if held is None or held.ground != Ground.NON_PAYMENT or overdue_total(customer_id, now=now)[0]:
        return False
    with translation.override("en"):  # kept in the audit trail as staff write there
        reason = gettext("Everything that was overdue is paid.")
    restore_customer(actor=replace(actor, reason=reason), customer_id=customer_id, now=now)
    return True
