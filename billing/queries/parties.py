"""Who sells and who buys, as a document copies it on its day of issue; JSON with the same keys for both."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from billing.rules.vat import Buyer, Seller

_BUSINESS = "legal_entity"


def seller_details() -> dict[str, Any]:
    """The seller, from the settings (`Invoice.seller`), with `email`, `bank`, `iban` and `bic`."""
    return {
        "name": settings.OPERATOR_NAME,
        "register_number": settings.OPERATOR_REGISTER_NUMBER,
        "vat_number": settings.OPERATOR_VAT_NUMBER,
        "street": settings.OPERATOR_STREET,
        "postcode": settings.OPERATOR_POSTCODE,
        "city": settings.OPERATOR_CITY,
        "country": settings.OPERATOR_COUNTRY,
        "email": settings.OPERATOR_BILLING_EMAIL,
        "bank": settings.OPERATOR_BANK,
        "iban": settings.OPERATOR_IBAN,
        "bic": settings.OPERATOR_BIC,
    }


def seller_for_vat(seller: dict[str, Any]) -> Seller:
    """What VAT depends on, of the seller."""
    return Seller(country=seller["country"], vat_number=seller["vat_number"])


def buyer_for_vat(buyer: dict[str, Any]) -> Buyer:
    """What VAT depends on, of the buyer."""
    return Buyer(country=buyer["country"], business=buyer["kind"] == _BUSINESS, vat_number=buyer["vat_number"])
