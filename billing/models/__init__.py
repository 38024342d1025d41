"""Rows of billing: what is sold, to whom, what was used, what was invoiced and what was paid."""

from billing.models.charges import Charge, Item, ItemPrice
from billing.models.dunning import DunningProposal, DunningStep
from billing.models.invoices import DocumentSeries, Invoice, InvoiceFile, InvoiceLine, VatEvidence
from billing.models.payments import Account, Allocation, BankStatement, JournalEntry, Payment, Posting
from billing.models.plans import Meter, Plan, PlanVersion
from billing.models.runs import BillingRun
from billing.models.special_terms import SpecialTerms
from billing.models.subscriptions import BillingPeriod, Subscription, SubscriptionChange, SubscriptionTerm
from billing.models.usage import MeterReading, UsageEvent

__all__ = [
    "Account",
    "Allocation",
    "BankStatement",
    "BillingPeriod",
    "BillingRun",
    "Charge",
    "DocumentSeries",
    "DunningProposal",
    "DunningStep",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
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
