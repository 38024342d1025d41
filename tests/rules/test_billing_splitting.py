"""Parts that add up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.splitting import split


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("0.05", [1, 1, 1], ["0.02", "0.02", "0.01"]),
        ("0.01", [1, 2], ["0.00", "0.01"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("163.00", [650, 1, 1], ["162.50", "0.25", "0.25"]),
        ("10.00", [0, 4], ["0.00", "10.00"]),
        ("10.00", [0, 0], ["0.00", "0.00"]),
        ("10.00", [], []),
        ("0.02", [3, 3, 2], ["0.01", "0.01", "0.00"]),
    ],
)
def test_cents_left_over_go_to_the_largest_remainders(total: str, weights: list[int], parts: list[str]) -> None:
    assert [str(part) for part in split(Decimal(total), weights)] == parts


@given(st.integers(-100_000_000, 100_000_000), st.lists(st.integers(0, 100_000), min_size=1, max_size=40).filter(any))
def test_the_parts_add_up_and_each_is_within_a_cent_of_its_share(cents: int, weights: list[int]) -> None:
    total = Decimal(cents).scaleb(-2)
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < Decimal("0.01")
