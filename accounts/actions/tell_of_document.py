"""Tells one customer of a legal document that was announced, once (clause D10)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import Customer, LegalDocument, LegalNotice
from accounts.rules.documents import binds_from
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date


def tell_of_document(*, actor: Actor, document_id: str, customer_id: str, now: datetime) -> bool:
    """Give the customer's administrators notice with a link; returns whether they are told now.

    Who is told later than 30 days ahead is told of the later day from which it binds them.

    It may run twice and in parallel: the customer's row is held, and there is one row for a customer and a version. A
    customer whose contract is over is not told. That notice was given is no acceptance.
    """
    with transaction.atomic():
        over = [Customer.Status.ENDED, Customer.Status.CLOSED]
        held = Customer.objects.select_for_update().exclude(status__in=over).filter(id=customer_id).exists()
        if not held or LegalNotice.objects.filter(document_id=document_id, customer_id=customer_id).exists():
            return False
        document = LegalDocument.objects.get(id=document_id)
        from_day = document.effective_on if document.first else binds_from(document.effective_on, legal_date(now))
        facts = {
            "document": document.kind,
            "version": document.version,
            "effective_on": from_day.isoformat(),
            "needs_acceptance": document.needs_acceptance,
        }
        audit.record(
            actor=actor,
            action="legal_document.told",
            now=now,
            customer_id=customer_id,
            subject=document_id,
            details=facts,
        )
        notice = give_notice(
            kind="legal.announced",
            customer_id=customer_id,
            now=now,
            permission="customer.manage",
            facts=facts,
            subject=document_id,
        )
        LegalNotice.objects.create(document=document, customer_id=customer_id, notice_number=notice.number, told_at=now)
    return True
