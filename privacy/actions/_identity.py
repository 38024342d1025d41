"""What follows when it is shown whose request it is."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, ngettext, override

from accounts.actions.give_notice import give_notice
from accounts.actions.withdraw_references_given import withdraw_references_given
from accounts.queries.sign_in import person_at
from accounts.queries.subjects import customers_that_know
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._restrictions import end_by_wish
from privacy.actions._rights import move, tell
from privacy.models import ForwardedRequest, RightsRequest
from privacy.rules.rights import (
    SELF_RUNNING,
    RequestKind,
    RequestState,
    Shown,
    due_on,
    is_for_customers,
)


def identified(actor: Actor, row: RightsRequest, shown: Shown, *, person_id: int | None, now: datetime) -> None:
    """Note whose the request is, in the caller's transaction, and do what needs nobody of staff.

    What customers keep is passed on to them. A copy is asked for. An objection to advertising takes effect and is
    answered. Everything else waits for staff.
    """
    row.person_id, row.identity_at, row.identity_by, row.link_hash = person_id, now, shown.value, ""
    move(actor, row, RequestState.IDENTITY, now=now)
    tell(row, "identified", now=now)
    kind = RequestKind(row.kind)
    pass_on(actor, row, now=now)
    if kind in SELF_RUNNING or kind is RequestKind.OBJECTION_MARKETING:
        system = Actor.system("privacy.rights")
        move(system, row, RequestState.SCOPED, now=now)
        begin(system, row, now=now)
    if kind is RequestKind.OBJECTION_MARKETING:
        _stop_marketing(actor, row, now=now)


def pass_on(actor: Actor, row: RightsRequest, *, now: datetime) -> None:
    """Pass it on to the customers that know who asks, if it is about what they keep, in the caller's transaction."""
    if is_for_customers(RequestKind(row.kind), about_documents=row.about_documents):
        for customer_id in customers_that_know(row.email, row.person_id):
            forward(actor, row, customer_id, now=now)


def begin(actor: Actor, row: RightsRequest, *, now: datetime) -> None:
    """Start the work on a request, in the caller's transaction; what others do of it is asked for by an event.

    `rights_request.export_wanted` and `rights_request.erasure_wanted`, each with the request's id as its subject; the
    latter with the account as `person`, and what was restricted for its sake ends.
    """
    move(actor, row, RequestState.IN_PROGRESS, now=now)
    if row.kind in SELF_RUNNING:
        tell(row, "export_wanted", now=now)
    elif row.kind == RequestKind.ERASURE and row.person_id is not None:
        end_by_wish(row, now=now)
        tell(row, "erasure_wanted", now=now, payload={"person": row.person_id})
    else:
        tell(row, "moved", now=now)


def forward(actor: Actor, row: RightsRequest, customer_id: str, *, now: datetime) -> bool:
    """Pass the request on to a customer, in the caller's transaction; False where it was before.

    Its clock runs from today. Its administrators get a notice with who asks and for what (GDPR 28 (3) (e)).
    """
    due = due_on(legal_date(now))
    forwarded, new = ForwardedRequest.objects.get_or_create(
        request=row, customer_id=customer_id, defaults={"forwarded_at": now, "due_on": due}
    )
    if not new:
        return False
    by = Actor.system("privacy.rights", customer_id=customer_id)
    audit.record(actor=by, action="rights_request.forwarded", now=now, subject=forwarded.id)
    outbox.emit("rights_request.forwarded", now=now, customer_id=customer_id, subject=forwarded.id)
    give_notice(
        kind="rights_request.forwarded",
        customer_id=customer_id,
        now=now,
        permission="customer.manage",
        subject=forwarded.id,
        facts={"kind": row.kind, "due_on": due.isoformat()},
    )
    return True


def stop_references(actor: Actor, row: RightsRequest, *, now: datetime) -> int:
    """How many consents to be named as a reference end, in the caller's transaction (GDPR 21 (3)).

    An objection without a sign-in counts for the account at its address: what it ends the customer may agree to anew.
    Customers learn that it was withdrawn, and not by whose objection.
    """
    if row.person_id is None:
        actor = Actor(kind="system", id="privacy.rights", name=settings.OPERATOR_NAME)
    found = row.person_id or getattr(person_at(row.email), "pk", None)
    return withdraw_references_given(actor=actor, person_id=found, now=now) if found else 0


def _stop_marketing(actor: Actor, row: RightsRequest, *, now: datetime) -> None:
    """From this moment. Whom we may name as a reference is all the advertising that there is (C11)."""
    ended = stop_references(actor, row, now=now)
    with override(row.language):
        row.answer = gettext("Your data are not used for advertising, from this moment on.")
        if ended:
            said = ngettext(
                "%(count)d consent to be named as a reference that you gave has ended.",
                "%(count)d consents to be named as a reference that you gave have ended.",
                ended,
            )
            row.answer += " " + said % {"count": ended}
    move(actor, row, RequestState.ANSWERED, now=now)
    tell(row, "answered", now=now, payload={"letter": "answered"})
