"""Turns a person's application into a customer, once the e-mail address is confirmed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._customer_keys import new_customer_id
from accounts.actions.create_customer import create_customer
from accounts.actions.give_notice import give_notice
from accounts.models import Acceptance, Application, Customer
from accounts.queries import has_confirmed_address
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound

STAYS_AN_APPLICATION = _(
    "We have what you applied for, but cannot open your account at this moment: the device that keeps the keys does not"
    " answer. Nothing is lost. Sign in again in a few minutes, and it is opened."
)


def open_customer(*, actor: Actor, now: datetime) -> Customer:
    """The customer that the person who acts applied for, with this person as owner (clauses C1, C5).

    Raises `NotFound` without an open application or a confirmed e-mail address, and an outage without the HSM: then the
    application stays, and the next sign-in opens the customer. Must not run inside a transaction.
    """
    waiting = Application.objects.filter(person_id=actor.person, customer=None)
    if not waiting.exists() or not has_confirmed_address(actor):
        raise NotFound
    with new_customer_id() as customer_id, transaction.atomic():
        application = Application.objects.select_for_update().filter(person_id=actor.person, customer=None).first()
        if application is None:
            raise NotFound
        application.customer = create_customer(
            actor=actor,
            name=application.name,
            kind=application.kind,
            country=application.country,
            owner_id=application.person_id,
            plan_code=application.plan_code,
            now=now,
            particulars=application.particulars,
            customer_id=customer_id,
        )
        application.save(update_fields=["customer"])
        _keep_acceptances(actor, application, now)
    return application.customer


def _keep_acceptances(actor: Actor, application: Application, now: datetime) -> None:
    """What was accepted with the application, as rows that nobody can change, and told to who accepted it."""
    Acceptance.objects.bulk_create(
        Acceptance(
            document_id=accepted["id"],
            document_sha256=accepted["sha256"],
            customer=application.customer,
            person_id=application.person_id,
            person_name=actor.name,
            authority=application.position,
            accepted_at=application.terms_accepted_at,
        )
        for accepted in application.accepted
    )
    details = {"documents": application.accepted, "declarations": application.declarations}
    customer_id = str(application.customer_id)
    subject = application.id
    audit.record(
        actor=actor, action="contract.accepted", now=now, customer_id=customer_id, subject=subject, details=details
    )
    outbox.emit(
        "contract.accepted",
        now=now,
        customer_id=customer_id,
        subject=subject,
        payload={"documents": [accepted["id"] for accepted in application.accepted]},
    )
    give_notice(
        kind="contract.accepted",
        customer_id=customer_id,
        now=now,
        people=[application.person_id],
        facts=details | {"accepted_at": application.terms_accepted_at.isoformat()},
        subject=subject,
    )
