"""What was signed for one customer instead of the price list: what holds, what is to come, and the document (B17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from billing.models import SpecialTerms
from billing.rules.periods import first_of_month, legal_date
from billing.rules.rating import agreed_terms
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What each override is called, and whether it is an amount in EUR without VAT.
_OVERRIDES: dict[str, tuple[StrOrPromise, bool]] = {
    "monthly_fee": (_("Fee a month"), True),
    "included": (_("Seals a month"), False),
    "overage_unit_price": (_("Each seal beyond"), True),
    "setup_fee": (_("Set-up fee"), True),
    "included_users": (_("Users in the plan"), False),
    "extra_user_price": (_("Each user beyond, a month"), True),
    "included_storage_gb": (_("GB of storage in the plan"), False),
    "storage_gb_price": (_("Each GB beyond, a month"), True),
}


@dataclass(frozen=True, kw_only=True)
class Override:
    """One thing that was agreed: its `name` in the reader's language; `is_price` tells EUR without VAT from a count."""

    name: str
    value: Decimal | int
    is_price: bool


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Special terms that hold from `starts_on` to before `ends_on` (None: no end); `current` tells that from coming."""

    id: str
    starts_on: date
    ends_on: date | None
    signed_on: date
    document_name: str
    document_sha256: str
    current: bool
    overrides: tuple[Override, ...]


def agreements(actor: Actor, *, now: datetime) -> list[Agreement]:
    """The current and the coming special terms of the actor's customer, the earliest first.

    Raises `Forbidden` without `billing.read`.
    """
    actor.require("billing.read")
    today = legal_date(now, legal_zone())
    known = SpecialTerms.objects.filter(customer_id=actor.customer).defer("document").order_by("starts_on")
    return [_agreement(terms, today) for terms in known if terms.ends_on is None or terms.ends_on > today]


def special_terms_in_force(*, customer_id: str, on: date) -> SpecialTerms | None:
    """What holds for the customer on the legal date `on`; None where the price list does."""
    return SpecialTerms.objects.in_force(customer_id, on).defer("document").first()


def has_prices_of_its_own(*, customer_id: str, on: date) -> bool:
    """Whether what was signed says all that a plan by individual agreement leaves open, in the month of `on` (B1)."""
    terms = special_terms_in_force(customer_id=customer_id, on=first_of_month(on))
    return terms is not None and agreed_terms(None, terms.overrides) is not None


def signed_document(actor: Actor, special_terms_id: str) -> tuple[str, bytes]:
    """Name and bytes of the signed document, for staff and for its customer.

    Raises `Forbidden` without `billing.read`, `NotFound` for a stranger's.
    """
    actor.require("billing.read")
    known = SpecialTerms.objects.filter(pk=special_terms_id)
    if actor.kind != "staff":
        known = known.filter(customer_id=actor.customer)
    terms = known.first()
    if terms is None:
        raise NotFound
    return terms.document_name, bytes(terms.document)


def _agreement(terms: SpecialTerms, today: date) -> Agreement:
    return Agreement(
        id=terms.pk,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        signed_on=terms.signed_on,
        document_name=terms.document_name,
        document_sha256=terms.document_sha256,
        current=terms.starts_on <= today,
        overrides=tuple(
            Override(name=str(words), value=value, is_price=is_price)
            for name, (words, is_price) in _OVERRIDES.items()
            if (value := getattr(terms, name)) is not None
        ),
    )
