"""Passes a customer's account to another entity, by a case that was granted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import CaseOutOfTurn, give_case_notice, held_case, move, tell
from accounts.models import Case, Customer, CustomerIdentity
from accounts.rules.cases import CaseKind, CaseState
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.tenancy.context import forget_customers

IDENTITY = ("name", "kind", "country", "register_number", "vat_number")


def transfer_customer(*, actor: Actor, case_id: str, now: datetime) -> Case:
    """The case, done (clause C12): from `now` on the customer is the other entity, and who it was before is kept.

    Members, documents and address in the portal stay. Emits `customer.transferred`, upon which the certificates of
    the entity before are retired. For the system. Raises `NotFound`, `CaseOutOfTurn`.
    """
    actor.require("customer.transfer")
    with transaction.atomic():
        case = held_case(case_id)
        if case.kind != CaseKind.ACCOUNT_TRANSFER or case.state != CaseState.GRANTED:
            raise CaseOutOfTurn
        move(case, CaseState.DONE)
        case.ended_at = now
        case.save(update_fields=["state", "ended_at"])
        before = _succeed(case, now)
        tell(actor, case, "case.done", now=now)
        _tell(actor, case, before, now)
        give_case_notice(case, "case.done", now=now)
    forget_customers()
    return case


def _succeed(case: Case, now: datetime) -> CustomerIdentity:
    """End the identity before, begin the new one, and give its particulars to the customer, as far as it has them."""
    customer = Customer.objects.select_for_update(no_key=True).get(id=case.customer_id)
    identities = CustomerIdentity.objects.filter(customer=customer)
    before = identities.filter(until=None).first() or CustomerIdentity.objects.create(
        customer=customer, since=customer.created_at, **_particulars(customer)
    )
    identities.filter(until=None).update(until=now)
    entity = {name: case.facts[name] for name in IDENTITY}
    CustomerIdentity.objects.create(customer=customer, since=now, case=case, **entity)
    known = _particulars(customer).keys()
    for name in known:
        setattr(customer, name, entity[name])
    customer.save(update_fields=list(known))
    return before


def _particulars(customer: Customer) -> dict[str, str]:
    return {name: getattr(customer, name) for name in IDENTITY if hasattr(customer, name)}


def _tell(actor: Actor, case: Case, before: CustomerIdentity, now: datetime) -> None:
    facts = {
        "from": {name: getattr(before, name) for name in IDENTITY},
        "to": {name: case.facts[name] for name in IDENTITY},
        "case": case.id,
    }
    event, customer_id = "customer.transferred", case.customer_id
    audit.record(actor=actor, action=event, now=now, customer_id=customer_id, subject=customer_id, details=facts)
    payload = {"at": now.isoformat(), "case": case.id}
    outbox.emit(event, now=now, customer_id=customer_id, subject=customer_id, payload=payload)
