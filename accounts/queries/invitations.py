"""Who is invited, and who of a list can be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.functions import Lower

from accounts.models import Customer, Invitation, Membership
from accounts.rules.invitation_lists import Line, Verdict, looks_like_address
from accounts.rules.invitations import left_today
from accounts.rules.permissions import Role
from accounts.rules.sign_in import may_be_invited
from kernel.actor import Actor
from kernel.errors import NotFound

_SHOWN_AFTER_EXPIRY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ListStanding:
    """What is known of some addresses, in lower case, and how many more may be invited within this day."""

    members: frozenset[str]
    invited: frozenset[str]
    not_allowed: frozenset[str]
    left_today: int

    def of(self, email: str) -> Verdict:
        """The verdict about an address, apart from form and role."""
        if email in self.members:
            return Verdict.ALREADY_MEMBER
        if email in self.not_allowed:
            return Verdict.DOMAIN_NOT_ALLOWED
        return Verdict.INVITED_ALREADY if email in self.invited else Verdict.OK


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """A line of a list, and what will become of it."""

    number: int
    email: str
    role: Role | None
    role_text: str
    verdict: Verdict


def list_standing(actor: Actor, emails: Collection[str], *, now: datetime) -> ListStanding:
    """What stands for or against inviting `emails` (lower case). Raises `Forbidden` without `member.manage`."""
    actor.require("member.manage")
    members = Membership.objects.filter(customer_id=actor.customer).exclude(status=Membership.Status.ENDED)
    known = members.annotate(address=Lower("person__email")).filter(address__in=emails)
    invitations = Invitation.objects.filter(customer_id=actor.customer)
    open_ones = invitations.open(now=now).annotate(address=Lower("email")).filter(address__in=emails)
    sent = invitations.filter(created_at__gt=now - timedelta(days=1)).count()
    return ListStanding(
        members=frozenset(known.values_list("address", flat=True)),
        invited=frozenset(open_ones.values_list("address", flat=True)),
        not_allowed=_not_allowed(actor, emails),
        left_today=left_today(sent),
    )


def _not_allowed(actor: Actor, emails: Collection[str]) -> frozenset[str]:
    """Those outside of the domains to which the customer's sign-in rules allow invitations; none without such rules."""
    domains = Customer.objects.get(id=actor.customer).sign_in.email_domains
    return frozenset(email for email in emails if not may_be_invited(email, domains))


def judge_lines(actor: Actor, lines: Sequence[Line], *, now: datetime) -> list[JudgedLine]:
    """What would become of each line if the list was sent now; of an address that stands twice the first counts."""
    standing = list_standing(actor, {line.email for line in lines if looks_like_address(line.email)}, now=now)
    judged: list[JudgedLine] = []
    seen: set[str] = set()
    left = standing.left_today
    for line in lines:
        verdict = _judge(actor, line, standing, seen)
        if verdict is Verdict.OK:
            seen.add(line.email)
            left -= 1
            verdict = Verdict.OVER_THE_LIMIT if left < 0 else verdict
        judged.append(JudgedLine(line.number, line.email, line.role, line.role_text, verdict))
    return judged


def _judge(actor: Actor, line: Line, standing: ListStanding, seen: Collection[str]) -> Verdict:
    if not looks_like_address(line.email):
        return Verdict.BAD_ADDRESS
    if line.role is None:
        return Verdict.UNKNOWN_ROLE
    if line.role == Role.OWNER and not actor.may("owner.appoint"):
        return Verdict.OWNER_NEEDED
    return Verdict.TWICE if line.email in seen else standing.of(line.email)


def pending_invitations_of(actor: Actor, *, now: datetime) -> QuerySet[Invitation]:
    """Invitations of the actor's customer that nobody used: open ones, and those that expired within 30 days."""
    actor.require("member.read")
    unused = Invitation.objects.unused().filter(customer_id=actor.customer, expires_at__gt=now - _SHOWN_AFTER_EXPIRY)
    return unused.order_by("email")


def invitation_of(actor: Actor, invitation_id: str) -> Invitation:
    """One invitation of the actor's customer, whatever became of it. Raises `NotFound`."""
    actor.require("member.read")
    invitation = Invitation.objects.filter(customer_id=actor.customer, id=invitation_id).first()
    if invitation is None:
        raise NotFound
    return invitation
