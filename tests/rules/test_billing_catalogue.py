"""New prices and their notice, add-ons month by month, storage in gigabytes, and when special terms can begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.add_ons import LARGEST_QUANTITY, ends_with, invoiced_in, months_to_charge
from billing.rules.agreements import LARGEST_DOCUMENT, is_pdf, may_start_on
from billing.rules.notice_of_prices import earliest_effective_on, holds_from, is_dearer, renewal_from
from billing.rules.periods import Interval
from billing.rules.rating import LineKind, SpecialTerms, Terms, agreed_terms, rate
from billing.rules.storage import GIGABYTE, gigabytes

BASE = Terms(
    monthly_fee=Decimal("100.00"),
    included=10,
    overage_unit_price=Decimal("0.25"),
    setup_fee=Decimal("300.00"),
    included_users=5,
    extra_user_price=Decimal("4.50"),
    included_storage_gb=10,
    storage_gb_price=Decimal("0.125"),
)
UNCOUNTED = {"included_users": None, "extra_user_price": None, "included_storage_gb": None, "storage_gb_price": None}
DAYS = st.integers(0, 1460).map(lambda days: date(2026, 1, 1) + timedelta(days))


# --- Users and storage (B7) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "storage_gb", "lines", "cost"),
    [
        (0, 0, [], "100.00"),
        (5, 10, [], "100.00"),
        (6, 10, [("extra_user", 1, "4.50")], "104.50"),
        (5, 11, [("storage_gb", 1, "0.13")], "100.13"),  # 0.125, half up
        (8, 14, [("extra_user", 3, "13.50"), ("storage_gb", 4, "0.50")], "114.00"),
    ],
)
def test_users_and_storage_beyond_the_plan_are_lines_of_their_own(
    users: int, storage_gb: int, lines: list[tuple[str, int, str]], cost: str
) -> None:
    rated = rate(BASE, 10, users, storage_gb)

    assert [(line.kind, line.quantity, str(line.amount)) for line in rated.lines[1:]] == lines
    assert (rated.cost, rated.fee, rated.overage_cost) == (Decimal(cost), Decimal("100.00"), Decimal("0.00"))


def test_all_lines_come_in_the_order_of_the_invoice_and_add_up() -> None:
    rated = rate(BASE, 14, 6, 11)

    assert [line.kind for line in rated.lines] == list(LineKind)
    assert (rated.overage, rated.overage_cost, rated.cost) == (4, Decimal("1.00"), Decimal("105.63"))


def test_what_the_terms_do_not_count_costs_nothing() -> None:
    assert rate(replace(BASE, included_users=0, included_storage_gb=0), 0).cost == Decimal("100.00")
    assert rate(replace(BASE, **UNCOUNTED), 0, 1000, 1000).cost == Decimal("100.00")
    half_said = replace(BASE, **UNCOUNTED | {"included_users": 1})
    assert rate(half_said, 0, 1000).cost == Decimal("100.00")


@pytest.mark.parametrize(
    ("stored", "charged"),
    [(0, 0), (1, 1), (GIGABYTE - 1, 1), (GIGABYTE, 1), (GIGABYTE + 1, 2), (1_999_999_999, 2), (2_000_000_001, 3)],
)
def test_a_gigabyte_is_a_thousand_million_bytes_and_what_is_begun_counts(stored: int, charged: int) -> None:
    assert gigabytes(stored) == charged
    assert GIGABYTE == 10**9


# --- Special terms (B17) -------------------------------------------------------------------------------------------


def test_a_plan_without_prices_has_those_that_were_signed_if_none_is_left_open() -> None:
    signed = SpecialTerms(monthly_fee=Decimal(900), included=9000, overage_unit_price=Decimal("0.11"), included_users=3)

    assert agreed_terms(None, signed) == Terms(
        monthly_fee=Decimal(900), included=9000, overage_unit_price=Decimal("0.11"), included_users=3
    )
    assert agreed_terms(BASE, signed) == replace(
        BASE, monthly_fee=Decimal(900), included=9000, overage_unit_price=Decimal("0.11"), included_users=3
    )
    assert agreed_terms(BASE, None) == BASE
    for missing in ("monthly_fee", "included", "overage_unit_price"):
        assert agreed_terms(None, replace(signed, **{missing: None})) is None
    assert agreed_terms(None, None) is None


@pytest.mark.parametrize(
    ("day", "today", "opened_until", "may"),
    [
        (date(2026, 12, 1), date(2026, 11, 28), None, True),
        (date(2026, 11, 1), date(2026, 11, 28), None, True),  # its month is not over, and nothing was opened
        (date(2026, 10, 1), date(2026, 11, 1), None, False),
        (date(2026, 12, 2), date(2026, 11, 28), None, False),
        (date(2026, 12, 1), date(2026, 11, 28), date(2026, 12, 1), True),
        (date(2026, 11, 1), date(2026, 11, 28), date(2026, 12, 1), False),
        (date(2026, 12, 1), date(2026, 11, 28), date(2027, 1, 1), False),
    ],
)
def test_special_terms_begin_with_a_month_that_is_not_opened(
    day: date, today: date, opened_until: date | None, *, may: bool
) -> None:
    assert may_start_on(day, today=today, opened_until=opened_until) is may


def test_a_pdf_is_known_by_its_bytes() -> None:
    body = b"%PDF-1.7\n1 0 obj\n%%EOF"
    assert is_pdf(body)
    assert is_pdf(b"x" * 1019 + body)
    assert not is_pdf(b"x" * 1020 + body)
    assert is_pdf(body + b"\n" * 1019)
    assert not is_pdf(body + b"\n" * 1020)
    assert not is_pdf(b"MZ" + body[6:])
    assert not is_pdf(b"%PDF-1.7")
    assert LARGEST_DOCUMENT == 10_485_760


# --- Notice of prices (B6) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noticed_on", "earliest"),
    [
        (date(2026, 11, 30), date(2027, 3, 1)),
        (date(2026, 12, 1), date(2027, 3, 2)),
        (date(2027, 11, 30), date(2028, 3, 1)),
        (date(2026, 1, 15), date(2026, 4, 16)),
    ],
)
def test_api_services_and_enterprise_plans_have_three_months_of_notice(noticed_on: date, earliest: date) -> None:
    assert earliest_effective_on(noticed_on) == earliest
    assert earliest_effective_on(noticed_on, long_notice=False) == noticed_on


@pytest.mark.parametrize(
    ("changes", "dearer"),
    [
        ({}, False),
        ({"monthly_fee": Decimal("100.01")}, True),
        ({"monthly_fee": Decimal("99.99")}, False),
        ({"included": 9}, True),
        ({"included": 11}, False),
        ({"overage_unit_price": Decimal("0.250001")}, True),
        ({"overage_unit_price": Decimal("0.24")}, False),
        ({"setup_fee": Decimal("900.00")}, False),
        ({"included_users": 4}, True),
        ({"included_users": 6}, False),
        ({"extra_user_price": Decimal("4.51")}, True),
        ({"extra_user_price": Decimal("4.49")}, False),
        ({"included_storage_gb": 9}, True),
        ({"included_storage_gb": 11}, False),
        ({"storage_gb_price": Decimal("0.126")}, True),
        ({"storage_gb_price": Decimal("0.124")}, False),
        (UNCOUNTED, False),
    ],
)
def test_prices_are_dearer_if_any_is_higher_or_less_is_included(changes: dict[str, Any], *, dearer: bool) -> None:
    assert is_dearer(BASE, replace(BASE, **changes)) is dearer


def test_to_begin_to_count_is_dearer_and_so_is_what_nobody_can_compare() -> None:
    assert is_dearer(replace(BASE, **UNCOUNTED), BASE)
    users_only = UNCOUNTED | {"included_users": 5, "extra_user_price": Decimal("4.50")}
    assert is_dearer(replace(BASE, **UNCOUNTED), replace(BASE, **users_only))
    assert not is_dearer(BASE, replace(BASE, **users_only))
    half_said = replace(BASE, extra_user_price=None)  # so many in the plan, and no price for one more: not counted
    assert (is_dearer(BASE, half_said), is_dearer(half_said, BASE)) == (False, True)
    assert is_dearer(None, BASE)
    assert is_dearer(BASE, None)


@pytest.mark.parametrize(
    ("noticed_on", "dearer", "long_notice", "first"),
    [
        (None, False, True, date(2027, 1, 1)),
        (None, True, True, None),
        (None, True, False, None),
        (date(2026, 9, 30), True, True, date(2027, 1, 1)),
        (date(2026, 10, 1), True, True, date(2027, 1, 2)),
        (date(2026, 12, 15), True, False, date(2027, 1, 1)),
        (date(2027, 1, 15), True, False, date(2027, 1, 15)),
        (date(2027, 1, 15), False, True, date(2027, 1, 1)),
    ],
)
def test_dearer_prices_wait_for_their_notice_and_cheaper_ones_for_their_day(
    noticed_on: date | None, first: date | None, *, dearer: bool, long_notice: bool
) -> None:
    day = holds_from(effective_on=date(2027, 1, 1), noticed_on=noticed_on, dearer=dearer, long_notice=long_notice)
    assert day == first


@pytest.mark.parametrize(
    ("interval", "day", "renewal"),
    [
        (Interval.MONTH, date(2026, 11, 1), date(2026, 12, 1)),  # the first term is not a renewal
        (Interval.MONTH, date(2027, 3, 1), date(2027, 3, 1)),
        (Interval.MONTH, date(2027, 3, 2), date(2027, 4, 1)),
        (Interval.YEAR, date(2026, 12, 1), date(2027, 11, 1)),
        (Interval.YEAR, date(2027, 11, 1), date(2027, 11, 1)),
        (Interval.YEAR, date(2027, 11, 2), date(2028, 11, 1)),
    ],
)
def test_new_prices_come_with_the_first_renewal_on_their_day_or_later(
    interval: Interval, day: date, renewal: date
) -> None:
    assert renewal_from(date(2026, 11, 1), interval, day) == renewal


@given(noticed_on=DAYS, effective_on=DAYS)
def test_nobody_pays_more_before_the_day_or_within_three_months_of_notice(noticed_on: date, effective_on: date) -> None:
    first = holds_from(effective_on=effective_on, noticed_on=noticed_on, dearer=True, long_notice=True)
    assert first is not None
    assert first >= effective_on
    assert timedelta(days=90) <= earliest_effective_on(noticed_on) - noticed_on <= timedelta(days=93)
    assert first in {effective_on, earliest_effective_on(noticed_on)}


# --- Additional services (B8) --------------------------------------------------------------------------------------

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.mark.parametrize(
    ("ends_on", "today", "months"),
    [
        (None, date(2026, 11, 1), [NOVEMBER]),
        (None, date(2026, 11, 30), [NOVEMBER]),
        (None, date(2026, 12, 1), [NOVEMBER, DECEMBER]),
        (DECEMBER, date(2027, 5, 1), [NOVEMBER]),
        (JANUARY, date(2027, 5, 1), [NOVEMBER, DECEMBER]),
        (None, date(2026, 10, 31), []),
    ],
)
def test_a_monthly_service_is_charged_for_whole_months_until_its_end(
    ends_on: date | None, today: date, months: list[date]
) -> None:
    assert months_to_charge(NOVEMBER, ends_on, today) == months
    assert months_to_charge(NOVEMBER, ends_on, today, charged=NOVEMBER) == months[1:]


@pytest.mark.parametrize(
    ("asked_on", "first_of_next"),
    [(date(2026, 11, 1), DECEMBER), (date(2026, 11, 30), DECEMBER), (date(2026, 12, 31), JANUARY)],
)
def test_a_service_ends_with_its_month_and_is_on_the_next_months_invoice(asked_on: date, first_of_next: date) -> None:
    assert ends_with(asked_on) == invoiced_in(asked_on) == first_of_next
    assert LARGEST_QUANTITY == 1_000
