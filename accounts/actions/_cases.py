"""What the steps of a case have in common: finding it, moving it on, and telling the owners."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.actions.invite_member import invite_member
from accounts.models import Case, Invitation
from accounts.rules.cases import CaseState, may_follow
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal


class CaseOutOfTurn(Refusal):
    """The case is in another state, perhaps because somebody was faster."""

    code = "case_out_of_turn"
    status = 409
    title = _("This case waits for something else. Somebody may have been faster: look at it again.")


class SecondDeciderNeeded(Refusal):
    """One person alone could hand a customer to somebody."""

    code = "second_decider_needed"
    status = 409
    title = _("You opened this case yourself. Another member of staff must decide it.")


class EvidenceNeeded(Refusal):
    """Nothing is granted on somebody's word."""

    code = "evidence_needed"
    status = 409
    title = _("There is too little evidence: one file for a replacement, the consent of both for a transfer.")


def require_staff(actor: Actor) -> None:
    """Raise `Forbidden` for everybody else. Which of staff may, their door has asked."""
    if actor.kind != "staff":
        raise Forbidden


def held_case(case_id: str, *, customer_id: str | None = None) -> Case:
    """The case, locked until the caller's transaction ends; with `customer_id` only that customer's.

    Raises `NotFound`.
    """
    cases = Case.objects.select_for_update(of=("self",)).select_related("customer").filter(id=case_id)
    case = (cases.filter(customer_id=customer_id) if customer_id else cases).first()
    if case is None:
        raise NotFound
    return case


def move(case: Case, state: CaseState) -> None:
    """Set the state, if the case may go there from where it is; raises `CaseOutOfTurn`. The caller saves."""
    if not may_follow(case.state, state):
        raise CaseOutOfTurn
    case.state = state.value


def tell(actor: Actor, case: Case, action: str, *, now: datetime, details: Mapping[str, Any] | None = None) -> None:
    """Audit entry and event, in the caller's transaction."""
    by = replace(actor, customer_id=case.customer_id)
    facts = {**(details or {}), "case_kind": case.kind}
    audit.record(actor=by, action=action, now=now, customer_id=case.customer_id, subject=case.id, details=facts)
    outbox.emit(action, now=now, customer_id=case.customer_id, subject=case.id, payload={"case_kind": case.kind})


def give_case_notice(case: Case, kind: str, *, now: datetime, people: Collection[int] = ()) -> None:
    """Tell the owners, and `people` by their ids, where the case stands and how to object."""
    give_notice(
        kind=kind,
        customer_id=case.customer_id,
        now=now,
        permission="owner.appoint",
        people=people,
        subject=case.id,
        facts={
            **case.facts,
            "case": case.id,
            "case_kind": case.kind,
            "state": case.state,
            "asked_by_name": case.asked_by_name,
            "asked_by_capacity": case.asked_by_capacity,
            "reason": case.decision_reason,
            "takes_effect_at": case.takes_effect_at.isoformat() if case.takes_effect_at else None,
        },
    )


def carrier(case: Case) -> Actor:
    """As whom a decided case is carried out: the operator, for this customer, with the decision as reason."""
    by = Actor.system("accounts.carry_out_cases", customer_id=case.customer_id)
    return replace(by, name=settings.OPERATOR_NAME, reason=case.decision_reason)


def invite_new_owner(case: Case, *, now: datetime) -> Invitation:
    """The invitation as owner of who showed a right to act, bound to the address that was decided about."""
    return invite_member(actor=carrier(case), email=case.facts["email"], role=Role.OWNER, now=now)
