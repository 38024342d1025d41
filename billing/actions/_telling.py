"""Notices about documents, and who has them once nobody can sign in any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.actions.give_notice import give_notice
from accounts.rules.notices import MAIL_TRIED_FOR
from billing.models import BillingDetails
from kernel import jobs
from kernel.tenancy.context import find_customer


def is_closed(customer_id: str) -> bool:
    """Whether the customer is erased, and only its books are left (D4)."""
    customer = find_customer("id", customer_id)
    return customer is None or not customer.has_schema


def tell(kind: str, customer_id: str, *, subject: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Give notice to who may read the billing of the customer, in the caller's transaction; call it last.

    A closed customer has no members: what is demanded of it is mailed to its billing addresses, which are kept with the
    books. The jobs name an address by its place.
    """
    notice = give_notice(
        kind=kind, customer_id=customer_id, now=now, permission="billing.read", subject=subject, facts=facts
    )
    if not is_closed(customer_id):
        return
    details = BillingDetails.objects.filter(pk=customer_id).first()
    for place in range(len(details.emails) if details else 0):
        jobs.enqueue(
            "billing.mail_demand",
            now=now,
            key=f"billing.mail_demand:{notice.id}:{place}",
            payload={"notice": notice.id, "invoice": subject, "place": place},
            deadline_at=now + MAIL_TRIED_FOR,
        )
