"""Cases, as the owners see them and as the work that follows finds them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Case, CustomerIdentity
from accounts.rules.cases import OPEN, CaseKind, CaseState
from kernel.actor import Actor


def open_cases_of(actor: Actor) -> list[Case]:
    """The cases of the actor's customer that are not over, for its owners; nobody else sees any."""
    if not actor.may("owner.appoint"):
        return []
    states = [state.value for state in OPEN]
    return list(Case.objects.filter(customer_id=actor.customer, state__in=states).order_by("id"))


def replacement_waiting_for(customer_id: str) -> str | None:
    """The id of the customer's case that waits for its new owner to join."""
    waiting = Case.objects.filter(
        customer_id=customer_id, kind=CaseKind.ADMINISTRATOR_REPLACEMENT, state=CaseState.INVITED
    )
    return waiting.values_list("id", flat=True).first()


def waiting_cases() -> int:
    """How many cases wait for staff to decide."""
    return Case.objects.filter(state__in=[CaseState.OPENED, CaseState.HELD]).count()


def cases_in_state(case_id: str, *states: CaseState) -> QuerySet[Case]:
    """The case, if it is in one of these states; for buttons that are shown only then."""
    return Case.objects.filter(pk=case_id, state__in=[state.value for state in states])


def identity_at(customer_id: str, moment: datetime) -> CustomerIdentity | None:
    """Which entity the customer was at a moment (clause C12); None when it was never transferred: its row says it."""
    identities = CustomerIdentity.objects.filter(customer_id=customer_id, since__lte=moment)
    return identities.filter(Q(until=None) | Q(until__gt=moment)).first()
