"""What stands for each placeholder in a legal text: the numbers of the rules, and who the operator is."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from privacy.rules.figures import FIGURES, notice_days, written


def figures(language: str) -> Mapping[str, str]:
    """Words by placeholder for a text in `language` (clause D10)."""
    address = ", ".join(
        part
        for part in (
            settings.OPERATOR_STREET,
            f"{settings.OPERATOR_POSTCODE} {settings.OPERATOR_CITY}".strip(),
            settings.OPERATOR_COUNTRY,
        )
        if part
    )
    return {
        **{name: written(figure, language) for name, figure in FIGURES.items()},
        "inactive_notice_days": notice_days(language),
        "operator_name": settings.OPERATOR_NAME,
        "operator_address": address,
        "operator_register_number": settings.OPERATOR_REGISTER_NUMBER,
        "operator_contact": settings.OPERATOR_CONTACT or settings.OPERATOR_BILLING_EMAIL,
    }
