"""Files what was made of a finalised document: the sealed PDF, and the electronic invoice by itself."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import transaction

from billing.models import Invoice, InvoiceFile
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound

Format = InvoiceFile.Format


def file_invoice(*, actor: Actor, invoice_id: str, pdf: bytes, ubl: bytes, cii: bytes, now: datetime) -> None:
    """Keep the files for good, once: those filed before stay, whoever comes second. Empty ones are not kept.

    Raises `Forbidden`, and `NotFound` for what is not finalised.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        invoice = Invoice.objects.finalised().select_for_update(no_key=True).filter(pk=invoice_id).first()
        if invoice is None:
            raise NotFound
        if invoice.files.exists():
            return
        files = {Format.PDF: pdf, Format.UBL: ubl, Format.CII: cii}
        digests = {kind.value: sha256(content).hexdigest() for kind, content in files.items() if content}
        InvoiceFile.objects.bulk_create(
            InvoiceFile(invoice=invoice, format=kind, content=files[Format(kind)], sha256=digest, made_at=now)
            for kind, digest in digests.items()
        )
        facts = {"number": invoice.number, "sha256": digests}
        told = {"number": invoice.number, "kind": invoice.kind}
        customer_id = invoice.customer_id
        audit.record(
            actor=actor, action="invoice.filed", now=now, customer_id=customer_id, subject=invoice.id, details=facts
        )
        outbox.emit("invoice.filed", now=now, customer_id=customer_id, subject=invoice.id, payload=told)
