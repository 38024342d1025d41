"""Takes in a request about personal data from somebody who is signed in."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.withdraw_references_given import withdraw_references_given
from accounts.queries.subjects import person_facts
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from privacy.actions._identity import identified, pass_on
from privacy.actions._rights import ASKED_AGAIN, Asked, created, log, open_one, take_words, tell
from privacy.models import RightsRequest
from privacy.queries.rights import own_objection
from privacy.rules.rights import RequestKind, RequestState, Shown


class RightsRequestOpen(Refusal):
    """The same was asked for in the same moment, or from this address by whoever had it before."""

    code = "rights_request_open"
    status = 409
    title = _("You have asked for this already. It is being worked on; see below.")


def open_rights_request(
    *,
    actor: Actor,
    kind: RequestKind,
    message: str,
    about_documents: bool,
    language: str,
    now: datetime,
) -> RightsRequest:
    """The person's own request, whose identity a recent sign-in shows; the door has asked for one (D1).

    One that waits for a link is taken over. Who asks for the same again while it is open adds to it, and its clock goes
    on. An objection to advertising holds when this returns; made again it is the same. Raises `RightsRequestOpen`, and
    `NotFound` for a person who is gone.
    """
    person_id = int(actor.person)
    person = person_facts(person_id)
    if person is None:
        raise NotFound
    asked = Asked(kind, person.email, language, person.name, person.country, message, about_documents)
    try:
        with transaction.atomic():
            return _opened(actor, asked, person_id, now)
    except IntegrityError:  # a second press of the button in the same moment
        raise RightsRequestOpen from None


def _opened(actor: Actor, asked: Asked, person_id: int, now: datetime) -> RightsRequest:
    if asked.kind is RequestKind.OBJECTION_MARKETING and (own := own_objection(person_id)):
        withdraw_references_given(actor=actor, person_id=person_id, now=now)  # what was agreed to since
        return own
    row = open_one(asked, person_id)
    if row is not None and row.facts.state is not RequestState.RECEIVED:
        return _joined(actor, row, asked, person_id, now)
    if row is None:
        row = created(asked, now=now, person_id=person_id)
        log(actor, row, RequestState.RECEIVED.value, now=now)
        audit.record(actor=actor, action="rights_request.received", now=now, subject=row.id)
    # What somebody without a sign-in wrote may be another's words: the person's own hold.
    take_words(row, asked)
    identified(actor, row, Shown.SIGN_IN, person_id=person_id, now=now)
    if not row.closed_at:
        tell(row, "received", now=now, payload={"letter": "received"})
    return row


def _joined(actor: Actor, row: RightsRequest, asked: Asked, person_id: int, now: datetime) -> RightsRequest:
    if row.person_id != person_id:
        raise RightsRequestOpen
    if asked.message not in row.message:  # pressed twice, nothing is new
        row.message = "\n\n".join(filter(None, (row.message, asked.message)))
    row.about_documents = row.about_documents or asked.about_documents
    row.identity_by = Shown.SIGN_IN.value  # what is written signed in is not for who has the mailbox alone
    row.save(update_fields=["message", "about_documents", "identity_by"])
    log(actor, row, ASKED_AGAIN, now=now)
    pass_on(actor, row, now=now)
    return row
