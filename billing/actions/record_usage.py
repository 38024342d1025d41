"""Meter one delivery, in the transaction that delivers it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext_lazy as _
from psycopg.errors import UniqueViolation

from billing.actions.open_period import open_period
from billing.models import Meter, Subscription
from kernel.actor import Actor
from kernel.errors import Refusal


class AlreadyMetered(Refusal):
    """This delivery has its usage event; the transaction that would deliver it again must not commit."""

    code = "already_metered"
    status = 409
    title = _("This was delivered and counted before.")


class NoPlan(Refusal):
    """The customer has no subscription that could be charged."""

    code = "no_plan"
    title = _("No plan has been chosen for this account.")


# Closing a period takes the lock exclusively. It is a statement of its own because the next one must see
# what was committed before the lock was granted.
_LOCK = "SELECT pg_advisory_xact_lock_shared(billing_usage_lock(%s))"

_INSERT = """
    INSERT INTO billing_usageevent (customer_id, billing_period_id, meter, source_type, source_id, quantity,
                                    occurred_at, recorded_at, late, member_id, token_id)
    SELECT customer_id, id, %(meter)s, %(source_type)s, %(source_id)s, %(quantity)s,
           %(occurred_at)s, %(now)s, %(occurred_at)s < starts_at, %(member_id)s, %(token_id)s
      FROM billing_billingperiod
     WHERE customer_id = %(customer_id)s AND state = 'open' AND ends_at > %(occurred_at)s
     ORDER BY starts_at LIMIT 1
    RETURNING id
"""


def record_usage(
    *,
    customer_id: str,
    source_id: str,
    occurred_at: datetime,
    now: datetime,
    meter: str = Meter.SEAL,
    source_type: str = "seal",
    quantity: int = 1,
    member_id: str | None = None,
    token_id: str | None = None,
) -> int:
    """Add the usage event of one delivery to the open billing period that contains `occurred_at`.

    Called inside the transaction that publishes what was delivered (A1: delivered and charged, or neither);
    two statements, no counter. An event of a period that is closed goes to the next open one, marked late.
    A period that nobody opened yet is opened here. Returns the event's id.

    Raises `AlreadyMetered` if (`meter`, `source_type`, `source_id`) has its event, `NoPlan` without a
    subscription.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("usage is recorded in the transaction that publishes its source")
    event: dict[str, Any] = {
        "customer_id": customer_id,
        "meter": Meter(meter).value,
        "source_type": source_type,
        "source_id": source_id,
        "quantity": quantity,
        "occurred_at": occurred_at,
        "now": now,
        "member_id": member_id or "",
        "token_id": token_id or "",
    }
    event_id = _insert(event)
    if event_id is None:
        _open_missing_periods(customer_id, occurred_at, now)
        event_id = _insert(event)
    if event_id is None:
        raise NoPlan
    return event_id


def _insert(event: dict[str, Any]) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [event["customer_id"]])
        try:
            cursor.execute(_INSERT, event)
        except IntegrityError as error:
            if isinstance(error.__cause__, UniqueViolation):
                raise AlreadyMetered from error
            raise
        row = cursor.fetchone()
    return row[0] if row else None


def _open_missing_periods(customer_id: str, occurred_at: datetime, now: datetime) -> None:
    """Those of the subscription that held when the delivery was made, and of one that has followed it since."""
    actor = Actor.system("billing.record_usage", customer_id=customer_id)
    subscriptions = Subscription.objects.lasting_beyond(occurred_at).filter(customer_id=customer_id)
    for subscription_id in subscriptions.order_by("started_at").values_list("pk", flat=True):
        open_period(actor=actor, subscription_id=subscription_id, now=now)
