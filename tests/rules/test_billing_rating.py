from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.advice import CheaperPlan, Offer, PlanCost, cheaper_plan, costs_of
from billing.rules.rating import LineKind, SpecialTerms, Terms, amount, rate, with_special_terms


def terms(fee: str, included: int, overage: str) -> Terms:
    return Terms(monthly_fee=Decimal(fee), included=included, overage_unit_price=Decimal(overage))


PLAN_1 = terms("125.00", 500, "0.25")
PLAN_2 = terms("200.00", 1000, "0.20")
PLAN_3 = terms("780.00", 5000, "0.16")
PLAN_4 = terms("1500.00", 12000, "0.13")
OFFERS = [
    Offer(code=str(n), name=f"Plan {n}", terms=plan) for n, plan in enumerate((PLAN_1, PLAN_2, PLAN_3, PLAN_4), 1)
]

ANY_TERMS = st.builds(
    Terms,
    monthly_fee=st.decimals(0, 5000, places=2),
    included=st.integers(0, 20_000),
    overage_unit_price=st.decimals(0, 2, places=6),
)
COUNTS = st.integers(0, 200_000)


@pytest.mark.parametrize(
    ("plan", "used", "overage", "cost"),
    [
        (PLAN_1, 0, 0, "125.00"),
        (PLAN_1, 499, 0, "125.00"),
        (PLAN_1, 500, 0, "125.00"),
        (PLAN_1, 501, 1, "125.25"),
        (PLAN_1, 848, 348, "212.00"),
        (PLAN_2, 1000, 0, "200.00"),
        (PLAN_2, 1001, 1, "200.20"),
        (PLAN_3, 5001, 1, "780.16"),
        (PLAN_4, 12000, 0, "1500.00"),
        (PLAN_4, 120_000, 108_000, "15540.00"),
        (terms("0.00", 0, "0.045"), 1237, 1237, "55.67"),  # rounding each event would have made it 61.85
        (terms("0.00", 10, "0.30"), 10, 0, "0.00"),
    ],
)
def test_a_month_costs_its_fee_and_what_exceeds_the_included_transactions(
    plan: Terms, used: int, overage: int, cost: str
) -> None:
    rated = rate(plan, used)

    assert (rated.overage, rated.cost) == (overage, Decimal(cost))


def test_a_line_exists_only_for_what_is_charged() -> None:
    assert [line.kind for line in rate(PLAN_1, 501).lines] == [LineKind.FEE, LineKind.OVERAGE]
    assert [line.kind for line in rate(PLAN_1, 500).lines] == [LineKind.FEE]
    assert [line.kind for line in rate(terms("0.00", 5, "0.10"), 6).lines] == [LineKind.OVERAGE]
    assert rate(terms("0.00", 5, "0.10"), 5).lines == ()


@pytest.mark.parametrize(
    ("quantity", "unit_price", "expected"),
    [(1, "0.005", "0.01"), (1, "0.004999", "0.00"), (3, "0.333333", "1.00"), (7, "0.015", "0.11")],
)
def test_an_amount_is_rounded_half_up_once(quantity: int, unit_price: str, expected: str) -> None:
    assert amount(quantity, Decimal(unit_price)) == Decimal(expected)


@given(plan=ANY_TERMS, used=COUNTS, more=st.integers(0, 5000))
def test_using_more_never_costs_less(plan: Terms, used: int, more: int) -> None:
    assert rate(plan, used + more).cost >= rate(plan, used).cost >= plan.monthly_fee


@given(plan=ANY_TERMS, used=COUNTS)
def test_the_cost_is_the_sum_of_the_lines_and_off_by_half_a_cent_at_most(plan: Terms, used: int) -> None:
    rated = rate(plan, used)
    exact = plan.monthly_fee + max(0, used - plan.included) * plan.overage_unit_price

    assert rated.cost == sum((line.amount for line in rated.lines), Decimal(0))
    assert abs(rated.cost - exact) <= Decimal("0.005")
    assert all(line.amount == amount(line.quantity, line.unit_price) for line in rated.lines)


