"""What the steps of an access grant have in common: finding it, and telling the customer unless an order forbids it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import AccessGrant
from accounts.rules.grants import is_silent
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal


class GrantOutOfTurn(Refusal):
    """The grant is in another state, or its time has passed."""

    code = "access_grant_out_of_turn"
    status = 409
    title = _("This access grant waits for something else, or its time is over. Look at it again.")


class SecondApproverNeeded(Refusal):
    """One person alone would open a customer's documents to themselves."""

    code = "second_approver_needed"
    status = 409
    title = _("You asked for this access yourself. Another member of staff must decide about it.")


def held_grant(grant_id: str, *, customer_id: str | None = None) -> AccessGrant:
    """The grant, locked until the caller's transaction ends; with `customer_id` only that customer's.

    Raises `NotFound`.
    """
    grants = AccessGrant.objects.select_for_update(of=("self",)).select_related("customer").filter(id=grant_id)
    grant = (grants.filter(customer_id=customer_id) if customer_id else grants).first()
    if grant is None:
        raise NotFound
    return grant


def require_staff(actor: Actor) -> None:
    """Raise `Forbidden` for everybody else. Which of staff may, their door has asked."""
    if actor.kind != "staff":
        raise Forbidden


def tell(
    actor: Actor, grant: AccessGrant, action: str, *, now: datetime, details: Mapping[str, Any] | None = None
) -> None:
    """Audit entry and event, in the caller's transaction; while an order forbids to tell, not in the customer's."""
    silent = is_silent(grant.terms, now=now)
    customer_id = None if silent else grant.customer_id
    facts = {"basis": grant.basis, **({"customer": grant.customer_id} if silent else {}), **(details or {})}
    by = replace(actor, customer_id=customer_id)
    audit.record(actor=by, action=action, now=now, customer_id=customer_id, subject=grant.id, details=facts)
    outbox.emit(action, now=now, customer_id=customer_id, subject=grant.id, payload={"basis": grant.basis})


def give_grant_notice(grant: AccessGrant, kind: str, *, now: datetime) -> None:
    """Tell who may open the account to staff, unless an order forbids it still."""
    if is_silent(grant.terms, now=now):
        return
    give_notice(
        kind=kind,
        customer_id=grant.customer_id,
        now=now,
        permission="access.grant",
        subject=grant.id,
        facts={
            "basis": grant.basis,
            "purpose": grant.purpose,
            "requested_by": grant.requested_by_name,
            "approved_by": grant.decided_by_name,
            "authority": grant.authority,
            "order_reference": grant.order_reference,
            "all_documents": grant.all_documents,
            "documents": len(grant.seal_ids),
            "with_content": grant.with_content,
            "with_trail": grant.with_trail,
            "hours": grant.hours,
            "reads": grant.uses,
            "state": grant.state,
            "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
            "silent_until_at": grant.silent_until.isoformat() if grant.silent_until else None,
        },
    )
