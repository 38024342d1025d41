"""Billing for staff: everything to read, nothing to change by hand; buttons call actions, with a reason."""

from billing.admin import add_ons, catalogue, special_terms, subscriptions

__all__ = ["add_ons", "catalogue", "special_terms", "subscriptions"]
from billing.admin import invoices

__all__ = ["catalogue", "invoices", "subscriptions"]
from billing.admin import ledger, payments

__all__ = ["catalogue", "ledger", "payments", "subscriptions"]
from billing.admin import cards

__all__ = ["cards", "catalogue", "subscriptions"]
from billing.admin import receivables

__all__ = ["catalogue", "receivables", "subscriptions"]
