"""Carries out a case whose time to object is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import carrier, give_case_notice, held_case, invite_new_owner, move, tell
from accounts.actions.change_role import change_role
from accounts.actions.complete_replacement import complete_replacement
from accounts.actions.restore_member import restore_member
from accounts.actions.transfer_customer import transfer_customer
from accounts.models import Case, Membership
from accounts.rules.cases import CaseKind, CaseState
from accounts.rules.permissions import Role
from kernel.actor import Actor
from kernel.addresses import same_address


def carry_out_case(*, actor: Actor, case_id: str, now: datetime) -> bool:
    """Whether it took effect now (clauses C4, C12); not when an owner has objected meanwhile, or a job was faster.

    Raises `NotFound` when there is no such case, and what the change itself refuses: nothing is changed then.
    """
    with transaction.atomic():
        case = held_case(case_id)
        if case.state != CaseState.GRANTED or case.takes_effect_at is None or case.takes_effect_at > now:
            return False
        if case.kind == CaseKind.ACCOUNT_TRANSFER:
            transfer_customer(actor=carrier(case), case_id=case.id, now=now)
            return True
        _replace(actor, case, now)
    return True


def _replace(actor: Actor, case: Case, now: datetime) -> None:
    """Who is a member already becomes owner now; who is not is invited, and owner on joining."""
    members = Membership.objects.held(case.customer_id).exclude(status=Membership.Status.ENDED)
    member = members.filter(same_address("person__email", case.facts["email"])).first()
    if member is None:
        move(case, CaseState.INVITED)
        case.invitation_id = invite_new_owner(case, now=now).id
        case.save(update_fields=["state", "invitation_id"])
        tell(actor, case, "case.invited", now=now, details={"invitation": case.invitation_id})
        give_case_notice(case, "case.decided", now=now)
        return
    if member.status == Membership.Status.SUSPENDED:
        restore_member(actor=carrier(case), membership_id=member.id, now=now)
    change_role(actor=carrier(case), membership_id=member.id, role=Role.OWNER, now=now)
    complete_replacement(actor=carrier(case), case_id=case.id, membership_id=member.id, now=now)
