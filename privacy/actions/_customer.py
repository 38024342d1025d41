"""How a customer goes: the steps that every rule shares which takes a whole customer (D3, C8, C9).

Every step may be killed anywhere, done again, and done by two at once. After the first nothing of the customer's
content can be read any more, in no backup either; the others clear away what is unreadable, and what was never
encrypted. All of them go by `item.customer_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from privacy.actions._retention import Step
from privacy.models import RetentionItem


def close(item: RetentionItem, now: datetime) -> bool:
    """Shut the customer in the transaction that acts: nobody, no program and no job gets in any more.

    True once it is closed, also when it was before. The caller has looked whether it is due.
    """
    raise NotImplementedError


def left_of_customer(customer_id: str) -> Mapping[str, int]:
    """What of the customer is still there and should not be, by name: empty when the erasure is complete."""
    raise NotImplementedError


CUSTOMER_STEPS: tuple[Step, ...] = ()
