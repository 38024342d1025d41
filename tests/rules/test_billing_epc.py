"""The code that banking apps scan."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.rules.epc import in_groups, payment_code, plain

PAYEE = {"name": "Sealport", "iban": "LT12 1000 0111 0100 1000", "bic": "EXAMLT21", "reference": "RF18539007547034"}


def test_the_code_has_the_lines_of_the_standard() -> None:
    code = payment_code(amount=Decimal("121.00"), **PAYEE)
    expected = "BCD|002|1|SCT|EXAMLT21|Sealport|LT121000011101001000|EUR121.00||RF18539007547034"
    assert code == expected.replace("|", "\n")


@pytest.mark.parametrize(
    ("amount", "has_one"),
    [("0.00", False), ("0.01", True), ("999999999.99", True), ("1000000000.00", False), ("-1.00", False)],
)
def test_only_amounts_that_the_standard_knows_have_a_code(amount: str, *, has_one: bool) -> None:
    assert (payment_code(amount=Decimal(amount), **PAYEE) is not None) is has_one


def test_without_an_account_or_a_name_there_is_no_code_and_a_long_name_is_cut() -> None:
    assert payment_code(amount=Decimal(1), **{**PAYEE, "iban": ""}) is None
    assert payment_code(amount=Decimal(1), **{**PAYEE, "name": ""}) is None
    long = payment_code(amount=Decimal(1), **{**PAYEE, "name": "x" * 71})
    assert long is not None
    assert long.split("\n")[5] == "x" * 70


def test_an_account_is_written_in_groups_of_four() -> None:
    assert in_groups("lt12 100001") == "LT12 1000 01"
    assert plain(" lt12 1000\t01") == "LT12100001"
