"""One of staff forbids that something is erased, because of a case outside the product."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from accounts.queries.customers import customer_called
from accounts.queries.kept import is_person
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Refusal
from privacy.actions._holds import wait_for_erasures
from privacy.actions._staff import require_staff, wrong
from privacy.models import Hold, RetentionItem

_Covers = Hold.Covers


class ErasureUnderWay(Refusal):
    """The door is closed and the first key may be destroyed: a hold would promise what cannot be kept."""

    code = "erasure_under_way"
    status = 409
    title = _("It is being erased at this moment. Nothing can hold it any more.")


class HoldInForce(Refusal):
    """The same case holds it already."""

    code = "hold_in_force"
    status = 409
    title = _("This case holds it already.")


def place_hold(*, actor: Actor, covers: str, subject: str, case: str, now: datetime) -> Hold:
    """The hold, in force from the moment it is committed (D3-D5). The actor's reason is kept with it.

    `covers` is of `Hold.Covers`; `subject` an id (of a customer its address, too); `case` what it is because of. What
    is erasing at this moment ends first; what is claimed and not begun stays. Nobody but staff learns of it. Raises
    `Forbidden`, `InvalidInput` for a customer or person that is not there, `HoldInForce` and `ErasureUnderWay`.
    """
    require_staff(actor)
    found = _known(covers, subject.strip())
    with transaction.atomic():
        wait_for_erasures()
        if Hold.objects.filter(covers=covers, subject=found, case=case, released_at=None).exists():
            raise HoldInForce
        begun = RetentionItem.objects.filter(state=RetentionItem.State.CLAIMED, ledger_entry__isnull=False)
        if begun.filter(subject=found).exists():
            raise ErasureUnderWay
        row = Hold.objects.create(
            covers=covers,
            subject=found,
            case=case,
            reason=actor.reason,
            placed_at=now,
            placed_by=actor.name,
        )
        facts = {"covers": covers, "case": case}
        audit.record(actor=actor, action="hold.placed", now=now, subject=row.id, details=facts)
        outbox.emit("hold.placed", now=now, customer_id=None, subject=row.id)
    return row


def _known(covers: str, subject: str) -> str:
    """Whoever mistypes an id must not believe that it is held."""
    if covers == _Covers.CUSTOMER:
        found = customer_called(subject)
    elif covers == _Covers.PERSON:
        found = subject if is_person(subject) else None
    else:
        found = subject or None
    if found is None or covers not in _Covers.values:
        raise wrong("subject", "unknown", _gettext("There is nothing here by that name."))
    return found
