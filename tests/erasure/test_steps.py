"""Erasing and replaying under fire: two at once, a table that is held, a restore that knows nothing (D3, C8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client, override_settings

from accounts.actions.end_cases import end_cases
from accounts.models import Case, Customer, Ending, Erasure, Membership
from accounts.queries import actor_of_token
from accounts.queries.erasures import people_of_no_other
from accounts.queries.leavers import belongs_somewhere
from kernel import clock, jobs, runner, vault
from kernel.actor import Actor
from kernel.audit_periods import Retention
from kernel.errors import NotFound
from kernel.models import AuditEntry, CustomerKey, Event, Job
from kernel.tenancy.context import CustomerGone
from kernel.tenancy.removal import drop_schema, tables_in
from privacy.actions._customer import CUSTOMER_STEPS, left_of_customer
from privacy.actions._items import items_to_do
from privacy.actions._ledger import keep_outside, note_erasure, subject_hash
from privacy.actions.issue_erasure_receipt import issue_erasure_receipt
from privacy.actions.replay_erasures import replay_erasures
from privacy.gateways import ledger
from privacy.models import ErasureLedgerEntry, ErasureReceipt, Hold, RetentionItem
from privacy.queries.ledger_health import ledger_health
from privacy.queries.receipt_words import erased_words, kept_words
from privacy.queries.restoration import LedgerLost, replay_is_pending
from privacy.rules.receipts import RESUMED
from sealing.actions._operator import OperatorSealMissing
from tests.actions.test_accounts_members import together
from tests.cast import Cast, Customers, Member
from tests.erasing import carried_out, ended, seized
from tests.sweeping import plant

NOW = datetime(2036, 11, 23, 9, 30, tzinfo=UTC)
REPLAY = Actor.system("privacy.replay_erasures")


def opened() -> Member:
    """A customer with a key, an object and a schema, which nobody has issued a certificate to."""
    made = Customers()
    owner = made.customer("Acme", made.person("Alice"))
    Job.objects.all().delete()
    vault.write_object(owner.customer.id, BytesIO(b"content"))
    return owner


def told_outside(kind: str, subject: str, *, rule: str = "content") -> ErasureLedgerEntry:
    """What the ledger outside knows of an erasure, and the restored database does not."""
    entry = ErasureLedgerEntry(
        rule=rule,
        step="seize",
        subject_kind=kind,
        subject_hash=subject_hash(kind, subject),
        counts={},
        written_at=clock.now(),
    )
    keep_outside(entry)
    return entry


def test_two_engines_at_once_erase_once(transactional_db: None) -> None:
    owner = opened()
    now = clock.now()
    ended(owner, now=now)
    item = seized(owner.customer.id, now=now)
    both = together(*[lambda: carried_out(item, now=now)] * 2, expected=OperationalError)
    if any(isinstance(one, OperationalError) for one in both):  # the slower one would have come back anyway
        carried_out(item, now=now)
    assert left_of_customer(owner.customer.id) == {}
    assert Event.objects.filter(name="customer.erased").count() == 1
    assert AuditEntry.objects.filter(action="customer.erased", customer_id=None).count() == 1
    assert not default_storage.exists(owner.customer.id)


def test_a_table_that_is_held_waits_and_the_rest_is_gone_already(transactional_db: None) -> None:
    owner = opened()
    schema, server = owner.customer.schema_name, connection.settings_dict
    Customer.objects.filter(id=owner.customer.id).update(status="closed")
    where = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
    with psycopg.connect(**where, dbname=server["NAME"]) as other:
        other.execute(f"LOCK TABLE {schema}.sealing_seal")
        with pytest.raises(OperationalError):
            drop_schema(schema)
    before = tables_in(schema)
    assert "sealing_seal" in before
    assert "sealing_batch" not in before
    assert drop_schema(schema) == len(before)
    assert drop_schema(schema) == 0
    with pytest.raises(ValueError, match="public"):
        drop_schema("public")


def test_what_belongs_to_no_closed_customer_is_not_deleted(cast: Cast) -> None:
    item = RetentionItem(rule="content", subject=cast.acme.id, customer_id=cast.acme.id)
    rows = next(step for step in CUSTOMER_STEPS if step.name == "delete_rows")
    done = next(step for step in CUSTOMER_STEPS if step.name == "note_done")
    with pytest.raises(NotFound):
        rows.act(item, NOW)
    assert done.act(item, NOW) == {}
    assert Membership.objects.filter(customer=cast.acme).count() == 4
    assert not Erasure.objects.exists()


def test_events_of_who_has_a_key_cannot_be_deleted(cast: Cast) -> None:
    before = Event.objects.filter(customer_id=cast.acme.id).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_forget_events(%s, 100)", [cast.acme.id])
        assert cursor.fetchone() == (0,)
    assert Event.objects.filter(customer_id=cast.acme.id).count() == before > 0


def test_bookkeeping_of_a_closed_customer_goes_on(cast: Cast) -> None:
    Job.objects.all().delete()
    Customer.objects.filter(id=cast.acme.id).update(status="closed")
    jobs.enqueue("billing.follow_up_customer", now=NOW, key="late", customer_id=cast.acme.id, payload={"subject": "x"})
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    runner.drain()
    assert Job.objects.get(key="late").state == "done"


def test_a_restored_customer_that_looks_active_is_closed_before_anything_is_served(cast: Cast) -> None:
    token = cast.alice.token()
    Hold.objects.create(
        covers="customer", subject=cast.acme.id, case="old", reason="released before", placed_at=NOW, placed_by="Sam"
    )
    assert not replay_is_pending()
    entry = told_outside("customer", cast.acme.id)
    told_outside("customer", cast.acme.id)  # it was replayed once before
    told_outside("customer", "cus_never_in_this_backup")
    told_outside("invoice", "of a rule that no course has")
    assert replay_is_pending()
    assert Client().get("/api/v1/seals", headers={"Authorization": f"Bearer {token}"}).status_code == 503
    page = Client().get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert "default-src" in page["Content-Security-Policy"]

    assert replay_erasures(actor=REPLAY, now=NOW) == 1
    assert replay_erasures(actor=REPLAY, now=NOW) == 0
    assert not replay_is_pending()
    assert Customer.objects.get(id=cast.acme.id).status == "closed"
    assert Customer.objects.get(id=cast.globex.id).status == "active"
    assert actor_of_token(token, now=NOW) is None
    item = RetentionItem.objects.get()
    assert (item.subject, item.state, item.ledger_entry_id) == (cast.acme.id, "claimed", entry.id)
    assert items_to_do("content", now=clock.now()) == [item.id], "the next tick goes on with it"
    assert ErasureLedgerEntry.objects.count() == 4
    assert AuditEntry.objects.get(action="erasures.replayed").customer_id is None


def test_the_replay_goes_on_with_what_the_backup_had_planned(cast: Cast) -> None:
    ended(cast.alice, now=clock.now())
    planned = RetentionItem.objects.create(
        rule="content",
        subject=cast.acme.id,
        customer_id=cast.acme.id,
        cycle=Erasure.objects.get().id,
        due_on=NOW.date(),
        found_at=NOW,
    )
    told_outside("customer", cast.acme.id)
    assert replay_erasures(actor=REPLAY, now=NOW) == 1
    planned.refresh_from_db()
    assert planned.state == "claimed"
    assert planned.ledger_entry is not None
    assert not Ending.objects.filter(state="asked").exists()


def test_a_ledger_that_cannot_be_read_lets_nobody_in(cast: Cast, settings: Any) -> None:
    settings.ERASURE_LEDGER_DIR = settings.BASE_DIR / "manage.py"  # a file is no folder
    assert Client().get("/").status_code == 503
    assert Client().get("/readyz").json() == {"database": "up", "erasures": "ledger unreadable"}
    assert Client().get("/livez").status_code == 200


@pytest.mark.parametrize(("line", "status"), [(b"7\n", 503), (b'{"id": "led_1"}\n', 503), (b"\xff\0\n{\n", 404)])
def test_a_line_that_is_no_entry_lets_nobody_in_and_what_a_crash_leaves_does(
    db: None, settings: Any, tmp_path: Path, line: bytes, status: int
) -> None:
    settings.ERASURE_LEDGER_DIR = tmp_path
    (tmp_path / "erasures.jsonl").write_bytes(line)
    assert Client().get("/nothing-is-here/").status_code == status


def test_the_database_is_asked_only_when_the_ledger_or_the_connection_is_another(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    told_outside("customer", "cus_gone")
    replay_erasures(actor=REPLAY, now=NOW)
    assert not replay_is_pending()
    with django_assert_num_queries(0):
        assert not replay_is_pending()
    told_outside("customer", "cus_gone_too")
    with django_assert_num_queries(1):
        assert replay_is_pending()


def test_a_lost_ledger_lets_nobody_in_and_is_not_made_by_who_looks(db: None, settings: Any, tmp_path: Path) -> None:
    settings.ERASURE_LEDGER_DIR = tmp_path / "ledger"
    assert ledger_health().entries == 0
    keep_outside(note_erasure(rule="content", step="begun", kind="customer", subject="x", counts={}, now=NOW))
    assert Client().get("/readyz").status_code == 200
    (tmp_path / "ledger" / "erasures.jsonl").unlink()
    for _again in range(2):
        assert Client().get("/readyz").json() == {"database": "up", "erasures": "ledger unreadable"}
        assert Client().get("/").status_code == 503
        assert ledger_health().unkept == 1
        with pytest.raises(LedgerLost):
            runner.may_begin()
        with pytest.raises(CommandError, match="is its disk there"):
            call_command("replay_erasures")
    call_command("replay_erasures", ledger_is_lost=True, stdout=StringIO())
    assert (ledger_health().unkept, ledger_health().entries) == (0, 1)
    assert Client().get("/readyz").status_code == 200


def test_no_key_is_made_again_for_who_was_erased(cast: Cast) -> None:
    assert vault.destroy_key(cast.acme.id) == 1
    assert vault.destroy_key(cast.acme.id) == 0
    assert not vault.has_key(cast.acme.id)
    assert not CustomerKey.objects.filter(customer_id=cast.acme.id).exists()
    assert ledger.mark() is None
    Customer.objects.filter(id=cast.acme.id).update(status="closed")
    with pytest.raises(CustomerGone):  # a job that was under way
        vault.write_object(cast.acme.id, BytesIO(b"late"))
    assert left_of_customer(cast.acme.id).keys().isdisjoint({"customer_keys", "objects"})


def test_asking_before_every_job_costs_no_statement(db: None, django_assert_num_queries: Any) -> None:
    keep_outside(note_erasure(rule="content", step="begun", kind="customer", subject="x", counts={}, now=NOW))
    assert runner.may_begin()
    with django_assert_num_queries(0):
        assert runner.may_begin()


def test_doctor_compares_the_ledger_inside_and_outside(db: None) -> None:
    known = ledger_health()
    keep_outside(note_erasure(rule="content", step="begun", kind="customer", subject="x", counts={}, now=NOW))
    assert ledger_health() == replace(known, entries=known.entries + 1)
    note_erasure(rule="content", step="done", kind="customer", subject="x", counts={}, now=NOW)
    assert ledger_health().unkept == known.unkept + 1
    told_outside("customer", "cus_of_another_database")
    assert ledger_health().unknown == known.unknown + 1


def test_a_receipt_says_for_how_long_the_customer_chose_to_keep_its_trail() -> None:
    def kept(*trail: Retention) -> list[tuple[str, date]]:
        found = kept_words(date(2026, 11, 28), trail)
        return [(each.period, each.until) for each in found if each.clause == "D5"]

    activity = ("90 days", date(2027, 2, 26))
    assert kept(Retention.ACTIVITY) == kept() == [("18 months", date(2028, 5, 28)), activity]
    assert kept(Retention.HOSTED, Retention.HOSTED_10) == [("10 years", date(2036, 11, 28)), activity]


@pytest.mark.parametrize("resumed", [False, True])
def test_a_receipt_says_where_its_numbers_are_the_least_that_went(resumed: bool) -> None:
    """Who is killed between an act and its record has counted nothing; a sealed paper says no more than is known."""
    counts = {"objects": 129, "mails": 1, RESUMED: 3}
    (place,) = erased_words(counts)
    assert [count for _what, count in place.things] == [129]
    printed = {"erased": [place], "resumed": resumed, "zone": UTC, "began_at": NOW, "ended_at": NOW}
    page = render_to_string("print/erasure_receipt.html", printed)
    assert ("at least" in page) is resumed


def test_a_receipt_waits_for_the_seal_and_the_erasure_does_not(cast: Cast) -> None:
    item = RetentionItem.objects.create(
        rule="content", subject=cast.acme.id, customer_id=cast.acme.id, cycle="1", due_on=NOW.date(), found_at=NOW
    )
    with pytest.raises(NotFound):
        issue_erasure_receipt(item_id=item.id, clock=lambda: NOW)
    entry = note_erasure(rule="content", step="begun", kind="customer", subject=cast.acme.id, counts={}, now=NOW)
    item.state, item.ended_at, item.ledger_entry = "done", NOW, entry
    item.save()
    with override_settings(OPERATOR_CUSTOMER="nobody"), pytest.raises(OperatorSealMissing):
        issue_erasure_receipt(item_id=item.id, clock=lambda: NOW)
    item.refresh_from_db()
    assert (item.state, ErasureReceipt.objects.count()) == ("done", 0)


def test_who_has_applied_for_a_customer_of_their_own_is_not_forgotten_with_another(cast: Cast) -> None:
    bob = cast.bob.person.pk
    assert bob in people_of_no_other(cast.acme.id)
    with transaction.atomic():
        plant("accounts_application", NOW, person_id=bob)
        assert bob not in people_of_no_other(cast.acme.id)
        assert belongs_somewhere(bob)
        transaction.set_rollback(True)


def test_cases_of_a_closed_customer_end_and_those_of_others_do_not(cast: Cast) -> None:
    with transaction.atomic():
        own, other = (
            plant("accounts_case", NOW, customer_id=each.id, state="opened") for each in (cast.acme, cast.globex)
        )
        actor = Actor.system("privacy.erase_customer")
        with pytest.raises(NotFound):
            end_cases(actor=actor, customer_id=cast.acme.id, now=NOW)
        Customer.objects.filter(id=cast.acme.id).update(status="closed")
        assert [end_cases(actor=actor, customer_id=cast.acme.id, now=NOW) for _twice in range(2)] == [1, 0]
        states = dict(Case.objects.values_list("id", "state"))
        assert (states[own], states[other]) == ("withdrawn", "opened")
        assert Case.objects.get(id=own).ended_at == NOW
        transaction.set_rollback(True)
