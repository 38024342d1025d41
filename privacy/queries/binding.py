"""What bound a customer on a day: special terms, documents, who accepted them, and when it was told (C5, D10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from accounts.queries.contract import contract_end
from accounts.queries.documents import Bound, Version, bound_on, customer_named, to_accept
from billing.queries.signed_terms import SignedTerms, signed_terms
from kernel.actor import Actor
from kernel.clock import legal_date


@dataclass(frozen=True, slots=True)
class Binding:
    """All that bound a customer on the legal day `on`, in order of precedence: `special` terms, then `documents`.

    Nothing did before `since`, the day on which the account was opened, nor from `until`, the day after the contract's
    last (None while that is open). `to_accept` waits for the customer's acceptance today.
    """

    customer_id: str
    customer_name: str
    legal_entity: bool
    on: date
    since: date
    until: date | None
    special: SignedTerms | None
    documents: tuple[Bound, ...]
    to_accept: tuple[Version, ...]

    @property
    def in_contract(self) -> bool:
        return self.since <= self.on and (self.until is None or self.on < self.until)


def binding_of(actor: Actor, *, on: date, today: date) -> Binding:
    """What bound the actor's customer on a day; raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    return binding_on(actor.customer, on=on, today=today)


def binding_on(customer_id: str, *, on: date, today: date) -> Binding:
    """What bound a customer on a day, for whoever may ask; raises `NotFound`."""
    customer = customer_named(customer_id)
    since, ended_at = legal_date(customer.created_at), contract_end(customer_id)
    until = legal_date(ended_at) if ended_at else None
    found = Binding(
        customer_id=customer.id,
        customer_name=customer.name,
        legal_entity=customer.is_legal_entity,
        on=on,
        since=since,
        until=until,
        special=None,
        documents=(),
        to_accept=tuple(to_accept(customer, on=today)),
    )
    if not found.in_contract:
        return found
    return replace(
        found,
        special=signed_terms(customer_id=customer_id, on=on),
        documents=tuple(bound_on(customer, on=on)),
    )
