"""Suspends a customer for late payment, as was proposed to staff."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.suspend_customer import suspend_customer
from accounts.rules.suspensions import Ground
from billing.actions._documents import lock_documents
from billing.actions._proposals import decide, waiting_proposal
from billing.models import DunningProposal
from billing.queries.demands import overdue_total
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Refusal


class NothingOverdue(Refusal):
    code = "nothing_overdue"
    status = 409
    title = _("Nothing is overdue any more, so there is nothing that a suspension could get paid.")


@transaction.atomic
def suspend_for_late_payment(*, actor: Actor, proposal_id: str, now: datetime) -> None:
    """Suspend the customer of a proposal (B15). For staff, whose reason the customer reads.

    Sealing stops; its billing pages stay open, and it is restored by itself once nothing is overdue. Raises
    `Forbidden`, `ReasonNeeded`, `NotFound`, `ProposalDecided`, `NothingOverdue`, `CustomerNotActive`.
    """
    proposal = waiting_proposal(actor, proposal_id)
    lock_documents(proposal.customer_id)
    if not overdue_total(proposal.customer_id, now=now)[0]:
        raise NothingOverdue
    proposal.deferred_until = None
    decide(actor, proposal, DunningProposal.State.SUSPENDED, now)
    audit.record(
        actor=actor,
        action="dunning.suspended",
        now=now,
        customer_id=proposal.customer_id,
        subject=proposal.pk,
        details={"ground": proposal.ground},
    )
    suspend_customer(actor=actor, customer_id=proposal.customer_id, ground=Ground.NON_PAYMENT, now=now)
