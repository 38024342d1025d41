"""The new owner is there: those before become what was decided."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import carrier, give_case_notice, held_case, move, tell
from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.models import Case, Invitation, Membership
from accounts.rules.cases import CaseState, OldOwners
from accounts.rules.permissions import Role
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.errors import NotFound


def complete_replacement(*, actor: Actor, case_id: str, membership_id: str, now: datetime) -> Case:
    """The case, done (clause C4): `membership_id` is the new owner's, so that the customer never is without one.

    For the system. Raises `NotFound` when this member is not an active owner, or joined without the invitation of the
    case, and `CaseOutOfTurn`.
    """
    actor.require("owner.appoint")
    with transaction.atomic():
        case = held_case(case_id)
        owners = Membership.objects.held(case.customer_id).filter(role=Role.OWNER)
        new = owners.filter(id=membership_id, status=Membership.Status.ACTIVE).first()
        if new is None or not _is_meant(case, new):
            raise NotFound
        move(case, CaseState.DONE)
        old = list(owners.exclude(id=membership_id).exclude(status=Membership.Status.ENDED))
        for each in old:
            if case.facts["old_owners"] == OldOwners.END:
                end_membership(actor=carrier(case), membership_id=each.id, now=now)
            elif case.facts["old_owners"] == OldOwners.ADMINISTRATOR:
                change_role(actor=carrier(case), membership_id=each.id, role=Role.ADMINISTRATOR, now=now)
        case.ended_at = now
        case.save(update_fields=["state", "ended_at"])
        facts = {"owner": membership_id, "before": [each.id for each in old], "became": case.facts["old_owners"]}
        tell(carrier(case), case, "case.done", now=now, details=facts)
        give_case_notice(case, "case.done", now=now, people=[each.person_id for each in old])
    return case


def _is_meant(case: Case, member: Membership) -> bool:
    if case.state == CaseState.GRANTED:
        return member.person.email.lower() == str(case.facts["email"]).lower()
    accepted = Invitation.objects.filter(same_address("email", case.facts["email"]), id=case.invitation_id)
    return accepted.exclude(accepted_at=None).exists()
