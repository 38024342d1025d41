"""Rows of billing: what is sold, to whom, what was used, what was invoiced and what was paid."""

from billing.models.add_ons import AddOn, AddOnOrder, AddOnPrice
from billing.models.bank import PaymentFlag, UnfitEntry
from billing.models.billing_details import BillingDetails
from billing.models.cards import CardPayment, CardRefund, PspEvent, SavedCard
from billing.models.charges import Charge, Item, ItemPrice
from billing.models.dunning import DunningProposal, DunningStep
from billing.models.invoice_mails import InvoiceMail
from billing.models.invoices import DocumentSeries, Invoice, InvoiceFile, InvoiceLine, VatEvidence
from billing.models.levels import MeterLevel
from billing.models.limits import CostAlert, CostCentre, SpendingCap, ThresholdReached, UsageCorrection
from billing.models.payments import Account, Allocation, BankStatement, JournalEntry, Payment, Posting
from billing.models.plans import Meter, Plan, PlanVersion
from billing.models.price_notices import PriceChangeNotice
from billing.models.runs import BillingRun
from billing.models.special_terms import SpecialTerms, agreed_terms
from billing.models.standing import Detriment, StorageExcess
from billing.models.subscriptions import BillingPeriod, Subscription, SubscriptionChange, SubscriptionTerm
from billing.models.usage import MeterReading, UsageEvent

__all__ = [
    "Account",
    "AddOn",
    "AddOnOrder",
    "AddOnPrice",
    "Allocation",
    "BankStatement",
    "BillingDetails",
    "BillingPeriod",
    "BillingRun",
    "CardPayment",
    "CardRefund",
    "Charge",
    "CostAlert",
    "CostCentre",
    "Detriment",
    "DocumentSeries",
    "DunningProposal",
    "DunningStep",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "InvoiceMail",
    "Item",
    "ItemPrice",
    "JournalEntry",
    "Meter",
    "MeterLevel",
    "MeterReading",
    "Payment",
    "PaymentFlag",
    "Plan",
    "PlanVersion",
    "Posting",
    "PriceChangeNotice",
    "PspEvent",
    "SavedCard",
    "SpecialTerms",
    "SpendingCap",
    "StorageExcess",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionTerm",
    "ThresholdReached",
    "UnfitEntry",
    "UsageCorrection",
    "UsageEvent",
    "VatEvidence",
    "agreed_terms",
]
