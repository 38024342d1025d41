"""What stands for each placeholder in a legal text: the numbers of the rules that act, and who the operator is.

A text says `{{due_days}}` and never the number itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings

from accounts.rules.cases import WAITING_BUSINESS_DAYS
from accounts.rules.documents import ANNOUNCED_DAYS
from accounts.rules.endings import CURABLE_DAYS, ERASED_WITHIN_DAYS, OPERATOR_NOTICE_MONTHS, Ground
from accounts.rules.grants import LONGEST
from billing.rules.due_dates import PAYABLE_FOR_DAYS
from billing.rules.dunning import LATE_PAYMENTS_THAT_BREACH
from billing.rules.interest import RATE_PER_DAY
from billing.rules.liability import MONTHS as LIABILITY_MONTHS
from billing.rules.notice_of_prices import NOTICE_MONTHS
from privacy.catalogue import RULE
from sealing.rules.liability import LIMITS

_PERCENT = 100
_SECONDS_AN_HOUR = 3600

# Days, months and years are whole ones of the operator's zone.
FIGURES: Mapping[str, Decimal | int] = {
    "announced_days": ANNOUNCED_DAYS,
    "due_days": PAYABLE_FOR_DAYS,
    "interest_percent": (RATE_PER_DAY * _PERCENT).normalize(),
    "late_payments": LATE_PAYMENTS_THAT_BREACH,
    "liability_months": LIABILITY_MONTHS,
    "price_notice_months": NOTICE_MONTHS,
    "operator_notice_months": OPERATOR_NOTICE_MONTHS,
    "breach_days": CURABLE_DAYS[Ground.BREACH],
    "insolvency_days": CURABLE_DAYS[Ground.INSOLVENCY],
    "erased_days": ERASED_WITHIN_DAYS,
    "waiting_business_days": WAITING_BUSINESS_DAYS,
    "access_hours": int(LONGEST.total_seconds()) // _SECONDS_AN_HOUR,
    "highest_liability": int(LIMITS[-1][1]),
    "bookkeeping_years": RULE["bookkeeping"].period.years,
    "activity_days": RULE["activity"].period.days,
    "hosted_audit_months": RULE["hosted_audit"].period.months,
    "consent_months": RULE["consent"].period.months,
    "inactive_years": RULE["inactive_account"].period.years,
    "excess_months": RULE["downgrade_excess"].period.months,
    "backup_days": RULE["backup"].period.days,
    "upgrade_copy_days": RULE["upgrade_copy"].period.days,
    "request_years": RULE["rights_request"].period.years,
    "request_export_days": RULE["rights_export"].period.days,
}
_DECIMAL_COMMA = frozenset({"lt", "lv", "et"})


def written(figure: Decimal | int, language: str) -> str:
    """The figure as a reader of `language` writes it: 0.02 in English, 0,02 in the Baltic languages."""
    plain = f"{figure:f}" if isinstance(figure, Decimal) else str(figure)
    return plain.replace(".", ",") if language in _DECIMAL_COMMA else plain


def notice_days(language: str) -> str:
    """How many days before an unused account is closed its owners are told, as a list."""
    joined = {"lt": "ir", "lv": "un", "et": "ja"}.get(language, "and")
    *first, last = (str(days) for days in RULE["inactive_account"].notice_days)
    return f"{', '.join(first)} {joined} {last}"


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
        "operator_country": settings.OPERATOR_COUNTRY,
        "operator_register_number": settings.OPERATOR_REGISTER_NUMBER,
        "operator_contact": settings.OPERATOR_CONTACT or settings.OPERATOR_BILLING_EMAIL,
    }
