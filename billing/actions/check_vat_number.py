"""Ask VIES about a buyer's VAT number and keep the answer as evidence."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.gateways import vies
from billing.models import VatEvidence
from billing.queries.billing_details import buyer_details
from billing.queries.parties import buyer_for_vat, seller_details, seller_for_vat
from billing.queries.vat import newest_evidence
from billing.rules.vat import counts, number_to_check, split_number
from kernel import audit
from kernel.actor import Actor


def check_vat_number(*, actor: Actor, customer_id: str, now: datetime, again: bool = False) -> VatEvidence | None:
    """Ask about the customer's number if its VAT depends on it and no answer of the last 30 days counts (B19).

    Staged: VIES is asked outside a transaction, its answer written in one. `again` asks in any case, for staff. Returns
    the new evidence; None when nothing had to be asked. Raises `NotFound`, and `ViesDown` while there is no answer.
    """
    actor.require("billing.manage")
    seller, buyer = seller_details(), buyer_details(customer_id)
    asked = number_to_check(seller_for_vat(seller), buyer_for_vat(buyer))
    vat_number = str(buyer["vat_number"])
    if asked is None or (not again and counts(newest_evidence(customer_id, vat_number), vat_number, now)):
        return None
    answer = vies.register().check(number=asked, requester=split_number(str(seller["vat_number"])))
    with transaction.atomic():
        evidence = VatEvidence.objects.create(
            customer_id=customer_id,
            vat_number=vat_number,
            valid=answer.valid,
            name=answer.name,
            address=answer.address,
            consultation_number=answer.consultation_number,
            checked_at=now,
            answer=answer.raw,
        )
        facts = {"vat_number": vat_number, "valid": answer.valid, "consultation_number": answer.consultation_number}
        audit.record(
            actor=actor,
            action="vat_number.checked",
            now=now,
            customer_id=customer_id,
            subject=evidence.id,
            details=facts,
        )
    return evidence
