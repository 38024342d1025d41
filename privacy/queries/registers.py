"""The registers, as the public, customers and staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from accounts.queries.customers import names_of
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from privacy.models import (
    BreachNotice,
    ContactMessage,
    DataBreach,
    Disclosure,
    PublishedFigure,
    SubProcessor,
)
from privacy.rules.breaches import Missing, due_at, missing, must_tell_authority
from privacy.rules.disclosures import DisclosureState
from privacy.rules.sub_processors import Standing, standing_on


@dataclass(frozen=True, slots=True)
class SubProcessorView:
    """A sub-processor as it stands on a day."""

    row: SubProcessor
    standing: Standing


def sub_processors(today: date) -> dict[str, list[SubProcessorView]]:
    """All there are and were, by their standing on `today`, those that began last first."""
    found: dict[str, list[SubProcessorView]] = {each.value: [] for each in Standing}
    for row in SubProcessor.objects.order_by("-starts_on", "name"):
        standing = standing_on(today, starts_on=row.starts_on, ends_on=row.ends_on)
        found[standing.value].append(SubProcessorView(row, standing))
    return found


def disclosures_of(actor: Actor) -> QuerySet[Disclosure]:
    """What authorities were given about the actor's customer, newest first; what may not be told yet is not among it.

    Raises `Forbidden` without `audit.read` or `access.grant` (clause D8).
    """
    if not (actor.may("audit.read") or actor.may("access.grant")):
        raise Forbidden
    told = Disclosure.objects.filter(customer_id=actor.customer, state=DisclosureState.TOLD.value)
    return told.order_by("-requested_on", "-id")


def published_figures() -> dict[str, list[PublishedFigure]]:
    """What was published, by kind, newest first; what must not be told has no value (clause D13)."""
    found: dict[str, list[PublishedFigure]] = {each: [] for each in PublishedFigure.Kind.values}
    for row in PublishedFigure.objects.order_by("-begins_on"):
        found[row.kind].append(row)
    return found


@dataclass(frozen=True, slots=True)
class BreachView:
    """A breach with its clock: `due_at` in UTC, what is still to be done, and which customers were told when."""

    row: DataBreach
    due_at: datetime
    missing: tuple[Missing, ...]
    customers: tuple[tuple[str, datetime | None], ...]


def breach_view(breach_id: str) -> BreachView:
    """One breach, as its report tells it. Raises `NotFound`."""
    row = DataBreach.objects.filter(id=breach_id).first()
    if row is None:
        raise NotFound
    notices = list(BreachNotice.objects.filter(breach=row).order_by("id"))
    names = names_of(each.customer_id for each in notices)
    told = len({each.customer_id for each in notices if each.told_at})
    return BreachView(
        row=row,
        due_at=due_at(row.aware_at),
        missing=tuple(missing(row.facts(customers_told=told))),
        customers=tuple((names.get(each.customer_id, each.customer_id), each.told_at) for each in notices),
    )


def open_breaches() -> int:
    """How many breaches are not closed."""
    return DataBreach.objects.filter(closed_at=None).count()


def waiting_disclosures() -> int:
    """How many records of disclosures wait for a second person."""
    return Disclosure.objects.filter(state=DisclosureState.RECORDED.value).count()


def waiting_messages() -> int:
    """How many messages of the contact form nobody has answered."""
    return ContactMessage.objects.filter(answered_at=None).count()


def clock_runs(row: DataBreach) -> bool:
    """Whether the authority has to be told of this breach still."""
    return must_tell_authority(row.facts(customers_told=0))
