"""What goes by age of the books: customer by customer, documents that hang together at once (D4)."""

from __future__ import annotations

from datetime import datetime

from billing.actions.erase_books import erase_books
from billing.actions.erase_old_terms import erase_old_terms
from billing.actions.erase_unassigned_payments import erase_unassigned_payments
from billing.queries import old_books
from kernel.actor import Actor
from kernel.aging import AgedRows
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweep_rows import rows


def _erase(*, before: datetime, limit: int, spared: Spared) -> int:
    return erase_books(before=before, limit=limit, spared=spared.customers)


def _erase_terms(*, before: datetime, limit: int, spared: Spared) -> int:
    return erase_old_terms(before=before, limit=limit, spared=spared.customers)


def _erase_unassigned(*, before: datetime, limit: int, spared: Spared) -> int:
    return erase_unassigned_payments(
        actor=Actor.system("privacy.run_retention"),
        before=before,
        limit=limit,
        spared=spared.subjects,
    )


# What one call of `billing_erase_books` takes with the invoices, so that nothing is left of them in pieces.
_WITH_INVOICES = frozenset(
    {
        *("billing_invoiceline", "billing_invoicefile", "billing_invoicemail", "billing_allocation", "billing_payment"),
        *("billing_paymentflag", "billing_journalentry", "billing_posting", "billing_charge", "billing_cardpayment"),
        *("billing_cardrefund", "billing_savedcard", "billing_dunningstep", "billing_dunningproposal"),
        *("billing_billingrun", "billing_vatevidence", "billing_billingperiod", "billing_meterreading"),
        *("billing_usageevent", "billing_usagecorrection", "billing_meterlevel", "billing_thresholdreached"),
        *("billing_subscription", "billing_subscriptionterm", "billing_subscriptionchange", "billing_storageexcess"),
        *("billing_pricechangenotice", "billing_addonorder", "billing_specialterms"),
    }
)

SWEEPS = (
    Sweep(
        rule="bookkeeping",
        store="billing_invoice",
        due=lambda before: old_books.count_due(before=before),
        population=old_books.count_all,
        oldest=old_books.oldest,
        erase=_erase,
        batch=500,
        with_it=_WITH_INVOICES,
    ),
    Sweep(
        rule="bookkeeping",
        store="billing_subscriptionterm",
        due=lambda before: old_books.count_terms_due(before=before),
        population=old_books.count_terms,
        oldest=old_books.oldest_terms,
        erase=_erase_terms,
        batch=500,
    ),
    Sweep(
        rule="bookkeeping",
        store="billing_payment",
        due=lambda before: len(old_books.unassigned_before(before=before)),
        population=old_books.count_unassigned,
        oldest=old_books.oldest_unassigned,
        erase=_erase_unassigned,
        batch=500,
        with_it=frozenset({"billing_paymentflag", "billing_journalentry", "billing_posting"}),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="billing_bankstatement",
            moment="t.imported_at",
            only_if="NOT EXISTS (SELECT FROM public.billing_payment p WHERE p.statement_id = t.id)",
            parts=("billing_unfitentry.statement_id",),
            guarded=True,
        ),
    ),
    rows("bookkeeping", AgedRows(table="billing_detriment", moment="t.recorded_at", guarded=True)),
    rows("bookkeeping", AgedRows(table="billing_pspevent", moment="t.received_at")),
)
