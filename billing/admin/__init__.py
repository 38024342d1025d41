"""Billing for staff: everything to read, nothing to change by hand; buttons call actions, with a reason."""

from billing.admin import catalogue, ledger, payments, subscriptions

__all__ = ["catalogue", "ledger", "payments", "subscriptions"]
