"""What a payment settles."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.matching import Doubt, Likeness, Match, Outcome, Owed, Part, likelihood, match_payment, spread


def eur(amount: str) -> Decimal:
    return Decimal(amount)


def owed(name: str, left: str, *, customer: str = "acme", due: date | None = date(2026, 12, 1)) -> Owed:
    return Owed(invoice_id=name, customer_id=customer, open=eur(left), due_on=due)


A, B = owed("a", "121.00"), owed("b", "50.00", due=date(2026, 11, 1))
PAID = owed("paid", "0.00")
FOREIGN = owed("x", "121.00", customer="globex")


@pytest.mark.parametrize(
    ("amount", "named", "expected"),
    [
        ("121.00", [A], Match(Outcome.EXACT, "acme", (Part("a", eur("121.00")),))),
        ("120.99", [A], Match(Outcome.PART, "acme", (Part("a", eur("120.99")),))),
        ("121.01", [A], Match(Outcome.OVER, "acme", (Part("a", eur("121.00")),), eur("0.01"))),
        ("171.00", [A, B], Match(Outcome.EXACT, "acme", (Part("b", eur("50.00")), Part("a", eur("121.00"))))),
        ("60.00", [A, B], Match(Outcome.PART, "acme", (Part("b", eur("50.00")), Part("a", eur("10.00"))))),
        ("50.00", [A, B], Match(Outcome.PART, "acme", (Part("b", eur("50.00")),))),
        ("121.00", [PAID], Match(Outcome.SETTLED, "acme", (), eur("121.00"))),
        ("121.00", [PAID, A], Match(Outcome.EXACT, "acme", (Part("a", eur("121.00")),))),
        ("121.00", [A, FOREIGN], Match(Outcome.QUEUE, doubt=Doubt.SEVERAL_CUSTOMERS)),
    ],
)
def test_what_is_named_is_settled_and_the_rest_is_credit(amount: str, named: list[Owed], expected: Match) -> None:
    assert match_payment(eur(amount), named=named) == expected


def test_the_reference_says_whose_the_payment_is_and_not_the_account_it_came_from() -> None:
    found = match_payment(eur("121.00"), named=[FOREIGN], payers=frozenset({"acme"}), owed_by_payer=[A])
    assert (found.outcome, found.customer_id) == (Outcome.EXACT, "globex")


def test_what_was_named_rightly_counts_beside_what_is_unknown_or_doubtful() -> None:
    assert match_payment(eur("121.00"), named=[A], unknown=True, doubtful=True).outcome == Outcome.EXACT


@pytest.mark.parametrize(
    ("amount", "payers", "open_ones", "outcome"),
    [
        ("121.00", {"acme"}, [A], Outcome.PAYER),
        ("121.01", {"acme"}, [A], Outcome.QUEUE),
        ("120.99", {"acme"}, [A], Outcome.QUEUE),
        ("121.00", {"acme"}, [A, B], Outcome.QUEUE),
        ("121.00", {"acme"}, [], Outcome.QUEUE),
        ("121.00", {"acme", "globex"}, [A], Outcome.QUEUE),
        ("121.00", set(), [A], Outcome.QUEUE),
    ],
)
def test_without_a_reference_only_the_one_invoice_of_a_known_account_is_paid(
    amount: str, payers: set[str], open_ones: list[Owed], outcome: Outcome
) -> None:
    found = match_payment(eur(amount), named=[], payers=frozenset(payers), owed_by_payer=open_ones)
    assert found.outcome == outcome
    if outcome == Outcome.PAYER:
        assert (found.customer_id, found.parts, found.credit) == ("acme", (Part("a", eur("121.00")),), eur("0.00"))
    else:
        assert (found.customer_id, found.doubt) == (None, Doubt.NOTHING_NAMED)


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        ({"unknown": True}, Doubt.UNKNOWN_DOCUMENT),
        ({"doubtful": True}, Doubt.DOUBTFUL_REFERENCE),
        ({"unknown": True, "doubtful": True}, Doubt.UNKNOWN_DOCUMENT),
    ],
)
def test_a_payer_who_named_something_else_is_not_guessed(said: dict[str, bool], doubt: Doubt) -> None:
    found = match_payment(eur("121.00"), named=[], payers=frozenset({"acme"}), owed_by_payer=[A], **said)
    assert (found.outcome, found.doubt) == (Outcome.QUEUE, doubt)


def test_what_is_not_delivered_yet_comes_last_and_of_the_same_day_the_older_first() -> None:
    later, undelivered = owed("c", "1.00"), owed("0", "1.00", due=None)
    assert [part.invoice_id for part in spread(eur("500.00"), [undelivered, later, A, B])] == ["b", "a", "c", "0"]


amounts = st.decimals("0.00", "500.00", places=2)


@given(st.decimals("0.01", "900.00", places=2), st.lists(amounts, min_size=1, max_size=5))
def test_nothing_is_lost_and_nothing_settled_twice(amount: Decimal, left: list[Decimal]) -> None:
    named = [owed(str(place), str(value)) for place, value in enumerate(left)]
    found = match_payment(amount, named=named)
    assert sum((part.amount for part in found.parts), found.credit) == amount
    assert all(0 < part.amount <= named[int(part.invoice_id)].open for part in found.parts)
    assert len({part.invoice_id for part in found.parts}) == len(found.parts)
    assert found.credit == max(Decimal(0), amount - sum(left))


def test_each_sign_outweighs_all_weaker_ones() -> None:
    def points(**signs: bool) -> int:
        none = dict.fromkeys(("reference_alike", "paid_before", "amount_open", "name_alike"), False)
        return likelihood(Likeness(**{**none, **signs}))

    assert [points(), points(name_alike=True), points(amount_open=True), points(paid_before=True)] == [0, 1, 2, 4]
    assert points(reference_alike=True) == 8
    assert points(reference_alike=True, paid_before=True, amount_open=True, name_alike=True) == 15
