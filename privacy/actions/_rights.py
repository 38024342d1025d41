"""What the steps of a request about personal data have in common."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.queries import secret_hash
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from kernel.ids import new_id
from privacy.models import RightsRequest, RightsStep
from privacy.rules.rights import CLOSED, LINKS_A_DAY, RequestKind, RequestState, due_on, may_move

LINK_SENT = "link_sent"
ASKED_AGAIN = "asked_again"
DAY = timedelta(days=1)


class RightsStepNotPossible(Refusal):
    """The request stands where this step does not follow; what is closed stays as it was told."""

    code = "rights_step_not_possible"
    status = 409
    title = _("This step is not possible where the request stands now.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: `kind`, where they are written to, in which language; the rest may be empty.

    `about_documents`: also what customers of ours keep about them.
    """

    kind: RequestKind
    email: str
    language: str
    name: str = ""
    country: str = ""
    message: str = ""
    about_documents: bool = False


def status_secret(request_id: str) -> str:
    """The secret of the page on which a request is followed; it follows from id and pepper, and is stored nowhere."""
    return _secret("status", request_id)


def link_secret(request_id: str, link_number: int) -> str:
    """The secret of a one-time link; a newer link has another."""
    return _secret("link", f"{request_id}/{link_number}")


def _secret(purpose: str, subject: str) -> str:
    key = salted_hmac(f"privacy.rights.{purpose}", subject, secret=settings.TOKEN_PEPPER, algorithm="sha256")
    return urlsafe_b64encode(key.digest()).decode().rstrip("=")


def created(asked: Asked, *, now: datetime, person_id: int | None = None) -> RightsRequest:
    """The new row, with its number and its last day. Raises `IntegrityError` when the same is open already."""
    request_id, received_on = new_id("rgt"), legal_date(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('privacy_rightsrequest_number')")
        place = cursor.fetchone()[0]
    return RightsRequest.objects.create(
        id=request_id,
        number=f"R-{received_on.year}-{place:06d}",
        kind=asked.kind.value,
        person_id=person_id,
        email=asked.email.lower(),
        name=asked.name,
        country=asked.country,
        message=asked.message,
        about_documents=asked.about_documents,
        language=asked.language or settings.LANGUAGE_CODE,
        secret_hash=secret_hash(status_secret(request_id)),
        received_at=now,
        due_on=due_on(received_on),
    )


def take_words(row: RightsRequest, asked: Asked) -> None:
    """What is asked for now, instead of what was written before; the caller saves it."""
    row.message, row.about_documents, row.name = asked.message, asked.about_documents, asked.name
    row.country, row.language = asked.country, asked.language or row.language


def open_one(asked: Asked, person_id: int | None = None) -> RightsRequest | None:
    """The open request for the same of the account or else of the address, locked until the caller's transaction ends.

    Whoever has an account may have had another address when they asked.
    """
    rows = RightsRequest.objects.select_for_update().filter(kind=asked.kind.value, closed_at=None)
    own = rows.filter(person_id=person_id).first() if person_id is not None else None
    return own or rows.filter(same_address("email", asked.email)).first()


def held_request(request_id: str) -> RightsRequest:
    """The request, locked until the caller's transaction ends. Raises `NotFound`."""
    row = RightsRequest.objects.select_for_update().filter(id=request_id).first()
    if row is None:
        raise NotFound
    return row


def move(actor: Actor, row: RightsRequest, to: RequestState, *, now: datetime, reason: str = "") -> None:
    """Take a step, in the caller's transaction: state, its moment if it is the end, log and audit trail.

    The caller saves what else it changed. Raises `RightsStepNotPossible`.
    """
    if not may_move(row.facts, to):
        raise RightsStepNotPossible
    row.state = to.value
    if to in CLOSED:
        row.closed_at = now
    row.save()
    log(actor, row, to.value, now=now, reason=reason)
    audit.record(actor=actor, action=f"rights_request.{to.value}", now=now, subject=row.id, details=_told(row))


def log(actor: Actor, row: RightsRequest, step: str, *, now: datetime, reason: str = "") -> None:
    """A line of the request's own log. Names of staff stay with the operator."""
    RightsStep.objects.create(
        request=row, at=now, step=step, by_kind=actor.kind, by_name=actor.name, reason=reason or actor.reason
    )


def tell(row: RightsRequest, event: str, *, now: datetime, payload: Mapping[str, Any] | None = None) -> None:
    """Emit what happened to a request, in the caller's transaction."""
    outbox.emit(f"rights_request.{event}", now=now, customer_id=None, subject=row.id, payload=payload)


def send_link(actor: Actor, row: RightsRequest, *, now: datetime) -> bool:
    """Make the next one-time link; False, and nothing changed, where the address got as many as it may within a day."""
    sent = RightsStep.objects.filter(
        same_address("request__email", row.email), step=LINK_SENT, at__gt=now - DAY
    ).count()
    if sent >= LINKS_A_DAY:
        return False
    row.link_number += 1
    row.link_hash = secret_hash(link_secret(row.id, row.link_number))
    row.link_sent_at = now
    row.save(update_fields=["link_number", "link_hash", "link_sent_at"])
    log(actor, row, LINK_SENT, now=now)
    return True


def is_owed_link(row: RightsRequest) -> bool:
    """Whether somebody asked and got no link, because their address had as many as it may within a day."""
    asked = row.steps.filter(step__in=[RequestState.RECEIVED.value, ASKED_AGAIN, LINK_SENT]).order_by("-id").first()
    return row.facts.state is RequestState.RECEIVED and asked is not None and asked.step != LINK_SENT


def _told(row: RightsRequest) -> dict[str, str]:
    return {"number": row.number, "kind": row.kind}
