"""The change that changing a role, suspending, restoring and ending a membership have in common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import ApiToken, Invitation, Membership
from accounts.rules.members import Standing, Verdict, judge_change
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class LastOwner(Refusal):
    code = "last_owner"
    status = 409
    title = _("A customer always has an owner. Make somebody else owner first.")


class OwnerNeeded(Refusal):
    code = "owner_needed"
    status = 403
    title = _("Only an owner makes somebody owner or changes an owner.")


class WrongMemberStatus(Refusal):
    code = "wrong_member_status"
    status = 409
    title = _("This person’s membership has changed meanwhile. Look again.")


_REFUSALS: dict[Verdict, type[Refusal]] = {Verdict.LAST_OWNER: LastOwner, Verdict.OWNER_NEEDED: OwnerNeeded}


def change_standing(
    *,
    actor: Actor,
    membership_id: str,
    event: str,
    now: datetime,
    within: Collection[str],
    role: str | None = None,
    status: str | None = None,
) -> Membership:
    """Change the role or the status of a membership whose status is one of `within`, and tell it as `event`.

    Raises `NotFound` for a stranger's membership and one that has ended, `WrongMemberStatus`, `OwnerNeeded` and
    `LastOwner`. Whoever changes memberships of one customer waits for whoever does so already.
    """
    actor.require("member.manage")
    with transaction.atomic():
        member = held_member(actor, membership_id, within=within)
        _require_allowed(member, _wanted(member, role, status), actor.may("owner.appoint"))
        actor = as_they_stand(actor)
        actor.require("member.manage")
        apply(actor, member, event=event, now=now, role=role, status=status, by_owner=actor.may("owner.appoint"))
    return member


def as_they_stand(actor: Actor) -> Actor:
    """The actor with what is left of its permissions, once the customer's memberships are held: while it waited for
    them, somebody may have suspended it or taken its role.
    """
    if actor.kind not in {"member", "token"}:
        return actor
    makers = ApiToken.objects.filter(id=actor.id, revoked_at=None).values("created_by")
    who = {"id": actor.id} if actor.kind == "member" else {"id__in": makers}
    members = Membership.objects.active().select_related("customer").filter(customer_id=actor.customer)
    member = members.filter(**who).first()
    return replace(actor, permissions=actor.permissions & member.permissions if member else frozenset())


def held_member(actor: Actor, membership_id: str, *, within: Collection[str]) -> Membership:
    """The member, whose customer's memberships nobody else changes until the caller's transaction ends."""
    members = Membership.objects.held(actor.customer).select_related("person", "customer")
    member = members.exclude(status=Membership.Status.ENDED).filter(id=membership_id).first()
    if member is None:
        raise NotFound
    if member.status not in within:
        raise WrongMemberStatus
    return member


def apply(
    actor: Actor,
    member: Membership,
    *,
    event: str,
    now: datetime,
    role: str | None = None,
    status: str | None = None,
    by_owner: bool,
) -> None:
    """Change a held member and tell it; refused unless the rule allows it."""
    old = {"role": member.role, "status": member.status}
    _require_allowed(member, _wanted(member, role, status), by_owner)
    member.role, member.status = role or member.role, status or member.status
    member.ended_at = now if member.status == Membership.Status.ENDED else None
    member.save(update_fields=["role", "status", "ended_at"])
    new = {"role": member.role, "status": member.status}
    facts = {"name": str(member), "from": old, "to": new}
    if member.status == Membership.Status.ENDED:
        facts |= _close_the_ways_back(member, now)
    audit.record(actor=actor, action=event, now=now, subject=member.id, details=facts)
    outbox.emit(event, now=now, customer_id=actor.customer, subject=member.id, payload={"from": old, "to": new})
    _tell(actor, member, event, old["role"], now)


def _tell(actor: Actor, member: Membership, event: str, old_role: str, now: datetime) -> None:
    """Give notice to the person concerned; of who left by themself, to those who manage members."""
    left = event == "member.left"
    give_notice(
        kind=event,
        customer_id=actor.customer,
        now=now,
        permission="member.manage" if left else "",
        people=[] if left else [member.person_id],
        facts={"name": str(member), "by": actor.name, "role": member.role, "old_role": old_role},
        subject=member.id,
    )


def _wanted(member: Membership, role: str | None, status: str | None) -> Standing:
    return Standing(role or member.role, (status or member.status) == Membership.Status.ACTIVE)


def _require_allowed(member: Membership, after: Standing, by_owner: bool) -> None:
    members = Membership.objects.active().filter(customer_id=member.customer_id, role=Role.OWNER)
    owners = members.exclude(id=member.id).count()
    verdict = judge_change(member.standing, after, by_owner=by_owner, other_owners=owners)
    if verdict is not Verdict.ALLOWED:
        raise _REFUSALS[verdict]


def _close_the_ways_back(member: Membership, now: datetime) -> dict[str, list[str]]:
    """Revoke what somebody who leaves made or was offered: a later invitation must bring none of it back."""
    tokens = ApiToken.objects.filter(created_by=member, revoked_at=None)
    revoked = sorted(tokens.values_list("id", flat=True))
    tokens.update(revoked_at=now)
    addresses = [member.person.email.lower()]
    verified = EmailAddress.objects.filter(user_id=member.person_id, verified=True).values_list("email", flat=True)
    addresses += [each.lower() for each in verified]
    offers = Invitation.objects.unused().filter(customer_id=member.customer_id, email__in=addresses)
    withdrawn = sorted(offers.values_list("id", flat=True))
    offers.update(revoked_at=now)
    return {"tokens_revoked": revoked, "invitations_revoked": withdrawn}
