"""What the steps of a disclosure have in common: finding it, and telling its customer once the law allows."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState, may_be_told


class DisclosureOutOfTurn(Refusal):
    """The record is in another state."""

    code = "disclosure_out_of_turn"
    status = 409
    title = _("This record waits for something else. Look at it again.")


class SecondConfirmerNeeded(Refusal):
    """One person alone would decide what the register says."""

    code = "second_confirmer_needed"
    status = 409
    title = _("You recorded this yourself. Another member of staff must decide about it.")


def held_disclosure(disclosure_id: str) -> Disclosure:
    """The record, locked until the caller's transaction ends. Raises `NotFound`."""
    row = Disclosure.objects.select_for_update().filter(id=disclosure_id).first()
    if row is None:
        raise NotFound
    return row


def note(actor: Actor, row: Disclosure, action: str, *, now: datetime) -> None:
    """An entry in the operator's own trail, which no customer reads; in the caller's transaction."""
    facts = {"customer": row.customer_id, "authority": row.authority, "reference": row.reference}
    audit.record(actor=actor, action=action, now=now, subject=row.id, details=facts)


def tell_if_allowed(row: Disclosure, *, now: datetime) -> bool:
    """Tell the customer by a notice, in its trail and by an event, unless it is told or the law forbids it still."""
    if not may_be_told(row.terms, on=legal_date(now)):
        return False
    row.state, row.told_at = DisclosureState.TOLD.value, now
    row.save(update_fields=["state", "told_at"])
    facts = {
        "authority": row.authority,
        "country": row.country,
        "legal_basis": row.legal_basis,
        "reference": row.reference,
        "outcome": row.outcome,
        "what": row.what,
        "requested_on": row.requested_on.isoformat(),
        "disclosed_on": row.disclosed_on.isoformat() if row.disclosed_on else None,
        "secrecy_ground": row.secrecy_ground,
    }
    customer_id = row.customer_id
    system = Actor.system("privacy.tell_disclosures", customer_id=customer_id)
    audit.record(actor=system, action="disclosure.told", now=now, subject=row.id, details=facts)
    outbox.emit("disclosure.told", now=now, customer_id=customer_id, subject=row.id, payload={"outcome": row.outcome})
    give_notice(
        kind="disclosure.told",
        customer_id=customer_id,
        now=now,
        permission="access.grant",
        subject=row.id,
        facts=facts,
    )
    return True
