"""What is known of a customer's VAT."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from billing.models import VatEvidence
from billing.queries.billing_details import buyer_details
from billing.queries.parties import buyer_for_vat, seller_details, seller_for_vat
from billing.rules.vat import Evidence, Hold, VatDecision, decide


def newest_evidence(customer_id: str, vat_number: str) -> Evidence | None:
    """The last answer of VIES about this number of the customer's, however old; None before the first."""
    row = VatEvidence.objects.filter(customer_id=customer_id, vat_number=vat_number).order_by("-checked_at").first()
    if row is None:
        return None
    return Evidence(id=row.pk, vat_number=row.vat_number, valid=row.valid, checked_at=row.checked_at)


def vat_of(customer_id: str, *, now: datetime) -> VatDecision | Hold:
    """The VAT of what is invoiced to the customer at `now`, or why it cannot be told (B19)."""
    seller, buyer = seller_for_vat(seller_details()), buyer_for_vat(buyer_details(customer_id))
    evidence = newest_evidence(customer_id, buyer.vat_number) if buyer.vat_number else None
    return decide(seller, buyer, evidence, now=now, oss=settings.VAT_OSS)
