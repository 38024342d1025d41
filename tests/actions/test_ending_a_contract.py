"""Ending a contract by either side, taking it back, and what follows (clauses B12, B13, B14, C6, C7, C8, D3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.actions._ending import ContractEnded, EndingAskedAlready
from accounts.actions.confirm_ending import CureTimeRunning, NothingToConfirm, confirm_ending
from accounts.actions.end_contract import CustomerNameNotConfirmed, end_contract
from accounts.actions.give_end_notice import give_end_notice
from accounts.actions.register_end_letter import LetterFromTheFuture, register_end_letter
from accounts.actions.restore_customer import restore_customer
from accounts.actions.suspend_customer import ReasonNeeded, suspend_customer
from accounts.actions.withdraw_ending import EndingNotYours, NoEndingToWithdraw, withdraw_ending
from accounts.models import Customer, Ending, Erasure
from accounts.queries import actor_of_token
from accounts.rules.endings import Ground
from billing.actions.align_subscription import align_subscription
from billing.models import Subscription
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from kernel.models import Event, Job
from tests.actions.test_accounts_members import together
from tests.cast import Cast, Customers
from tests.queued import carried_out

# Far ahead: what a test leaves asked for must not be overdue by the real calendar.
NOW = datetime(2036, 11, 23, 9, 30, tzinfo=UTC)
PAID_UNTIL = datetime(2036, 11, 30, 22, tzinfo=UTC)  # midnight in Vilnius
MOMENT = timedelta(microseconds=1)
STAFF = Actor.staff(person_id="1", name="Sam", reason="Two invoices are unpaid.")


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """Acme has plan 1 since this month; what its opening caused has happened, but for the certificates."""
    _settle()
    return cast


def _settle() -> None:
    Job.objects.filter(kind="trust.provision_certificates").delete()
    work()
    mail.outbox.clear()


def work() -> None:
    """Run what is queued, whatever the database's clock says of the days that this story is about."""
    while Job.objects.filter(state="queued").update(run_at=datetime(2020, 1, 1, tzinfo=UTC)):
        runner.drain()


@pytest.fixture(autouse=True)
def _november() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def end(cast: Cast, *, at_once: bool = False, now: datetime = NOW, name: str = "Acme") -> Ending:
    return end_contract(actor=cast.alice.actor, name=name, at_once=at_once, now=now)


def letter(cast: Cast, **said: Any) -> Ending:
    told = {"received_on": NOW.date(), "at_once": False, "file_name": "2026-17.asice", "file_sha256": "a" * 64}
    return register_end_letter(**{"actor": STAFF, "customer_id": cast.acme.id, "now": NOW} | told | said)


def status(cast: Cast) -> str:
    return str(Customer.objects.get(id=cast.acme.id).status)


def events(cast: Cast) -> list[str]:
    found = Event.objects.filter(customer_id=cast.acme.id, name__regex=r"^(contract|customer\.ended|subscription)")
    return list(found.order_by("id").values_list("name", flat=True))


def subscription_ends(cast: Cast) -> datetime | None:
    work()
    return Subscription.objects.get(customer=cast.acme).ended_at


def mails() -> list[str]:
    work()
    return [sent.subject for sent in mail.outbox]


# --- By the customer ------------------------------------------------------------------------------------------------


def test_a_customer_ends_with_its_paid_time_and_everything_works_until_then(cast: Cast) -> None:
    token = cast.alice.token()
    ending = end(cast)
    assert (ending.ends_at, ending.erase_by) == (PAID_UNTIL, PAID_UNTIL + timedelta(days=6))
    assert (ending.by, ending.ground, str(ending.amount)) == ("customer", "wish", "125.00")
    assert status(cast) == "ending"
    assert actor_of_token(token, now=NOW)
    assert subscription_ends(cast) == PAID_UNTIL
    assert mails() == ["The contract of Acme ends on 1 December 2036"]
    assert "125.00" in mail.outbox[0].body
    assert mail.outbox[0].to == [cast.alice.person.email]


def test_at_once_ends_now_and_leaves_only_the_owner_the_export(cast: Cast) -> None:
    token = cast.alice.token()
    ending = end(cast, at_once=True)
    assert ending.ends_at == NOW
    assert status(cast) == "ended"
    assert actor_of_token(token, now=NOW) is None
    assert Erasure.objects.get(customer=cast.acme).due_at == datetime(2036, 11, 28, 22, tzinfo=UTC)
    assert subscription_ends(cast) == NOW
    assert mails() == ["The contract of Acme has ended: fetch the export before 29 November 2036"]
    assert "125.00" in mail.outbox[0].body


