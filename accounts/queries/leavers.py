"""People who belong to no customer: since when, and whether their account is to be forgotten (clause D3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import BooleanField, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Acceptance, Application, Customer, Ending, Membership, NoticeDelivery, Person
from accounts.rules.people import Leaving, leaving
from accounts.rules.permissions import Role


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """Somebody who belongs to no customer, and which clock runs for their account since when (UTC)."""

    person_id: int
    leaving: Leaving
    since: datetime


def belongs_somewhere(person_id: int) -> bool:
    """Whether the person belongs to a customer whose content is not destroyed, if only suspended."""
    return bool(_living().filter(person_id=person_id).exists())


def leavers() -> Iterator[Leaver]:
    """Everybody whose clock runs; staff and who is forgotten already are not among them."""
    for row in _homeless().order_by("pk").iterator(chunk_size=1_000):
        yield _leaver(row)


def leaver(person_id: int) -> Leaver | None:
    """The same of one person, as they stand now; None when their clock does not run."""
    row = _homeless().filter(pk=person_id).first()
    return _leaver(row) if row is not None else None


def living_people() -> int:
    """How many accounts of people there are that are neither staff's nor forgotten."""
    return int(_forgettable().count())


def kept_of_person(person_id: int) -> dict[str, int]:
    """What bookkeeping keeps of somebody who is forgotten, as rows by table (clause D4)."""
    kept = {
        "accounts_acceptance": Acceptance.objects.filter(person_id=person_id).count(),
        "accounts_application": Application.objects.filter(person_id=person_id).count(),
        "accounts_noticedelivery": NoticeDelivery.objects.filter(person_id=person_id).count(),
    }
    return {table: count for table, count in kept.items() if count}


def _living() -> QuerySet[Membership]:
    members = Membership.objects.exclude(status=Membership.Status.ENDED)
    return members.exclude(customer__status=Customer.Status.CLOSED)


def _forgettable() -> QuerySet[Person]:
    return Person.objects.filter(is_staff=False, is_superuser=False, forgotten_at=None)


def _has_applied() -> Exists:
    return Exists(Application.objects.filter(person=OuterRef("pk"), customer=None))


def _homeless() -> QuerySet[Any]:
    """A membership that nobody ended is over with its customer's contract."""
    ended = Ending.objects.filter(customer=OuterRef("customer"), state=Ending.State.DONE).values("ended_at")[:1]
    rows = Membership.objects.filter(person=OuterRef("pk")).values("person")
    last = rows.annotate(last=Max(Coalesce("ended_at", Subquery(ended), "created_at"))).values("last")
    people = _forgettable().filter(~Exists(_living().filter(person=OuterRef("pk"))))
    return people.annotate(last_end=Greatest(Subquery(last), "left_at"), has_applied=_has_applied())


def _leaver(row: Any) -> Leaver:
    kind, since = leaving(
        left_at=row.last_end,
        asked_at=row.deletion_asked_at,
        kept_at=row.kept_at,
        seen_at=max(row.joined_at, row.last_login or row.joined_at),
        has_applied=row.has_applied,
    )
    return Leaver(person_id=row.pk, leaving=kind, since=since)


def addresses_of_person(person_id: int) -> list[str]:
    """Every address that somebody signs in with, in small letters; none once they are forgotten."""
    own = EmailAddress.objects.filter(user_id=person_id).values_list("email", flat=True)
    main = Person.objects.filter(pk=person_id, forgotten_at=None).values_list("email", flat=True)
    return sorted({each.lower() for each in (*own, *main)})


def left_of_person(person_id: int) -> dict[str, int]:
    """What of a person should be gone and is not, as rows by table; empty when they are forgotten."""
    left = {
        "accounts_person": Person.objects.filter(pk=person_id, forgotten_at=None).count(),
        "account_emailaddress": EmailAddress.objects.filter(user_id=person_id).count(),
        "mfa_authenticator": Authenticator.objects.filter(user_id=person_id).count(),
        "usersessions_usersession": UserSession.objects.filter(user_id=person_id).count(),
    }
    return {table: count for table, count in left.items() if count}


def memberships_to_leave(person_id: int) -> list[Membership]:
    """The memberships that end with the account, by the customer's name; `only_owner` of each says what is in the way.

    Not those whose contract is over: they end with its erasure.
    """
    over = [Customer.Status.ENDED, Customer.Status.CLOSED]
    members = Membership.objects.exclude(status=Membership.Status.ENDED).exclude(customer__status__in=over)
    owners = Membership.objects.active().filter(role=Role.OWNER)
    others = owners.filter(customer=OuterRef("customer")).exclude(person_id=person_id)
    found = members.filter(person_id=person_id).select_related("customer").order_by("customer__name", "id")
    only = Q(role=Role.OWNER, status=Membership.Status.ACTIVE) & ~Q(Exists(others))
    return list(found.annotate(only_owner=ExpressionWrapper(only, output_field=BooleanField())))
