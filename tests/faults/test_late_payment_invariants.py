"""The invariants of late payment find what is planted past every trigger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.actions.suspend_customer import suspend_customer
from accounts.rules.suspensions import Ground
from billing.actions.bill_interest import bill_interest
from billing.actions.follow_up_customer import follow_up_customer
from kernel import clock
from kernel.actor import Actor
from portal.invariants import broken_invariants
from tests.cast import Cast
from tests.factories.billing import finalised_invoice
from tests.invariants import broken_by_this_transaction

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="Unpaid.")
INTEREST = "every line of late interest is the unpaid principal of each day x 0.0002, as known when it was billed"
PLANTS = {
    "UPDATE billing_invoiceline SET interest_from = interest_from + 1 WHERE kind = 'interest'": INTEREST,
    "UPDATE billing_invoiceline SET net = net + 0.01 WHERE kind = 'interest'": INTEREST,
    "INSERT INTO billing_invoiceline (invoice_id, position, kind, meter, overdue_invoice_id, interest_from,"
    " interest_until, facts, quantity, unit_price, net) SELECT invoice_id, 9, kind, meter, overdue_invoice_id,"
    " interest_from + 1, interest_until, facts, quantity, unit_price, net FROM billing_invoiceline"
    " WHERE kind = 'interest'": "late interest of one invoice is billed once for each day",
    "UPDATE billing_dunningstep SET until = at::date + 29 WHERE kind = 'breach_noticed'": (
        "staff are asked about a missed cure only when its notice was given and its time had passed"
    ),
    "UPDATE billing_dunningstep SET withdrawn_at = at WHERE kind = 'cure_missed'": (
        "every proposal that waits has its step"
    ),
    "UPDATE accounts_suspension SET suspended_at = suspended_at - interval '4 hours';"
    " UPDATE billing_invoice SET due_on = current_date": (
        "nobody is suspended for late payment who has owed nothing overdue for three hours"
    ),
}


@pytest.fixture
def _suspended(cast: Cast) -> None:
    """Ninety days late: every step was taken, two months of interest billed, and the customer suspended."""
    customer_id, now = cast.acme.id, clock.now()
    finalised_invoice(customer_id, net="1000.00", now=now - timedelta(days=120))
    for days in (89, 75, 20):
        follow_up_customer(actor=SYSTEM, customer_id=customer_id, now=now - timedelta(days=days))
    bill_interest(actor=SYSTEM, customer_id=customer_id, now=now)
    suspend_customer(actor=STAFF, customer_id=customer_id, ground=Ground.NON_PAYMENT, now=now)


@pytest.mark.usefixtures("_suspended")
def test_each_invariant_finds_what_breaks_it() -> None:
    assert broken_invariants() == {}
    for statement, broken in PLANTS.items():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers that refuse it
                cursor.execute(statement)
            assert broken in broken_invariants(), statement
            assert broken in broken_by_this_transaction(), statement
            transaction.set_rollback(True)
    assert broken_invariants() == {}
