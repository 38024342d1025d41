"""Gives a customer that pays late more time before anything is decided."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from billing.actions._proposals import decide, waiting_proposal
from billing.models import DunningProposal
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import FieldError, Refusal


class DayNotAhead(Refusal):
    code = "day_not_ahead"
    title = _("Choose a day after today.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/until", self.code, str(self.title))])


@transaction.atomic
def give_more_time(*, actor: Actor, proposal_id: str, until: date, now: datetime) -> None:
    """Put the decision off until a day has passed; the customer is told of it. Interest goes on (B10).

    For staff, who give a reason. Raises `Forbidden`, `ReasonNeeded`, `NotFound`, `ProposalDecided`, `DayNotAhead`.
    """
    proposal = waiting_proposal(actor, proposal_id)
    if until <= legal_date(now):
        raise DayNotAhead
    proposal.deferred_until = until
    decide(actor, proposal, DunningProposal.State.DEFERRED, now)
    facts = {"number": proposal.facts["number"], "until_on": until.isoformat()}
    customer_id = proposal.customer_id
    audit.record(
        actor=actor,
        action="dunning.time_given",
        now=now,
        customer_id=customer_id,
        subject=proposal.pk,
        details=facts,
    )
    give_notice(
        kind="invoice.more_time_given",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        subject=proposal.invoice_id,
        facts=facts | {"reason": actor.reason},
    )