def test_without_a_plan_there_is_no_paid_time(cast: Cast) -> None:
    Subscription.objects.filter(customer=cast.acme).update(
        ended_at=NOW - timedelta(days=1), started_at=NOW - timedelta(days=2)
    )
    ending = end(cast)
    assert (ending.ends_at, ending.amount, status(cast)) == (NOW, None, "ended")


def test_the_name_has_to_be_typed_and_only_an_owner_ends(cast: Cast) -> None:
    with pytest.raises(CustomerNameNotConfirmed):
        end(cast, name="acme")
    for member in (cast.bob, cast.carol, cast.dave):
        with pytest.raises(Forbidden):
            end_contract(actor=member.actor, name="Acme", at_once=True, now=NOW)
    robot = actor_of_token(cast.alice.token(), now=NOW)
    assert robot
    with pytest.raises(Forbidden):
        end_contract(actor=robot, name="Acme", at_once=True, now=NOW)
    assert status(cast) == "active"


def test_what_was_asked_is_taken_back_until_the_end_comes(cast: Cast) -> None:
    end(cast)
    assert subscription_ends(cast) == PAID_UNTIL
    for stranger, expected in ((cast.mallory, NotFound), (cast.bob, Forbidden)):
        with pytest.raises(expected):
            withdraw_ending(actor=stranger.actor, customer_id=cast.acme.id, now=NOW)
    withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=PAID_UNTIL - MOMENT)
    assert (status(cast), subscription_ends(cast)) == ("active", None)
    with pytest.raises(NoEndingToWithdraw):
        withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=NOW)
    end(cast)
    with pytest.raises(NoEndingToWithdraw):
        withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=PAID_UNTIL)
    assert subscription_ends(cast) == PAID_UNTIL


def test_asking_twice_is_once_unless_it_comes_earlier(cast: Cast) -> None:
    first = end(cast)
    with pytest.raises(EndingAskedAlready):
        end(cast)
    second = end(cast, at_once=True)
    first.refresh_from_db()
    assert (first.state, second.ends_at) == ("withdrawn", NOW)
    with pytest.raises(ContractEnded):
        end(cast)


def test_two_owners_at_one_moment_end_it_once(transactional_db: None) -> None:
    cast = Customers().cast()
    _settle()
    outcomes = together(*[lambda: end(cast)] * 3)
    assert sum(isinstance(outcome, Ending) for outcome in outcomes) == 1
    assert Ending.objects.count() == 1


# --- The date comes -------------------------------------------------------------------------------------------------


def test_the_end_comes_at_its_instant_once_however_often_and_late_it_is_looked_for(cast: Cast) -> None:
    end(cast)
    assert carried_out("accounts.end_due_contracts", PAID_UNTIL - MOMENT) == 0
    assert status(cast) == "ending"
    assert carried_out("accounts.end_due_contracts", PAID_UNTIL) == 1
    assert carried_out("accounts.end_due_contracts", PAID_UNTIL + timedelta(days=3)) == 0
    assert (status(cast), Erasure.objects.count()) == ("ended", 1)
    assert events(cast)[-2:] == ["contract.ending", "customer.ended"]


def test_a_job_that_is_days_late_changes_no_date(cast: Cast) -> None:
    end(cast)
    carried_out("accounts.end_due_contracts", PAID_UNTIL + timedelta(days=3))
    assert Erasure.objects.get().due_at == PAID_UNTIL + timedelta(days=6)
    assert subscription_ends(cast) == PAID_UNTIL


def test_a_month_that_was_begun_is_whole_and_what_is_sealed_in_it_counts(cast: Cast) -> None:
    end(cast, at_once=True)
    work()
    period = Subscription.objects.get(customer=cast.acme).periods.get()
    assert period.ends_at == PAID_UNTIL
    assert period.state == "open"


def test_the_subscription_follows_the_contract_in_whatever_order_it_hears_of_it(cast: Cast) -> None:
    end(cast)
    withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=NOW)
    end(cast, now=NOW + MOMENT)
    work()
    told = {"actor": Actor.system("t"), "customer_id": cast.acme.id, "told_end": PAID_UNTIL, "now": NOW}
    assert [align_subscription(**told) for _ in range(2)] == [False, False]
    assert subscription_ends(cast) == PAID_UNTIL


