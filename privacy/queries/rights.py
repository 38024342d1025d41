"""Requests about personal data as their makers, customers and staff see them (D1, D9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.queries import secret_hash
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.errors import NotFound
from privacy.models import ForwardedRequest, RightsRequest, RightsStep
from privacy.models.rights import ACCOUNT_ERASED, ACCOUNT_STAYS
from privacy.queries.article15 import block
from privacy.queries.operator import OperatorParticulars, operator_particulars
from privacy.queries.outcomes import OutcomeWords, outcome_words
from privacy.rules.authorities import Authority, authority_of
from privacy.rules.rights import RequestKind, RequestState, days_left, last_day


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says beside its words: each class of data, what is told to everybody, and where to complain."""

    outcomes: list[OutcomeWords]
    article15: dict[str, Any] | None
    authority: Authority | None
    operator: OperatorParticulars


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with its clock as it stands on a day."""

    row: RightsRequest
    last_day: date
    days_left: int

    @property
    def overdue(self) -> bool:
        return self.row.closed_at is None and self.days_left < 0


def view_of(row: RightsRequest, today: date) -> RequestView:
    """The request as it stands today."""
    return RequestView(row, last_day(row.facts), days_left(row.facts, today=today))


def request_by_secret(secret: str) -> RightsRequest:
    """The request whose page this secret opens. Raises `NotFound`."""
    row = RightsRequest.objects.filter(secret_hash=secret_hash(secret)).first()
    if row is None:
        raise NotFound
    return row


def request_to_confirm(secret: str) -> RightsRequest | None:
    """The open request whose one-time link has this secret, for whoever has the mailbox; None when it is used up."""
    return RightsRequest.objects.filter(link_hash=secret_hash(secret), closed_at=None).first()


def own_request(person_id: int, request_id: str) -> RightsRequest:
    """The person's own request. Raises `NotFound` for another's."""
    row = RightsRequest.objects.filter(id=request_id, person_id=person_id).first()
    if row is None:
        raise NotFound
    return row


def own_requests(person_id: int) -> QuerySet[RightsRequest]:
    """What the person asked for, newest first."""
    return RightsRequest.objects.filter(person_id=person_id).order_by("-received_at", "-id").defer("answer_pdf")


def answer_of(row: RightsRequest) -> Answer:
    """What the letter of an answered or refused request says, in the language of the moment."""
    wants_block = row.state == RequestState.ANSWERED and row.kind == RequestKind.ACCESS
    return Answer(
        outcomes=outcome_words(row.outcome),
        article15=block(row.language) if wants_block else None,
        authority=authority_of(row.country, language=row.language) or authority_of(settings.OPERATOR_COUNTRY),
        operator=operator_particulars(),
    )


def account_outcome(row: RightsRequest) -> RightsStep | None:
    """What came of the account that a request wants erased; None while that is not known."""
    return row.steps.filter(step__in=[ACCOUNT_ERASED, ACCOUNT_STAYS]).order_by("-id").first()


def forwarded_to(actor: Actor) -> QuerySet[ForwardedRequest]:
    """What was passed on to the actor's customer: what is open first, by its last day.

    Raises `Forbidden` without `customer.manage`.
    """
    actor.require("customer.manage")
    rows = ForwardedRequest.objects.filter(customer_id=actor.customer).select_related("request")
    return rows.order_by("closed_at", "due_on", "id")


def objection_of(email: str) -> RightsRequest | None:
    """The objection to advertising that holds for this address."""
    kind = RequestKind.OBJECTION_MARKETING.value
    return RightsRequest.objects.filter(same_address("email", email), kind=kind).exclude(state="withdrawn").first()


def own_objection(person_id: int) -> RightsRequest | None:
    """The objection to advertising that the person made signed in, or by a link sent to them."""
    return RightsRequest.objects.filter(person_id=person_id, kind=RequestKind.OBJECTION_MARKETING.value).first()


def objects_to_marketing(email: str) -> bool:
    """Whether somebody with this address has said that their data must not be used for advertising (GDPR 21 (3))."""
    return objection_of(email) is not None


def open_rights_requests() -> int:
    """How many requests wait for staff: whose they are is shown, and they are not closed."""
    return RightsRequest.objects.filter(closed_at=None).exclude(state=RequestState.RECEIVED.value).count()
