"""The special terms that bind a customer on a day, for who shows what was agreed (clauses B17, C5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billing.models import SpecialTerms


@dataclass(frozen=True, slots=True)
class SignedTerms:
    """What both sides signed: in force from `starts_on` to before `ends_on` (None: no end); hash (hex) of the file."""

    id: str
    starts_on: date
    ends_on: date | None
    signed_on: date
    document_name: str
    document_sha256: str


def signed_terms(*, customer_id: str, on: date) -> SignedTerms | None:
    """What holds for the customer on the legal date `on` beside the public documents; None where nothing does."""
    terms = SpecialTerms.objects.in_force(customer_id, on).defer("document").first()
    if terms is None:
        return None
    return SignedTerms(
        id=terms.pk,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        signed_on=terms.signed_on,
        document_name=terms.document_name,
        document_sha256=terms.document_sha256,
    )
