"""One of staff asks for access because a court or an authority ordered it; a second person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions._grants import give_grant_notice, require_staff, tell
from accounts.models import AccessGrant, Customer
from accounts.rules.grants import HOURS, Basis, GrantState
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class Order:
    """What a court or an authority ordered: who, under which reference, and until when the customer must not know.

    `silent_until` is in UTC, None where the order does not forbid to tell.
    """

    authority: str
    reference: str
    silent_until: datetime | None


def request_access_by_order(
    *,
    actor: Actor,
    customer_id: str,
    order: Order,
    ticket: str,
    seal_ids: Sequence[str],
    with_content: bool,
    hours: int,
    now: datetime,
    with_trail: bool = False,
) -> AccessGrant:
    """The grant, requested by this member of staff, whose reason is its purpose (clauses D7, D8).

    Without `seal_ids` all documents are meant. The customer is told at once, or once the order allows it. Raises
    `Forbidden` for anybody but staff, `InvalidInput`.
    """
    require_staff(actor)
    if hours not in HOURS or not order.reference.strip():
        raise InvalidInput(errors=[FieldError("/order_reference", "required", _("Write the reference of the order."))])
    customer = Customer.objects.filter(id=customer_id).exclude(status=Customer.Status.CLOSED).first()
    if customer is None:
        raise InvalidInput(errors=[FieldError("/customer", "not_found", _("There is no customer with this id."))])
    with transaction.atomic():
        grant = AccessGrant.objects.create(
            customer=customer,
            basis=Basis.AUTHORITY_ORDER.value,
            state=GrantState.REQUESTED.value,
            purpose=actor.reason,
            all_documents=not seal_ids,
            seal_ids=list(seal_ids),
            with_content=with_content,
            with_trail=with_trail,
            hours=hours,
            ticket=ticket,
            authority=order.authority,
            order_reference=order.reference,
            silent_until=order.silent_until,
            requested_by_id=int(actor.person),
            requested_by_name=actor.name,
            requested_at=now,
        )
        facts = {"ticket": ticket, "authority": order.authority, "order_reference": order.reference}
        tell(actor, grant, "access.requested", now=now, details=facts)
        give_grant_notice(grant, "access.requested", now=now)
    return grant