# --- By letter, and by the operator ---------------------------------------------------------------------------------


def test_a_letter_ends_like_the_portal_and_its_hash_is_kept(cast: Cast) -> None:
    ending = letter(cast)
    assert (ending.by, ending.ends_at, ending.evidence_sha256) == ("letter", PAID_UNTIL, "a" * 64)
    with pytest.raises(LetterFromTheFuture):
        letter(cast, received_on=NOW.date() + timedelta(days=1))
    with pytest.raises(ReasonNeeded):
        letter(cast, actor=replace(STAFF, reason=" "))
    with pytest.raises(Forbidden):
        letter(cast, actor=cast.alice.actor)
    withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=NOW)
    assert status(cast) == "active"


def test_a_suspended_customer_ends_by_letter_and_stays_suspended_until_then(cast: Cast) -> None:
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, now=NOW)
    letter(cast)
    assert status(cast) == "suspended"
    restore_customer(actor=STAFF, customer_id=cast.acme.id, now=NOW)
    assert status(cast) == "ending"
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, now=NOW)
    carried_out("accounts.end_due_contracts", PAID_UNTIL)
    assert status(cast) == "ended"


def test_the_operator_gives_six_months_and_only_the_operator_takes_it_back(cast: Cast) -> None:
    ending = give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.NOTICE, now=NOW)
    assert ending.ends_at == datetime(2037, 5, 23, 21, tzinfo=UTC)
    assert status(cast) == "ending"
    assert mails() == ["The contract of Acme ends on 24 May 2037"]
    assert "Two invoices are unpaid." in mail.outbox[0].body
    with pytest.raises(EndingNotYours):
        withdraw_ending(actor=cast.alice.actor, customer_id=cast.acme.id, now=NOW)
    withdraw_ending(actor=STAFF, customer_id=cast.acme.id, now=NOW)
    assert status(cast) == "active"


def test_what_was_prepaid_beyond_the_operators_end_is_named(cast: Cast) -> None:
    Subscription.objects.filter(customer=cast.acme).update(interval="year")
    a_year_begun = NOW + timedelta(days=31)
    ending = give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.NOTICE, now=a_year_begun)
    told = Event.objects.get(name="contract.ending").payload
    assert told["refund_from_at"] == ending.ends_at.isoformat()
    mails()
    assert "given back" in mail.outbox[-1].body


def test_a_breach_is_announced_and_ends_nothing_before_staff_say_after_thirty_days(cast: Cast) -> None:
    ending = give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.BREACH, now=NOW)
    over = datetime(2036, 12, 23, 22, tzinfo=UTC)
    assert (ending.ends_at, status(cast)) == (over, "active")
    assert subscription_ends(cast) is None
    with pytest.raises(CureTimeRunning):
        confirm_ending(actor=STAFF, customer_id=cast.acme.id, now=over - MOMENT)
    assert carried_out("accounts.end_due_contracts", over + timedelta(days=99)) == 0
    confirm_ending(actor=STAFF, customer_id=cast.acme.id, now=over + timedelta(days=9))
    assert status(cast) == "ended"
    assert Erasure.objects.get().due_at == over + timedelta(days=15)


def test_a_breach_that_was_cured_leaves_the_contract_as_it_was(cast: Cast) -> None:
    give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.BREACH, now=NOW)
    withdraw_ending(actor=STAFF, customer_id=cast.acme.id, now=NOW + timedelta(days=31))
    with pytest.raises(NothingToConfirm):
        confirm_ending(actor=STAFF, customer_id=cast.acme.id, now=NOW + timedelta(days=32))
    assert status(cast) == "active"


def test_a_customer_under_notice_of_breach_can_still_go_by_itself(cast: Cast) -> None:
    give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.BREACH, now=NOW)
    assert end(cast).ends_at == PAID_UNTIL
    with pytest.raises(EndingAskedAlready):
        give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.BREACH, now=NOW)


def test_sanctions_end_at_once_even_when_an_end_is_on_its_way(cast: Cast) -> None:
    end(cast)
    give_end_notice(actor=STAFF, customer_id=cast.acme.id, ground=Ground.SANCTIONS, now=NOW)
    assert status(cast) == "ended"
    with pytest.raises(Forbidden):
        give_end_notice(actor=cast.alice.actor, customer_id=cast.globex.id, ground=Ground.SANCTIONS, now=NOW)
    assert clock.now() == NOW
