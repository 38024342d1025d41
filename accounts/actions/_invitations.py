"""What inviting one, inviting many and inviting again have in common."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actions._standing import OwnerNeeded
from accounts.models import Invitation
from accounts.queries import invitation_secret, secret_hash
from accounts.queries.invitations import list_standing
from accounts.rules import invitations
from accounts.rules.invitation_lists import Verdict
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.errors import FieldError, Refusal
from kernel.ids import new_id


class AlreadyMember(Refusal):
    code = "already_member"
    status = 409
    title = _("This person is a member already.")


class EmailDomainNotAllowed(Refusal):
    code = "email_domain_not_allowed"
    title = _("The sign-in rules of this customer allow invitations to other domains only.")


class TooManyInvitations(Refusal):
    code = "too_many_invitations"
    status = 429
    title = _("That is enough invitations for one day. Go on tomorrow.")


def require_invitable(actor: Actor, email: str, role: Role, now: datetime) -> None:
    """Raise what stands against this invitation; the customer's memberships are held.

    What a customer's administrators decide (domains) and use up (invitations a day) does not bind the operator, who
    carries out a case against them, too (clause C4).
    """
    if role == Role.OWNER and not actor.may("owner.appoint"):
        raise OwnerNeeded(errors=[FieldError("/role", OwnerNeeded.code, str(OwnerNeeded.title))])
    standing = list_standing(actor, [email], now=now)
    refusals: dict[Verdict, type[Refusal]] = {
        Verdict.ALREADY_MEMBER: AlreadyMember,
        Verdict.DOMAIN_NOT_ALLOWED: EmailDomainNotAllowed,
    }
    verdict, by_operator = standing.of(email), actor.kind == "system"
    refusal = None if by_operator and verdict is Verdict.DOMAIN_NOT_ALLOWED else refusals.get(verdict)
    if refusal is not None:
        raise refusal(errors=[FieldError("/email", refusal.code, str(refusal.title))])
    if standing.left_today < 1 and not by_operator:
        raise TooManyInvitations


def send(actor: Actor, email: str, role: Role, now: datetime) -> Invitation:
    """Make an invitation in the caller's transaction and have it mailed; an earlier one to the address ends.

    Raises `OwnerNeeded` where that one offers ownership, and the actor could not have made it.
    """
    earlier = Invitation.objects.unused().filter(same_address("email", email), customer_id=actor.customer)
    for each in earlier.open(now=now):
        require_may_take_back(actor, each)
    earlier.update(revoked_at=now)
    invitation = _create(actor, email, role, now)
    facts = {"email": email, "role": role.value}
    audit.record(actor=actor, action="member.invited", now=now, subject=invitation.id, details=facts)
    outbox.emit(
        "member.invited",
        now=now,
        customer_id=actor.customer,
        subject=invitation.id,
        payload={"role": role.value, "language": get_language() or "en"},
    )
    return invitation


def require_may_take_back(actor: Actor, invitation: Invitation) -> None:
    """Raise `OwnerNeeded` unless the actor could have made this invitation: only owners make owners."""
    if invitation.role == Role.OWNER and not actor.may("owner.appoint"):
        raise OwnerNeeded


def _create(actor: Actor, email: str, role: Role, now: datetime) -> Invitation:
    invitation_id = new_id("inv")
    return Invitation.objects.create(
        id=invitation_id,
        customer_id=actor.customer,
        email=email,
        role=role.value,
        secret_hash=secret_hash(invitation_secret(invitation_id)),
        invited_by=actor.name,
        created_at=now,
        expires_at=invitations.expires_at(now),
    )
