"""Rows of billing: what is sold, to whom, what was used, what was invoiced and what was paid."""

from billing.models.billing_details import BillingDetails
from billing.models.charges import Charge, Item, ItemPrice
from billing.models.invoice_mails import InvoiceMail
from billing.models.invoices import DocumentSeries, Invoice, InvoiceFile, InvoiceLine, VatEvidence
from billing.models.payments import Account, Allocation, BankStatement, JournalEntry, Payment, Posting
from billing.models.plans import Meter, Plan, PlanVersion
from billing.models.special_terms import SpecialTerms
from billing.models.subscriptions import BillingPeriod, Subscription, SubscriptionChange, SubscriptionTerm
from billing.models.usage import MeterReading, UsageEvent

__all__ = [
    "Account",
    "Allocation",
    "BankStatement",
    "BillingDetails",
    "BillingPeriod",
    "Charge",
    "DocumentSeries",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "InvoiceMail",
    "Item",
    "ItemPrice",
    "JournalEntry",
    "Meter",
    "MeterReading",
    "Payment",
    "Plan",
    "PlanVersion",
    "Posting",
    "SpecialTerms",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionTerm",
    "UsageEvent",
    "VatEvidence",
]
