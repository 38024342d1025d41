"""Items of the retention engine: which are due, and whose they are while somebody works on one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from kernel.clock import legal_date
from privacy.catalogue import RULE
from privacy.models import RetentionItem
from privacy.rules.retention import earliest_act_on

State = RetentionItem.State
LEASE = timedelta(minutes=30)

_RENEW = """
    UPDATE privacy_retentionitem SET claimed_at = clock_timestamp()
     WHERE id = %s AND claimed_at = %s AND state = 'claimed' RETURNING claimed_at
"""


class ClaimLost(Exception):
    """Another engine has taken this item up: it goes on from the step that was recorded last."""


def items_to_do(rule: str, *, now: datetime) -> list[str]:
    """The ids of items whose day has come or whose engine died, those that were begun first, then the oldest.

    A notice or a hold may still stand against them.
    """
    due = Q(state=State.PLANNED, due_on__lte=legal_date(now))
    left_behind = Q(state=State.CLAIMED, claimed_at__lte=Now() - LEASE)
    found = RetentionItem.objects.filter(due | left_behind, rule=rule)
    return list(found.order_by("state", "due_on", "id").values_list("id", flat=True))


def act_on(item: RetentionItem, due: date, today: date) -> date:
    """The day of the act, by its notices and what they told; tomorrow at the earliest while one is missing."""
    given = [(each.days_before, each.given_on, each.due_on_told) for each in item.notices.all()]
    act = earliest_act_on(RULE[item.rule], due, [(days, on) for days, on, _told in given])
    return today + timedelta(days=1) if act is None else max([act, *(told for _days, _on, told in given)])


def claim(item_id: str) -> RetentionItem | None:
    """The item, the caller's for as long as the lease lasts; None when it is somebody else's or done."""
    with transaction.atomic():
        free = Q(state=State.PLANNED) | Q(state=State.CLAIMED, claimed_at__lte=Now() - LEASE)
        rows = RetentionItem.objects.select_for_update(skip_locked=True).filter(free, id=item_id)
        item: RetentionItem | None = rows.first()
        if item is None:
            return None
        item.state, item.claimed_at = State.CLAIMED, Now()
        item.save(update_fields=["state", "claimed_at"])
        item.refresh_from_db()
    return item


def keep(item: RetentionItem) -> None:
    """Lock the row until the caller's transaction ends, if it is still the caller's. Raises `ClaimLost`."""
    rows = RetentionItem.objects.select_for_update().filter(id=item.id, claimed_at=item.claimed_at, state=State.CLAIMED)
    if rows.first() is None:
        raise ClaimLost(item.id)


def renew(item: RetentionItem) -> None:
    """Another lease, counted from now. Raises `ClaimLost`."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [item.id, item.claimed_at])
        row = cursor.fetchone()
    if row is None:
        raise ClaimLost(item.id)
    item.claimed_at = row[0]


def let_go(item: RetentionItem) -> None:
    """After a failure nobody waits for the lease: what was not begun is planned again, what was is free at once."""
    rows = RetentionItem.objects.filter(id=item.id, state=State.CLAIMED, claimed_at=item.claimed_at)
    rows.filter(ledger_entry=None).update(state=State.PLANNED, claimed_at=None)
    rows.update(claimed_at=Now() - LEASE)
