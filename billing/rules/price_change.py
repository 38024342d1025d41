"""Which version of a plan's prices holds for a term (B6), and whether one is to the customer's disadvantage (B12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from billing.rules.periods import months_after
from billing.rules.rating import Terms

NOTICE_MONTHS = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A version of a plan: from which legal day it holds for new customers, and on which notice of it was given."""

    id: int
    effective_on: date
    noticed_on: date


def moves_from(version: Published) -> date:
    """From when existing subscriptions can be moved to a version: its day, and after three whole months of notice.

    The day of the notice is not counted (B6, E8).
    """
    return max(version.effective_on, months_after(version.noticed_on, NOTICE_MONTHS) + _DAY)


def version_held(versions: Iterable[Published], current_id: int, term_starts_on: date) -> int:
    """The version that holds for a term of an existing subscription: the newest it can be moved to, or its own.

    A term keeps its version to its end; only with the next one, at renewal, prices change (B6).
    """
    known = sorted(versions, key=lambda version: version.effective_on)
    held = next(version for version in known if version.id == current_id)
    reachable = [version for version in known if moves_from(version) <= term_starts_on]
    return max([held, *reachable], key=lambda version: version.effective_on).id


def is_worse(before: Terms, after: Terms) -> bool:
    """Whether any price rises or anything included shrinks."""
    return (
        after.monthly_fee > before.monthly_fee
        or after.overage_unit_price > before.overage_unit_price
        or after.included < before.included
    )
