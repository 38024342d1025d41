"""Billing for staff: everything to read, nothing to change by hand; buttons call actions, with a reason."""

from billing.admin import cards, catalogue, subscriptions

__all__ = ["cards", "catalogue", "subscriptions"]
