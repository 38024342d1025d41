"""How an invoice is paid by bank transfer: account, reference, and the code that banking apps scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.gateways.qr_code import qr_svg
from billing.queries.receivables import Receivable
from billing.rules.epc import in_groups, payment_code


@dataclass(frozen=True, kw_only=True)
class HowToPay:
    """What a payer needs; `amount` is what is open, EUR with VAT. `qr` is SVG, empty where there is no code.

    `due_on` is None for an invoice that was not delivered yet, whose due date is not known (B9); `is_late` once it is
    over.
    """

    number: str
    amount: Decimal
    reference: str
    name: str
    iban: str
    bic: str
    bank: str
    qr: SafeString
    due_on: date | None
    is_late: bool


def how_to_pay(owed: Receivable, *, reference: str, on: date) -> HowToPay:
    """How what is open of an invoice is paid on the legal date `on`: what `templates/billing/how_to_pay.html` takes as
    `pay`.
    """
    name, iban, bic = settings.OPERATOR_NAME, settings.OPERATOR_IBAN, settings.OPERATOR_BIC
    code = payment_code(name=name, iban=iban, bic=bic, amount=owed.open, reference=reference)
    title = _("Payment code for banking apps")
    return HowToPay(
        number=owed.number,
        amount=owed.open,
        reference=in_groups(reference),
        name=name,
        iban=in_groups(iban),
        bic=bic,
        bank=settings.OPERATOR_BANK,
        qr=SafeString(qr_svg(code, title=title) if code else ""),
        due_on=owed.due_on,
        is_late=owed.is_overdue(on),
    )
