"""Leaves a late payment without consequences."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._proposals import decide, waiting_proposal
from billing.models import DunningProposal
from kernel import audit
from kernel.actor import Actor


@transaction.atomic
def dismiss_proposal(*, actor: Actor, proposal_id: str, now: datetime) -> None:
    """Decide that nothing follows (B15). For staff, who give a reason; the late payment still counts in its term.

    Raises `Forbidden`, `ReasonNeeded`, `NotFound`, `ProposalDecided`.
    """
    proposal = waiting_proposal(actor, proposal_id)
    proposal.deferred_until = None
    decide(actor, proposal, DunningProposal.State.DISMISSED, now)
    audit.record(
        actor=actor,
        action="dunning.dismissed",
        now=now,
        customer_id=proposal.customer_id,
        subject=proposal.pk,
        details={"ground": proposal.ground},
    )
