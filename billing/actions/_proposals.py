"""What all decisions on late payment share."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.actions.suspend_customer import ReasonNeeded
from billing.models import DunningProposal
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal


class ProposalDecided(Refusal):
    code = "proposal_decided"
    status = 409
    title = _("This was decided before, or is no longer founded.")


def waiting_proposal(actor: Actor, proposal_id: str) -> DunningProposal:
    """The proposal, held in the caller's transaction, for staff with a reason.

    Raises `Forbidden`, `ReasonNeeded`, `NotFound`, `ProposalDecided`.
    """
    if actor.kind != "staff":
        raise Forbidden
    if not actor.reason.strip():
        raise ReasonNeeded
    held = DunningProposal.objects.select_for_update(no_key=True)
    proposal = held.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound
    if proposal.state not in DunningProposal.WAITING:
        raise ProposalDecided
    return proposal


def decide(actor: Actor, proposal: DunningProposal, state: DunningProposal.State, now: datetime) -> None:
    """Write the decision down."""
    proposal.state, proposal.decided_at, proposal.decided_by = state, now, actor.name
    proposal.reason = actor.reason
    proposal.save(update_fields=["state", "decided_at", "decided_by", "reason", "deferred_until"])
