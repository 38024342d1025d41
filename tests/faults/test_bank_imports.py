"""Statements that overlap, come twice, at once, or while somebody is killed: each movement counts once."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.collect_statements import collect_statements
from billing.actions.import_statement import Imported, StatementImportedAlready, import_statement
from billing.actions.match_payment import match_payment
from billing.models import Allocation, BankStatement, Invoice, Payment
from billing.queries.receivables import credit_of, receivable
from billing.rules.matching import Outcome
from kernel.actor import Actor
from portal.invariants import broken_invariants
from tests.cast import Cast, Customers
from tests.doubles.bank import Booked, booked, camt
from tests.factories.billing import finalised_invoice

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="They rang")
GROSS = "121.00"


def imported(rows: list[Booked], now: datetime, **more: str) -> Imported:
    return import_statement(actor=SYSTEM, content=camt(rows, **more), file_name="s.xml", now=now)  # type: ignore[arg-type]  # text only


def matched(now: datetime) -> list[Outcome]:
    """The outcome of every payment that nobody has assigned yet, in the order of the statement."""
    waiting = Payment.objects.filter(customer=None).order_by("id").values_list("pk", flat=True)
    return [match_payment(actor=SYSTEM, payment_id=pk, now=now) for pk in waiting]


def left_open(invoice: Invoice) -> Decimal:
    found = receivable(invoice.pk)
    assert found is not None
    return found.open


@pytest.fixture
def today(now: datetime) -> date:
    return now.date()


def test_the_watched_folder_is_emptied_and_says_why(cast: Cast, now: datetime, today: date, tmp_path: Path) -> None:
    def put(name: str, content: bytes, *, age_seconds: int = 60) -> None:
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (now.timestamp() - age_seconds,) * 2)

    good = camt([booked("1.00", today)])
    put("a.xml", good)
    put("b.XML", b"rubbish")
    put("c.xml", good)
    put("new.xml", camt([booked("2.00", today)]), age_seconds=29)
    put("notes.txt", b"not for us")
    assert collect_statements(actor=SYSTEM, folder=str(tmp_path), now=now) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["imported", "new.xml", "notes.txt", "refused"]
    assert len(list((tmp_path / "imported").glob("*.xml"))) == 2
    (why,) = (tmp_path / "refused").glob("b.*.txt")
    assert why.read_text().startswith("statement_unreadable: This is no well-formed XML.")
    assert collect_statements(actor=SYSTEM, folder=str(tmp_path), now=now + timedelta(seconds=1)) == 1


def test_who_is_killed_before_moving_the_file_imports_nothing_twice(
    cast: Cast, now: datetime, today: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(camt([booked("1.00", today)]))
    os.utime(path, (now.timestamp() - 60,) * 2)
    with monkeypatch.context() as killed:
        killed.setattr("billing.actions.collect_statements.file_statement", _die)
        with pytest.raises(Killed):
            collect_statements(actor=SYSTEM, folder=str(tmp_path), now=now)
    assert path.exists()
    assert collect_statements(actor=SYSTEM, folder=str(tmp_path), now=now) == 0
    assert not path.exists()
    assert Payment.objects.count() == 1


class Killed(Exception):
    pass


def _die(*args: object, **options: object) -> None:
    raise Killed


STEPS = [
    "billing.actions.import_statement.post",
    "billing.actions.import_statement.emit",
    "billing.actions.import_statement.record",
]
MATCHING_STEPS = [
    "billing.actions._receipts.post",
    "billing.actions._receipts.allocate",
    "billing.actions._receipts.record",
    "billing.actions._receipts.emit",
    "billing.actions._receipts.give_notice",
    "billing.actions._allocation.post",
]


@pytest.mark.parametrize("step", [*STEPS, *MATCHING_STEPS])
def test_who_is_killed_at_any_step_leaves_all_or_nothing(
    cast: Cast, now: datetime, today: date, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    rows = [booked(GROSS, today, reference=invoice.reference)]

    def run() -> None:
        imported(rows, now) if step in STEPS else matched(now)

    if step in MATCHING_STEPS:
        imported(rows, now)
    before = Payment.objects.count()
    with monkeypatch.context() as killed:
        killed.setattr(step, _die)
        with pytest.raises(Killed), transaction.atomic():
            run()
    assert Payment.objects.filter(customer__isnull=False).count() == Allocation.objects.count() == 0
    assert Payment.objects.count() == before
    assert not broken_invariants()
    run()
    assert matched(now) in ([Outcome.EXACT], [])
    assert left_open(invoice) == 0


@pytest.mark.usefixtures("transactional_db")
def test_two_workers_at_once_import_and_settle_once(now: datetime, today: date) -> None:
    cast = Customers().cast()
    invoice = finalised_invoice(cast.acme.id, now=now)
    common = [booked("60.00", today, reference=invoice.reference) for _ in range(3)]
    files = [camt([*common, booked(f"{n}.00", today)]) for n in (1, 2)]
    _at_once([lambda file=file: _import(file, now) for file in (*files, files[0])])
    assert BankStatement.objects.count() == 2
    assert Payment.objects.count() == 5
    payments = Payment.objects.filter(amount=60).values_list("pk", flat=True)
    _at_once([lambda pk=pk: match_payment(actor=SYSTEM, payment_id=pk, now=now) for pk in payments])
    assert left_open(invoice) == 0
    assert credit_of(cast.acme.id) == Decimal("59.00")


def _import(content: bytes, now: datetime) -> None:
    import_statement(actor=SYSTEM, content=content, file_name="s.xml", now=now)


def _at_once(works: list[Callable[[], object]]) -> None:
    unexpected: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except StatementImportedAlready:
            pass
        except BaseException as error:  # noqa: BLE001 - told to the test below
            unexpected.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not unexpected


NO_REFERENCE = {"bank_reference": ""}
movements = st.lists(
    st.tuples(
        st.sampled_from(["1.00", "50.00", GROSS, "200.00"]),  # equal ones on purpose
        st.integers(0, 3),  # day
        st.sampled_from(["", "first", "second", "both", "unknown"]),
        st.booleans(),  # whether the bank gives it a reference of its own
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(movements, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=3))
def test_whatever_statements_overlap_each_movement_counts_once(
    cast: Cast, now: datetime, movements: list[tuple[str, int, str, bool]], spans: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        first, second = (finalised_invoice(cast.acme.id, now=now) for _ in range(2))
        texts = {
            "": "",
            "first": first.reference,
            "second": str(second.number),
            "both": f"{first.number} {second.reference}",
            "unknown": "INV-1999-000001",
        }
        rows = [
            (day, booked(amount, now.date() + timedelta(days=day), text=texts[name], **({} if own else NO_REFERENCE)))
            for amount, day, name, own in sorted(movements, key=lambda each: each[1])
        ]
        for start, end in [*spans, (0, 3)]:
            try:
                imported([row for day, row in rows if min(start, end) <= day <= max(start, end)], now)
            except StatementImportedAlready:
                continue
            matched(now)
        total = sum((row.amount for _day, row in rows), Decimal(0))
        assert sum(Payment.objects.values_list("amount", flat=True)) == total
        assert not broken_invariants()
        transaction.set_rollback(True)
