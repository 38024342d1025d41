"""From when new prices hold for who has a plan already (B6): later than for newcomers, and only after notice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from billing.rules.periods import TERM_MONTHS, Interval, months_after
from billing.rules.rating import Terms

NOTICE_MONTHS = 3
_DAY = timedelta(days=1)


def earliest_effective_on(noticed_on: date, *, long_notice: bool = True) -> date:
    """The first legal day on which dearer prices may hold for a customer who was given notice on `noticed_on`.

    `long_notice`: an API service or an enterprise plan, whose three months are whole: the day of the notice does not
    count, so that one of 30 November is over with the last of February. Others are told before the renewal that brings
    the new prices, and no months are counted.
    """
    return months_after(noticed_on, NOTICE_MONTHS) + _DAY if long_notice else noticed_on


def is_dearer(before: Terms | None, after: Terms | None) -> bool:
    """Whether any price is higher, or less is included; the set-up fee was paid and does not count.

    None stands for prices that each customer has agreed on itself: from or to them, nobody can say, so it counts as
    dearer.
    """
    if before is None or after is None:
        return True
    return (
        after.monthly_fee > before.monthly_fee
        or after.included < before.included
        or after.overage_unit_price > before.overage_unit_price
        or _extra_dearer(before.included_users, before.extra_user_price, after.included_users, after.extra_user_price)
        or _extra_dearer(
            before.included_storage_gb, before.storage_gb_price, after.included_storage_gb, after.storage_gb_price
        )
    )


def _extra_dearer(
    included: int | None, price: Decimal | None, included_then: int | None, price_then: Decimal | None
) -> bool:
    if included_then is None or price_then is None:
        return False
    if included is None or price is None:
        return True
    return included_then < included or price_then > price


def holds_from(*, effective_on: date, noticed_on: date | None, dearer: bool, long_notice: bool) -> date | None:
    """The first legal day on which a renewal brings a published version to who has the plan already.

    What is not dearer needs no notice. None: dearer, and no notice was given, so it never does.
    """
    if not dearer:
        return effective_on
    if noticed_on is None:
        return None
    return max(effective_on, earliest_effective_on(noticed_on, long_notice=long_notice))


def renewal_from(anchor_on: date, interval: Interval, day: date) -> date:
    """The first renewal on `day` or later of a subscription whose terms are counted from `anchor_on` (B4)."""
    months, renewals = TERM_MONTHS[interval], 1
    while months_after(anchor_on, renewals * months) < day:
        renewals += 1
    return months_after(anchor_on, renewals * months)
