"""What was agreed with a customer, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from accounts.models import Acceptance, Customer, Ending, Erasure
from accounts.rules import endings
from kernel.actor import Actor
from kernel.clock import legal_zone


class ContractTerms(Protocol):
    """What is read of a customer's plan, which the app above keeps; `amount` in EUR without VAT, times UTC.

    `paid_until` is the end of the running term; `amount` what the open billing period has come to by now.
    """

    @property
    def plan_name(self) -> str: ...

    @property
    def interval(self) -> str: ...

    @property
    def renews(self) -> bool: ...

    @property
    def paid_until(self) -> datetime: ...

    @property
    def amount(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class WaysToEnd:
    """Both ends a customer can choose (clauses B12, C6): with the paid time, or at once. The same without a plan.

    They follow from `terms`, the customer's plan; None without one.
    """

    terms: ContractTerms | None
    with_paid_time: endings.Dates
    at_once: endings.Dates
    kept_until: date

    @property
    def differ(self) -> bool:
        return self.with_paid_time.ends_at > self.at_once.ends_at


def terms_of(customer_id: str, *, now: datetime) -> ContractTerms | None:
    """The customer's plan as far as ending depends on it; None without one."""
    ask: Callable[..., ContractTerms | None] = import_string(settings.CONTRACT_TERMS)
    return ask(customer_id=customer_id, now=now)


def acceptances_of(actor: Actor) -> QuerySet[Acceptance]:
    """Who accepted which document for the actor's customer, newest first. Raises `Forbidden` without the permission."""
    actor.require("customer.manage")
    found = Acceptance.objects.filter(customer_id=actor.customer).select_related("document")
    return found.order_by("-accepted_at", "document__kind")


def customer_of(actor: Actor) -> Customer:
    """The actor's customer, read afresh. Raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    customer: Customer = Customer.objects.get(id=actor.customer)
    return customer


def open_ending(customer_id: str) -> Ending | None:
    """The end that was asked for or announced and has not come; None when there is none."""
    return Ending.objects.open().filter(customer_id=customer_id).first()


def last_ending(customer_id: str) -> Ending | None:
    """The end that was carried out; None while the contract runs."""
    return Ending.objects.filter(customer_id=customer_id, state=Ending.State.DONE).order_by("-ended_at").first()


def contract_end(customer_id: str) -> datetime | None:
    """From when the customer has no contract (UTC): decided, to come or past; None while that is open."""
    decided = Ending.objects.filter(customer_id=customer_id, confirmed=True).exclude(state=Ending.State.WITHDRAWN)
    return decided.order_by("ends_at").values_list("ends_at", flat=True).first()


def ends_by_operators_notice(customer_id: str) -> bool:
    """Whether the operator ends or ended the contract by notice, without a cause (B14)."""
    decided = Ending.objects.filter(customer_id=customer_id, confirmed=True).exclude(state=Ending.State.WITHDRAWN)
    first = decided.order_by("ends_at").first()
    return first is not None and (first.by, first.ground) == (Ending.By.OPERATOR, endings.Ground.NOTICE)


def erasure_of(customer_id: str) -> Erasure | None:
    """When the customer's content is destroyed; None while that is not due."""
    return Erasure.objects.filter(customer_id=customer_id).first()


def ways_to_end(customer_id: str, *, now: datetime) -> WaysToEnd:
    """When the contract would end if the customer said so now."""
    terms = terms_of(customer_id, now=now)
    paid_until = terms.paid_until if terms else None
    paid = endings.customers_end(at_once=False, paid_until=paid_until, zone=legal_zone(), now=now)
    soon = endings.customers_end(at_once=True, paid_until=paid_until, zone=legal_zone(), now=now)
    return WaysToEnd(terms, paid, soon, endings.bookkeeping_kept_until(paid.ends_at, legal_zone()))
