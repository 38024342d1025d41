"""Where a month is heading: a straight line through the days that have passed."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from billing.rules.periods import Period, days_of, legal_date


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The expected transactions at the end of the period, and the figures it was drawn from.

    `method` names the rule for whoever reads the number: `used x days_in_period / days_passed`,
    today counted as passed, rounded half-up.
    """

    quantity: int
    method: str
    days_passed: int
    days_in_period: int


def straight_line(used: int, period: Period, now: datetime, zone: ZoneInfo) -> Forecast:
    """Expect the rest of the period to go as its days so far; never less than what was used already.

    Days are legal days of the operator's zone. Before the period one day counts as passed, after it all
    of them, so that a finished period forecasts exactly what was used.
    """
    days = days_of(period, zone)
    passed = min(max((legal_date(now, zone) - days[0]).days + 1, 1), len(days))
    return Forecast(
        quantity=max(used, (2 * used * len(days) + passed) // (2 * passed)),
        method="straight_line",
        days_passed=passed,
        days_in_period=len(days),
    )
