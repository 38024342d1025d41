"""Billing for staff: everything to read, nothing to change by hand; buttons call actions, with a reason."""

from billing.admin import catalogue, receivables, subscriptions

__all__ = ["catalogue", "receivables", "subscriptions"]
