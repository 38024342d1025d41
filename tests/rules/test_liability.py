"""What the operator answers for (clause A5), by the one table."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealing.rules.liability import LIMITS, MOST_DECLARED, STATEMENTS, liability

AMOUNTS = st.decimals(0, MOST_DECLARED, places=2)
CENT = Decimal("0.01")


@given(declared=st.none() | AMOUNTS)
def test_free_use_is_answered_for_with_nothing(declared: Decimal | None) -> None:
    assert liability(declared, free=True).limit == 0


@pytest.mark.parametrize(("most", "limit"), LIMITS)
def test_a_value_at_the_edge_of_a_row_has_that_rows_limit_and_a_cent_more_has_not(
    most: Decimal, limit: Decimal
) -> None:
    assert liability(most, free=False).limit == limit
    above = liability(most + CENT, free=False)
    assert above.limit > limit or above.code == "above_highest"


@given(declared=AMOUNTS)
def test_every_statement_can_be_told_in_words(declared: Decimal) -> None:
    found = liability(declared, free=False)
    assert STATEMENTS[found.code] % {"declared": declared, "limit": found.limit}
    assert found.limit <= LIMITS[-1][1]


def test_without_a_declared_value_nothing_is_promised() -> None:
    assert (liability(None, free=False).code, liability(None, free=False).limit) == ("not_declared", 0)
