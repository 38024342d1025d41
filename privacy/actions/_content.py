"""The course of what a customer had with us, once its contract is over (D3, C8)."""

from __future__ import annotations

from privacy.actions._customer import CUSTOMER_STEPS, close, left_of_customer

__all__ = ["CUSTOMER_STEPS", "close", "left_of_customer"]