@given(plan=ANY_TERMS, used=COUNTS)
def test_special_terms_override_the_plan_field_by_field(plan: Terms, used: int) -> None:
    assert with_special_terms(plan, None) == with_special_terms(plan, SpecialTerms()) == plan
    assert with_special_terms(plan, SpecialTerms(included=7)) == Terms(
        monthly_fee=plan.monthly_fee, included=7, overage_unit_price=plan.overage_unit_price
    )
    assert rate(with_special_terms(plan, SpecialTerms(monthly_fee=Decimal(0), included=used)), used).cost == 0


@pytest.mark.parametrize(
    ("current", "quantity", "expected"),
    [
        (PLAN_1, 848, CheaperPlan(code="2", name="Plan 2", cost=Decimal("200.00"), saving=Decimal("12.00"))),
        (PLAN_1, 801, CheaperPlan(code="2", name="Plan 2", cost=Decimal("200.00"), saving=Decimal("0.25"))),
        (PLAN_1, 800, None),  # both cost 200.00
        (PLAN_1, 0, None),
        (PLAN_2, 799, CheaperPlan(code="1", name="Plan 1", cost=Decimal("199.75"), saving=Decimal("0.25"))),
        (PLAN_2, 800, None),
        (PLAN_3, 100, CheaperPlan(code="1", name="Plan 1", cost=Decimal("125.00"), saving=Decimal("655.00"))),
    ],
)
def test_a_cheaper_plan_is_told_with_its_cost_and_only_if_it_costs_less(
    current: Terms, quantity: int, expected: CheaperPlan | None
) -> None:
    assert cheaper_plan(current, quantity, OFFERS) == expected


def test_the_calculator_tells_what_each_plan_costs_and_which_is_the_cheapest() -> None:
    setup = replace(PLAN_1, setup_fee=Decimal("300.00"))
    one, two = costs_of(848, [Offer(code="1", name="Plan 1", terms=setup), OFFERS[1]])

    assert one == PlanCost(
        code="1",
        name="Plan 1",
        included=500,
        overage=348,
        month=Decimal("212.00"),
        setup_fee=Decimal("300.00"),
        first_year=Decimal("2844.00"),
        per_transaction=Decimal("0.250"),
        cheapest=False,
    )
    assert (two.month, two.per_transaction, two.first_year) == (Decimal(200), Decimal("0.236"), Decimal(2400))
    assert [each.code for count in (799, 800, 801) for each in costs_of(count, OFFERS) if each.cheapest] == list("122")
    for quantity, plan, each in (
        (1600, PLAN_1, "0.250"),
        (3, terms("0.00", 0, "0.0005"), "0.000"),
        (10, terms("0.00", 0, "0.0005"), "0.001"),
        (100, terms("0.05", 100, "1"), "0.001"),
    ):
        assert costs_of(quantity, [Offer(code="", name="", terms=plan)])[0].per_transaction == Decimal(each)
    assert costs_of(0, OFFERS)[0].per_transaction is None
    assert costs_of(5, []) == []


def test_without_offers_no_plan_is_advised() -> None:
    assert cheaper_plan(PLAN_1, 100_000, []) is None


@given(quantity=COUNTS, current=st.sampled_from(OFFERS))
def test_the_advice_is_the_cheapest_offer(quantity: int, current: Offer) -> None:
    cheapest = min(rate(offer.terms, quantity).cost for offer in OFFERS)
    advice = cheaper_plan(current.terms, quantity, OFFERS)

    assert (advice.cost if advice else rate(current.terms, quantity).cost) == cheapest


@given(quantity=st.integers(0, 3000))
def test_of_two_equally_cheap_plans_the_one_with_more_included_is_told(quantity: int) -> None:
    small = Offer(code="small", name="", terms=terms("10.00", 100, "0"))
    large = Offer(code="large", name="", terms=terms("10.00", 200, "0"))
    advice = cheaper_plan(PLAN_1, quantity, [small, large])

    assert advice is not None
    assert advice.code == "large"
