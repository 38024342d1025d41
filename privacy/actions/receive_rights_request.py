"""Takes in a request about personal data from somebody who is not signed in."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from kernel import audit
from kernel.actor import Actor
from privacy.actions._identity import identified, stop_references
from privacy.actions._rights import ASKED_AGAIN, Asked, created, log, open_one, send_link, take_words, tell
from privacy.models import RightsRequest
from privacy.queries.rights import objection_of
from privacy.rules.rights import RequestKind, RequestState, Shown


def receive_rights_request(*, actor: Actor, asked: Asked, now: datetime) -> RightsRequest:
    """The request, whose clock runs from now (D1; GDPR 12 (3)); a link goes to the address to show whose it is.

    Whether the address is known is not looked at, so that nothing can be told by it. Who asks for the same again while
    it is open gets another link, three a day at most; what is above that `send_owed_links` sends later. An objection to
    advertising needs no identity and holds at once; made again it holds already, and nobody is mailed by it.
    """
    try:
        with transaction.atomic():
            return _received(actor, asked, now)
    except IntegrityError:  # the same was asked twice in the same moment
        with transaction.atomic():
            return _received(actor, asked, now)


def _received(actor: Actor, asked: Asked, now: datetime) -> RightsRequest:
    row = objection_of(asked.email) if asked.kind is RequestKind.OBJECTION_MARKETING else open_one(asked)
    if row is None:
        row = created(asked, now=now)
        log(actor, row, RequestState.RECEIVED.value, now=now)
        audit.record(actor=actor, action="rights_request.received", now=now, subject=row.id)
        if asked.kind is RequestKind.OBJECTION_MARKETING:
            identified(actor, row, Shown.NOT_NEEDED, person_id=None, now=now)
            return row
    else:
        log(actor, row, ASKED_AGAIN, now=now)
        if asked.kind is RequestKind.OBJECTION_MARKETING:
            stop_references(actor, row, now=now)  # what was agreed to since
    if row.facts.state is RequestState.RECEIVED and send_link(actor, row, now=now):
        take_words(row, asked)  # the newest link is for the newest words
        row.save(update_fields=["message", "about_documents", "name", "country", "language"])
        tell(row, "received", now=now, payload={"letter": "received"})
    return row
