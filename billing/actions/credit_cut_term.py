"""Give back what was paid in advance for months that will not come."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._documents import lock_documents
from billing.actions.credit_invoice import credit_invoice
from billing.models import Invoice, SubscriptionTerm
from billing.queries.credits import prepaid_line
from billing.rules.invoicing import last_day_of
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound


@transaction.atomic
def credit_cut_term(
    *, actor: Actor, term_id: int, ends_at: datetime, months: int, net: Decimal, now: datetime
) -> Invoice | None:
    """Credit `net` (EUR without VAT) for the `months` whole months from `ends_at` (UTC), at which a term that was paid
    in advance ends early (B5, B14).

    Once for each such end. Returns the credit note; None where nothing was invoiced for those months, because they
    cost nothing or the term was shorter by then. Raises `NotFound`.
    """
    actor.require("billing.manage")
    term = SubscriptionTerm.objects.filter(pk=term_id).first()
    if term is None:
        raise NotFound
    lock_documents(term.customer_id)  # who is just issuing the term's invoice may have read it before it was cut
    line, first = prepaid_line(term), legal_date(ends_at, legal_zone())
    if net <= 0 or line is None or first > date.fromisoformat(line.facts["until_on"]):
        return None
    return credit_invoice(
        actor=actor,
        invoice_id=line.invoice_id,
        key=f"cut:{term_id}:{first.isoformat()}",
        reason=str(_("Months that were paid for and will not be used")),
        amounts={line.position: net},
        dated=(first, last_day_of(first, months)),
        now=now,
    )
