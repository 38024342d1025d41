"""When a payment by card is asked about again, when a saved card is tried again, and how long a page may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

OPEN_STATES = ("created", "pending", "unsure")
"""States of a card payment of which the card company has not said how it ended."""

PAGE_LASTS = timedelta(hours=2)
"""How long a customer may take on the card company's page."""

KEY_LASTS = timedelta(hours=23)
"""How long the same request is sure to name the same payment: Stripe keeps idempotency keys for 24 hours at least."""

MESSAGE_TOLERANCE = timedelta(minutes=5)
"""How far from now a signed message of the card company may have been signed; older ones may be somebody's replay."""

TRY_AGAIN_AFTER_DAYS = (3, 7)
"""Days after a refusal when a saved card is tried again: three attempts in ten days, before an invoice is due (B9)."""

AUTHENTICATION_NEEDED = frozenset({"authentication_required", "authentication_not_handled"})
"""Refusals that only the card's holder can lift, by confirming to the bank in person (PSD2, article 97)."""

FINAL_REFUSALS = frozenset(
    {
        *("expired_card", "lost_card", "stolen_card", "pickup_card", "restricted_card", "invalid_account"),
        *("incorrect_number", "card_not_supported", "do_not_try_again", "fraudulent", "revocation_of_authorization"),
        *("revocation_of_all_authorizations", "stop_payment_order", "resource_missing", "not_asked_in_time"),
    }
)
"""Refusals that stay: trying the same card again would be refused again."""


@dataclass(frozen=True, kw_only=True)
class AfterRefusal:
    """What follows when a saved card was refused: another try at `try_at`, or none; `confirm`: its holder must pay."""

    try_at: datetime | None
    confirm: bool


def after_refusal(code: str, *, attempt: int, refused_at: datetime) -> AfterRefusal:
    """What follows from the `attempt`th refusal (from 1) of a saved card for an invoice, with the bank's `code`."""
    if code in AUTHENTICATION_NEEDED:
        return AfterRefusal(try_at=None, confirm=True)
    if code in FINAL_REFUSALS or attempt > len(TRY_AGAIN_AFTER_DAYS):
        return AfterRefusal(try_at=None, confirm=False)
    return AfterRefusal(try_at=refused_at + timedelta(days=TRY_AGAIN_AFTER_DAYS[attempt - 1]), confirm=False)


def page_usable(created_at: datetime, now: datetime) -> bool:
    """Whether the card company's page of a payment begun at `created_at` still leaves ten minutes to pay there."""
    return now < created_at + PAGE_LASTS - timedelta(minutes=10)


def key_usable(created_at: datetime, now: datetime) -> bool:
    """Whether asking again with the key of a payment begun at `created_at` cannot make a second one."""
    return now < created_at + KEY_LASTS


def ask_again_every(created_at: datetime, now: datetime) -> timedelta:
    """How often the card company is asked about an open payment: 5 minutes on its first day, then each hour."""
    return timedelta(minutes=5) if now < created_at + timedelta(days=1) else timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Used:
    """A part of a receipt that settles an invoice, in EUR."""

    key: int
    amount: Decimal


def taken_back(uses: list[Used], *, free: Decimal, amount: Decimal) -> list[tuple[Used, Decimal]]:
    """Which uses of a receipt are undone so that `amount` of it can go back, and what of each is used again after.

    `free` is what of the receipt settles nothing. The newest use is undone first; `uses` are oldest first. EUR.
    """
    undone, missing = [], amount - free
    for use in reversed(uses):
        if missing <= 0:
            break
        undone.append((use, max(use.amount - missing, Decimal("0.00"))))
        missing -= use.amount
    return undone
