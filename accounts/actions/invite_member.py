"""Invites somebody by e-mail to act for a customer in one role."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actions._standing import OwnerNeeded
from accounts.models import Customer, Invitation, Membership
from accounts.queries import invitation_secret, secret_hash
from accounts.rules import invitations
from accounts.rules.permissions import Role
from accounts.rules.sign_in import may_be_invited
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, Refusal
from kernel.ids import new_id


class AlreadyMember(Refusal):
    code = "already_member"
    status = 409
    title = _("This person is a member already.")


class TooManyInvitations(Refusal):
    code = "too_many_invitations"
    status = 429
    title = _("That is enough invitations for one day. Go on tomorrow.")


class EmailDomainNotAllowed(Refusal):
    code = "email_domain_not_allowed"
    title = _("The sign-in rules of this customer allow invitations to other domains only.")


def invite_member(*, actor: Actor, email: str, role: Role, now: datetime) -> Invitation:
    """An invitation that holds for seven days and once; an earlier open one to the same address ends (clause C2).

    Its secret is mailed and nowhere stored: it follows from the invitation's id and our pepper. Raises
    `OwnerNeeded` (only owners invite owners), `EmailDomainNotAllowed`, `AlreadyMember`, `TooManyInvitations`.
    """
    actor.require("member.manage")
    if role == Role.OWNER and not actor.may("owner.appoint"):
        raise OwnerNeeded(errors=[FieldError("/role", OwnerNeeded.code, str(OwnerNeeded.title))])
    email = email.strip().lower()
    with transaction.atomic():
        members = Membership.objects.held(actor.customer)
        if not may_be_invited(email, Customer.objects.get(id=actor.customer).sign_in.email_domains):
            title = str(EmailDomainNotAllowed.title)
            raise EmailDomainNotAllowed(errors=[FieldError("/email", EmailDomainNotAllowed.code, title)])
        if members.exclude(status=Membership.Status.ENDED).filter(person__email__iexact=email).exists():
            raise AlreadyMember(errors=[FieldError("/email", AlreadyMember.code, str(AlreadyMember.title))])
        sent = Invitation.objects.filter(customer_id=actor.customer, created_at__gt=now - timedelta(days=1)).count()
        if not invitations.may_send_another(sent):
            raise TooManyInvitations
        Invitation.objects.unused().filter(customer_id=actor.customer, email__iexact=email).update(revoked_at=now)
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
