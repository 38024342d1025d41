"""Statements of banks, good and bad."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing.gateways import camt
from billing.gateways.camt import Malformed, read_camt053
from tests.doubles.bank import ACCOUNT, BILLION_LAUGHS, OTHER_ACCOUNT, PAYER, batch, booked, with_outside_entity
from tests.doubles.bank import camt as written

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(2, 15)])
def test_every_version_says_the_same(version: str) -> None:
    row = booked("121.00", MONDAY, reference="RF18539007547034", text="Invoice  &\n more", bank_reference="B1")
    found = read_camt053(written([row], version=version))
    assert (found.account, found.first_on, found.last_on, found.unfit) == (ACCOUNT, MONDAY, MONDAY, ())
    (movement,) = found.movements
    assert movement.amount == Decimal("121.00")
    assert (movement.booked_on, movement.value_on, movement.returned) == (MONDAY, MONDAY, False)
    assert (movement.payer_name, movement.payer_account) == ("Acme", PAYER)
    assert (movement.reference, movement.remittance) == ("RF18539007547034", "Invoice & more")
    assert movement.key == f"{ACCOUNT}:B1:2026-11-02:0:+121.00:1"


def test_a_batch_is_its_single_payments() -> None:
    parts = [booked("10.00", MONDAY, text="one"), booked("10.00", MONDAY, text="two"), booked("5.00", MONDAY)]
    found = read_camt053(written([batch(parts, bank_reference="B7")])).movements
    assert [(entry.amount, entry.remittance) for entry in found] == [
        (Decimal("10.00"), "one"),
        (Decimal("10.00"), "two"),
        (Decimal("5.00"), ""),
    ]
    assert len({entry.key for entry in found}) == 3


def test_a_batch_whose_parts_do_not_make_its_amount_is_one_payment() -> None:
    told = written([batch([booked("10.00", MONDAY), booked("5.00", MONDAY)])], balances=False)
    (movement,) = read_camt053(told.replace(b">5.00<", b">6.00<", 1)).movements
    assert movement.amount == Decimal("15.00")


def test_equal_payments_of_one_day_are_several_and_the_same_ones_in_the_next_statement() -> None:
    twins = [booked("10.00", MONDAY, bank_reference="") for _ in range(2)]
    first = read_camt053(written(twins)).movements
    later = read_camt053(written([*twins, booked("10.00", TUESDAY, bank_reference="")])).movements
    assert len({entry.key for entry in first}) == 2
    assert [entry.key for entry in later[:2]] == [entry.key for entry in first]
    assert len({entry.key for entry in later}) == 3


def test_money_that_goes_out_or_back_is_told_apart() -> None:
    rows = [booked("3.00", MONDAY, out=True), booked("4.00", MONDAY, out=True, returned=True)]
    found = read_camt053(written(rows)).movements
    assert [(entry.amount, entry.returned) for entry in found] == [(Decimal("-3.00"), False), (Decimal("-4.00"), True)]


def test_pending_entries_and_those_of_nothing_are_left_out_and_other_currencies_named() -> None:
    rows = [
        booked("1.00", MONDAY, status="PDNG"),
        booked("0.00", MONDAY),
        booked("2.00", TUESDAY, currency="USD", text="dollars"),
    ]
    found = read_camt053(written(rows))
    assert found.movements == ()
    (unfit,) = found.unfit
    assert (unfit.reason, unfit.amount, unfit.currency, unfit.booked_on) == (
        "currency",
        Decimal("2.00"),
        "USD",
        TUESDAY,
    )
    assert unfit.remittance == "dollars"


GOOD = written([booked("1.00", MONDAY)])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "well-formed"),
        (b"date;amount\n2026-11-02;1.00", "well-formed"),
        (GOOD[:-20], "well-formed"),
        (GOOD.replace(b"utf-8", b"klingon").replace(b"UTF-8", b"klingon"), "well-formed"),
        (b"<a>" * 300 + b"</a>" * 300, "well-formed"),
        (b"<Document/>", "camt.053"),
        (GOOD.replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt").replace(b"Stmt>", b"Rpt>"), "camt.053"),
        (BILLION_LAUGHS, "document type|well-formed"),
        (GOOD.replace(ACCOUNT.encode(), b""), "IBAN"),
        (GOOD.replace(b"CRDT", b"BOTH"), "came in or went out"),
        (GOOD.replace(b">1.00<", b">1,00<"), "amount"),
        (GOOD.replace(b">1.00<", b">1.005<"), "cent"),
        (GOOD.replace(b">1.00<", b">-1.00<"), "amount"),
        (GOOD.replace(b">1.00<", b">NaN<"), "amount"),
        (GOOD.replace(b"<BookgDt><Dt>2026-11-02", b"<BookgDt><Dt>2026-13-02"), "date"),
        (written([booked("1.00", MONDAY)], closing="1002.00"), "add up"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_camt053(content)


def test_a_file_of_several_accounts_is_refused() -> None:
    other = written([], account=OTHER_ACCOUNT).decode()
    second = other[other.index("<Stmt>") : other.index("</BkToCstmrStmt>")]
    with pytest.raises(Malformed, match="several accounts"):
        read_camt053(GOOD.replace(b"</BkToCstmrStmt>", f"{second}</BkToCstmrStmt>".encode()))


def test_a_statement_asks_for_no_file_of_ours(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    with pytest.raises(Malformed, match="document type"):
        read_camt053(with_outside_entity(secret.as_uri()))


def test_a_huge_file_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert camt.MAX_BYTES == 20 * 1024 * 1024
    monkeypatch.setattr(camt, "MAX_BYTES", len(GOOD))
    assert read_camt053(GOOD).movements
    with pytest.raises(Malformed, match="larger"):
        read_camt053(GOOD + b" ")
