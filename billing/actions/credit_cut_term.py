"""Give back what was paid in advance for months that will not come."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.actions.credit_invoice import credit_invoice
from billing.models import Invoice, SubscriptionTerm
from billing.queries.claims import unclaimed_terms
from billing.queries.credits import prepaid_line
from billing.rules.invoicing import unused_from
from kernel.actor import Actor
from kernel.errors import NotFound, Outage


class TermNotInvoiced(Outage):
    """The fee is still to be invoiced, in a draft that is held: it is credited once it is."""

    code = "term_not_invoiced"


def credit_cut_term(*, actor: Actor, term_id: int, months: int, net: Decimal, now: datetime) -> Invoice | None:
    """Credit `net` (EUR without VAT) for the last `months` whole months of a term that was paid in advance (B5, B14).

    Once for each term. Returns the credit note; None where the term cost nothing. Raises `NotFound`, and
    `TermNotInvoiced`, to be tried again, while its invoice is not issued.
    """
    actor.require("billing.manage")
    term = SubscriptionTerm.objects.filter(pk=term_id).first()
    if term is None:
        raise NotFound
    if net <= 0:
        return None
    line = prepaid_line(term)
    if line is None:
        if not unclaimed_terms(term.customer_id, now).filter(pk=term_id).exists():
            return None
        raise TermNotInvoiced(_("The term’s invoice is not issued yet."))
    last_day = date.fromisoformat(line.facts["until_on"])
    return credit_invoice(
        actor=actor,
        invoice_id=line.invoice_id,
        key=f"cut:{term_id}",
        reason=str(_("Months that were paid for and will not be used")),
        amounts={line.position: net},
        dated=(unused_from(last_day, months), last_day),
        now=now,
    )
