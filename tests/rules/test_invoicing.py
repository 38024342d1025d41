"""What stands on a document, what it adds up to and how it is booked: worked examples, cent for cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.invoicing import (
    NewLine,
    Totals,
    charge_line,
    credit_totals,
    is_alarming,
    issue_amounts,
    last_day_of,
    late_from,
    missing_of_buyer,
    missing_of_seller,
    months_of,
    months_over,
    next_until,
    period_lines,
    revenue_account,
    run_month,
    term_line,
    to_release,
    totals,
    vat_amount,
)
from billing.rules.rating import Terms

VILNIUS = ZoneInfo("Europe/Vilnius")
PLAN_1 = Terms(monthly_fee=Decimal(125), included=500, overage_unit_price=Decimal("0.25"))
ROOMY = Terms(
    monthly_fee=Decimal(200),
    included=1_000,
    overage_unit_price=Decimal("0.2"),
    included_users=5,
    extra_user_price=Decimal("4.50"),
    included_storage_gb=10,
    storage_gb_price=Decimal("0.125"),
)
DECEMBER = datetime(2026, 11, 30, 22, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def lines(terms: Terms, *, prepaid: bool = False, **readings: int) -> list[NewLine]:
    return period_lines(terms, readings, prepaid=prepaid, sources={"billing_period_id": 7}, facts={"plan_code": "1"})


def brief(found: list[NewLine]) -> list[tuple[str, int, str]]:
    return [(line.kind, line.quantity, str(line.net)) for line in found]


def test_a_month_costs_its_fee_and_what_is_beyond_the_plan() -> None:
    assert brief(lines(PLAN_1, seal=500)) == [("fee", 1, "125.00")]
    found = lines(PLAN_1, seal=501)
    assert brief(found) == [("fee", 1, "125.00"), ("overage", 1, "0.25")]
    assert found[1] == NewLine(
        kind="overage",
        meter="seal",
        quantity=1,
        unit_price=Decimal("0.25"),
        net=Decimal("0.25"),
        sources={"billing_period_id": 7},
        facts={"plan_code": "1", "used": 501, "included": 500},
    )
    assert (found[0].meter, found[0].facts) == ("", {"plan_code": "1"})


def test_users_and_storage_beyond_the_plan_cost_where_the_plan_says_so() -> None:
    found = lines(ROOMY, seal=1_010, extra_user=7, storage_gb=13)
    assert brief(found) == [
        ("fee", 1, "200.00"),
        ("overage", 10, "2.00"),
        ("extra_user", 2, "9.00"),
        ("storage_gb", 3, "0.38"),  # 0.375, rounded half up
    ]
    assert [line.meter for line in found] == ["", "seal", "extra_user", "storage_gb"]
    assert [line.facts.get("included") for line in found] == [None, 1_000, 5, 10]
    assert brief(lines(PLAN_1, seal=1, extra_user=99, storage_gb=99)) == [("fee", 1, "125.00")]


def test_a_fee_that_was_paid_in_advance_is_not_charged_again() -> None:
    assert brief(lines(PLAN_1, prepaid=True, seal=520)) == [("overage", 20, "5.00")]


def test_what_costs_nothing_is_no_line() -> None:
    free = Terms(monthly_fee=Decimal(0), included=10, overage_unit_price=Decimal(0))
    assert lines(free, seal=99) == []
    assert brief(lines(PLAN_1)) == [("fee", 1, "125.00")]  # no seal at all
    assert brief(lines(PLAN_1, seal=-3)) == [("fee", 1, "125.00")]


def test_a_term_is_so_many_monthly_fees() -> None:
    line = term_line(Decimal(1500), 12, term_id=9, facts={"plan_code": "4"})
    assert line == NewLine(
        kind="term_fee",
        quantity=12,
        unit_price=Decimal(1500),
        net=Decimal("18000.00"),
        sources={"term_id": 9},
        facts={"plan_code": "4", "months": 12},
    )
    assert term_line(Decimal(0), 12, term_id=9, facts={}) is None


@pytest.mark.parametrize(
    ("quantity", "unit_price", "charged", "expected"),
    [
        (1, None, "355.00", (1, "355.00")),
        (3, None, "30.00", (1, "30.00")),
        (3, "10.00", "30.00", (3, "10.00")),
        (3, "0.333333", "1.00", (3, "0.333333")),
        (3, "10.00", "29.99", (1, "29.99")),  # the amount that was agreed holds, not the product
    ],
)
def test_a_charge_is_its_quantity_and_price_where_they_make_its_amount(
    quantity: int, unit_price: str | None, charged: str, expected: tuple[int, str]
) -> None:
    price = None if unit_price is None else Decimal(unit_price)
    line = charge_line("chg_1", quantity, price, Decimal(charged), {"item": "add_on"})
    assert (line.quantity, str(line.unit_price)) == expected
    assert (line.kind, line.net, line.sources) == ("charge", Decimal(charged), {"charge_id": "chg_1"})
    assert line.facts == {"item": "add_on"}


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [
        ("125.25", "21.00", "26.30"),  # 26.3025
        ("0.50", "21.00", "0.11"),  # 0.105: half up
        ("0.07", "21.00", "0.01"),  # 0.0147
        ("100.00", "25.50", "25.50"),
        ("18000.00", "21.00", "3780.00"),
        ("99.99", "0.00", "0.00"),
    ],
)
def test_vat_is_rounded_once_for_the_document(net: str, rate: str, vat: str) -> None:
    assert vat_amount(Decimal(net), Decimal(rate)) == Decimal(vat)


def test_a_document_adds_up() -> None:
    sums = totals([Decimal("125.00"), Decimal("0.25")], Decimal("21.00"))
    assert (sums.net, sums.vat, sums.gross) == (Decimal("125.25"), Decimal("26.30"), Decimal("151.55"))
    assert totals([], Decimal("21.00")).gross == Decimal("0.00")


@given(
    st.integers(1, 5_000_000).flatmap(
        lambda cents: st.tuples(st.just(cents), st.lists(st.integers(1, cents), max_size=6))
    )
)
def test_credit_notes_in_parts_give_back_exactly_the_invoice(drawn: tuple[int, list[int]]) -> None:
    cents, parts = drawn
    invoice = totals([Decimal(cents).scaleb(-2)], Decimal("21.00"))
    left = invoice
    for part in [*parts, cents]:
        net = min(Decimal(part).scaleb(-2), left.net)
        if not net:
            break
        note = credit_totals([net], Decimal("21.00"), left=left)
        left = Totals(net=left.net - note.net, vat=left.vat - note.vat)
        assert left.vat >= 0
    assert left == Totals(net=Decimal("0.00"), vat=Decimal("0.00"))


def test_the_last_credit_note_takes_what_is_left_of_the_vat() -> None:
    left = Totals(net=Decimal("0.50"), vat=Decimal("0.10"))
    assert credit_totals([Decimal("0.25"), Decimal("0.25")], Decimal("21.00"), left=left) == left
    assert credit_totals([Decimal("0.48")], Decimal("21.00"), left=left).vat == Decimal("0.10")
    assert credit_totals([Decimal("0.40")], Decimal("21.00"), left=left).vat == Decimal("0.08")


@pytest.mark.parametrize(
    ("kind", "item", "account"),
    [
        ("fee", "", "subscription"),
        ("term_fee", "", "deferred"),
        ("overage", "", "overage"),
        ("extra_user", "", "overage"),
        ("storage_gb", "", "overage"),
        ("charge", "certificate_2_years", "certificates"),
        ("charge", "setup", "services"),
        ("charge", "add_on", "services"),
        ("charge", "correction", "services"),
        ("interest", "", "interest"),
    ],
)
def test_each_line_has_its_account(kind: str, item: str, account: str) -> None:
    assert revenue_account(kind, item) == account


def test_an_invoice_is_owed_and_a_credit_note_is_the_customers_credit() -> None:
    sums = Totals(net=Decimal("130.25"), vat=Decimal("27.35"))
    accounts = [
        ("subscription", Decimal("125.00")),
        ("overage", Decimal("0.25")),
        ("overage", Decimal("5.00")),
    ]
    assert issue_amounts(sums, accounts, credit=False) == [
        ("receivable", Decimal("157.60")),
        ("subscription", Decimal("-125.00")),
        ("overage", Decimal("-5.25")),
        ("vat", Decimal("-27.35")),
    ]
    assert issue_amounts(sums, accounts, credit=True) == [
        ("credit", Decimal("-157.60")),
        ("subscription", Decimal("125.00")),
        ("overage", Decimal("5.25")),
        ("vat", Decimal("27.35")),
    ]


def test_nothing_is_issued_by_or_to_nobody_knows_whom() -> None:
    seller = dict.fromkeys(("name", "country", "register_number", "street", "city", "iban"), "x")
    assert missing_of_seller(seller) == []
    assert missing_of_seller(seller | {"iban": " ", "vat_number": ""}) == ["iban"]
    assert missing_of_seller({}) == ["name", "country", "register_number", "street", "city", "iban"]

    person = dict.fromkeys(("name", "country", "street", "city"), "x") | {"kind": "natural_person"}
    assert missing_of_buyer(person) == []
    assert missing_of_buyer(person | {"kind": "legal_entity"}) == ["register_number"]
    assert missing_of_buyer({}) == ["name", "country", "street", "city"]


def test_what_happens_in_a_month_is_invoiced_when_it_is_over() -> None:
    assert next_until(date(2026, 11, 1), VILNIUS) == DECEMBER
    assert next_until(date(2026, 11, 30), VILNIUS) == DECEMBER
    assert next_until(date(2026, 12, 1), VILNIUS) == datetime(2026, 12, 31, 22, tzinfo=UTC)
    assert next_until(date(2026, 11, 20), VILNIUS, months=0) == datetime(2026, 10, 31, 22, tzinfo=UTC)
    assert run_month(DECEMBER, VILNIUS) == "2026-11"
    assert run_month(datetime(2026, 12, 31, 22, tzinfo=UTC), VILNIUS) == "2026-12"


def test_it_is_late_from_the_eighth() -> None:
    eighth = datetime(2026, 12, 7, 22, tzinfo=UTC)
    assert late_from(DECEMBER, VILNIUS) == eighth
    assert late_from(DECEMBER + MOMENT, VILNIUS) == datetime(2027, 1, 7, 22, tzinfo=UTC)
    assert late_from(DECEMBER - timedelta(days=9), VILNIUS) == eighth
    assert not is_alarming(held_since=None, late_from=eighth, now=eighth - MOMENT)
    assert is_alarming(held_since=None, late_from=eighth, now=eighth)


def test_staff_hear_of_what_is_held_for_more_than_a_day() -> None:
    late = DECEMBER + timedelta(days=7)
    assert not is_alarming(held_since=DECEMBER, late_from=late, now=DECEMBER + timedelta(days=1))
    assert is_alarming(held_since=DECEMBER, late_from=late, now=DECEMBER + timedelta(days=1) + MOMENT)


def test_months_are_counted_whole() -> None:
    assert months_of(date(2026, 11, 1), date(2027, 11, 1)) == 12
    assert months_of(date(2026, 12, 1), date(2027, 1, 1)) == 1
    assert last_day_of(date(2027, 2, 1), 1) == date(2027, 2, 28)
    assert last_day_of(date(2026, 11, 1), 12) == date(2027, 10, 31)


def test_a_month_is_over_with_its_last_day() -> None:
    first = date(2026, 11, 1)
    assert [months_over(first, day, most=12) for day in (first, date(2026, 11, 30), date(2026, 12, 1))] == [0, 0, 1]
    assert [months_over(first, day, most=12) for day in (date(2027, 10, 31), date(2027, 11, 1))] == [11, 12]
    assert months_over(first, date(2030, 1, 1), most=12) == 12


def test_what_is_credited_is_not_earned() -> None:
    assert to_release(Decimal("125.00"), left=Decimal("500.00")) == Decimal("125.00")
    assert to_release(Decimal("125.00"), left=Decimal("100.00")) == Decimal("100.00")
    assert to_release(Decimal("125.00"), left=Decimal("0.00")) == Decimal("0.00")
