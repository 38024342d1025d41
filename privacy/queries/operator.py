"""Who the operator is, and who can be reached about personal data (GDPR 13 (1), D14)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from privacy.rules.authorities import Authority, authority_of


@dataclass(frozen=True, slots=True)
class OperatorParticulars:
    """The operator and its data protection officer; empty where the installation does not say."""

    name: str
    register_number: str
    address: str
    contact: str
    officer_name: str
    officer_email: str
    officer_address: str
    authority: Authority | None


def operator_particulars() -> OperatorParticulars:
    """As the settings have it. The authority is that of the operator's country."""
    town = f"{settings.OPERATOR_POSTCODE} {settings.OPERATOR_CITY}".strip()
    return OperatorParticulars(
        name=settings.OPERATOR_NAME,
        register_number=settings.OPERATOR_REGISTER_NUMBER,
        address=", ".join(part for part in (settings.OPERATOR_STREET, town) if part),
        contact=settings.OPERATOR_CONTACT or settings.OPERATOR_BILLING_EMAIL,
        officer_name=settings.DPO_NAME,
        officer_email=settings.DPO_EMAIL,
        officer_address=settings.DPO_ADDRESS,
        authority=authority_of(settings.OPERATOR_COUNTRY),
    )
