"""Reminds staff of requests before their last day, raises the alarm after it, and ends what nobody confirmed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext, override

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._rights import move, tell
from privacy.models import RightsRequest
from privacy.rules.rights import RefusalGround, RequestState, days_left, lapses, last_day, reminder_due

_SYSTEM = Actor.system("privacy.remind_of_rights_requests")


def remind_of_rights_requests(*, now: datetime) -> int:
    """How many reminders were given and requests ended (D1). Safe to run twice.

    Staff are told 10, 5 and 2 days before the last day, and when it is over. A request of which nobody has shown whose
    it is by its last day is refused on it, so that its maker is told in time (GDPR 12 (4)).
    """
    today = legal_date(now)
    open_ones = RightsRequest.objects.filter(closed_at=None).order_by("due_on", "id").values_list("id", flat=True)
    return sum(_attend(request_id, today, now) for request_id in open_ones)


def _attend(request_id: str, today: date, now: datetime) -> bool:
    with transaction.atomic():
        row = RightsRequest.objects.select_for_update().filter(id=request_id, closed_at=None).first()
        if row is None:
            return False
        if lapses(row.facts, today=today):
            _end(row, now)
            return True
        due = reminder_due(row.facts, given=row.reminded, today=today)
        if not due:
            return False
        row.reminded = [*row.reminded, due]
        row.save(update_fields=["reminded"])
        left = days_left(row.facts, today=today)
        give_notice(
            kind="rights_request.due",
            customer_id=None,
            now=now,
            people=staff_people(),
            subject=row.id,
            facts={
                "number": row.number,
                "request": row.id,
                "due_on": last_day(row.facts).isoformat(),
                "days": abs(left),
                "overdue": left < 0,
            },
        )
    return True


def _end(row: RightsRequest, now: datetime) -> None:
    with override(row.language):
        row.answer = gettext("Nobody opened the link that we sent to show whose request it is. You can ask again.")
    row.refusal_ground, row.link_hash = RefusalGround.IDENTITY.value, ""
    move(_SYSTEM, row, RequestState.REFUSED, now=now)
    tell(row, "refused", now=now, payload={"letter": "refused"})
