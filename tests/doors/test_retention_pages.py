"""What goes when, for staff; why something is still here, for customers, programs and staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings

from accounts.models import ApiToken, Notice
from accounts.rules.staff_roles import StaffRole
from kernel.audit import record
from kernel.audit_payloads import forget_secrets
from kernel.clock import legal_date
from kernel.clock import now as this_moment
from kernel.jobs import ClaimedJob
from kernel.models import CustomerKey
from privacy import tasks
from privacy.actions._courses import COURSES
from privacy.actions._ledger import keep_outside, note_erasure
from privacy.actions._sweeps import SWEEPS
from privacy.catalogue import RULE, RULES
from privacy.models import ContactMessage, Hold, RetentionItem, RetentionRun
from privacy.queries.explain import OwnDate, explain, own_dates
from privacy.queries.periods import rule_words, run_words, store_words
from privacy.queries.retention import differences
from privacy.rules.retention import Span, due_on, last_day_gone
from privacy.rules.rights import RequestKind
from tests.actions.test_restrictions import granted
from tests.actions.test_rights import own
from tests.cast import Cast
from tests.doubles.erasable import Erasable
from tests.staff import Staff, staff_person
from tests.sweeping import plant

TODAY = legal_date(this_moment())
DAY = timedelta(days=1)
MESSAGES = run_words("activity", "privacy_contactmessage")


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


@pytest.fixture
def erasable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Erasable]:
    """One course and one sweep over the same things, wherever the doors look for them."""
    with override_settings(ERASURE_LEDGER_DIR=tmp_path / "ledger"):
        things = tmp_path / "things"
        things.mkdir()
        found = Erasable(things)
        courses, sweeps = (found.course("inactive_account"),), (found.sweep("activity"),)
        for module in ("privacy.actions._courses", "privacy.views.retention", "privacy.views.kept"):
            monkeypatch.setattr(f"{module}.COURSES", courses)
        for module in ("privacy.api.retention", "privacy.management.commands.retention"):
            monkeypatch.setattr(f"{module}.COURSES", courses)
        for module in ("privacy.actions._sweeps", "privacy.views.retention", "privacy.management.commands.retention"):
            monkeypatch.setattr(f"{module}.SWEEPS", sweeps)
        yield found


def tick() -> None:
    tasks.run_retention(ClaimedJob(1, "privacy.run_retention", None, {}, 1, 1, 0, False), now=this_moment())


def installed(minutes: int) -> None:
    """So long ago; less a moment, so that a whole number of minutes is never exceeded."""
    MigrationRecorder.Migration.objects.update(applied=this_moment() - timedelta(minutes=minutes, seconds=-10))


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


# --- Staff


def test_staff_see_what_goes_when_and_release_what_the_brake_stopped(erasable: Erasable, tess: Staff) -> None:
    installed(31)
    assert "has not run for longer" in text_of(tess.client, "/staff/retention/")
    erasable.add(TODAY - 91 * DAY, 22)
    erasable.add(TODAY - 84 * DAY, 1)
    tick()
    page = text_of(tess.client, "/staff/retention/")
    assert f"Waiting for a second person: 22 of “{MESSAGES}”." in page
    rows = page[page.index("<tbody>") :]
    assert [key for key in ("inactive_account", "privacy_contactmessage") if f"{key} " in rows] == []
    assert "has not run" not in page
    run = RetentionRun.objects.get(rule="activity")
    path = f"/staff/privacy/retentionrun/{run.id}/release/"
    assert path in page
    assert f"Up to 22 of 23 are erased for good, today only: “{MESSAGES}”." in text_of(tess.client, path)
    for model in ("retentionrun", "retentionitem", "erasurereceipt"):
        assert rule_words("inactive_account") in text_of(tess.client, f"/staff/privacy/{model}/?rule=activity"), model
    assert store_words("privacy_contactmessage") in text_of(
        tess.client, f"/staff/privacy/retentionrun/{run.id}/change/"
    )
    assert tess.client.post(path, {"reason": "They are old indeed"}).status_code == 302
    tick()
    assert ContactMessage.objects.count() == 1
    run.refresh_from_db()
    assert (run.state, run.erased, run.release_reason) == ("done", 22, "They are old indeed")
    assert "nothing is overdue" in text_of(tess.client, "/staff/retention/")


def test_trying_another_period_tells_the_difference_and_writes_nothing(erasable: Erasable, tess: Staff) -> None:
    erasable.add(TODAY - 11 * DAY, 2)
    erasable.add(TODAY - 10 * DAY, 1)
    page = text_of(tess.client, "/staff/retention/?rule=activity&days=10")
    assert "0 are due now, 2 would be (2 more)" in " ".join(page.split())
    assert "2 would be" in text_of(tess.client, "/staff/retention/?rule=inactive_account&days=10")
    assert RetentionItem.objects.count() == RetentionRun.objects.count() == 0


def test_support_may_look_and_neither_hold_nor_release(erasable: Erasable, db: None) -> None:
    sam = staff_person("Sam", StaffRole.SUPPORT)
    text_of(sam.client, "/staff/retention/")
    text_of(sam.client, "/staff/privacy/hold/place/", status=403)
    assert Client(HTTP_HOST="localhost").get("/staff/retention/").status_code == 302


def test_a_supervisor_places_a_hold_and_releases_it(cast: Cast, tess: Staff) -> None:
    given = {"covers": "customer", "subject": cast.acme.slug, "case": "K-17/2026", "reason": "The court's order"}
    assert tess.client.post("/staff/privacy/hold/place/", given).status_code == 302
    hold = Hold.objects.get()
    assert (hold.subject, hold.reason, hold.released_at) == (cast.acme.id, "The court's order", None)
    assert tess.client.post("/staff/privacy/hold/place/", given).status_code == 422
    assert tess.client.post("/staff/privacy/hold/place/", given | {"subject": "nobody"}).status_code == 422
    assert tess.client.post(f"/staff/privacy/hold/{hold.id}/release/", {"reason": "Over"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.release_reason, hold.released_by) == ("Over", str(tess.person))


def test_the_command_plans_and_exits_with_the_reasons_when_something_is_overdue(erasable: Erasable) -> None:
    out, err = StringIO(), StringIO()
    installed(30)
    call_command("retention", "status", stdout=StringIO())
    installed(31)
    with pytest.raises(SystemExit):
        call_command("retention", "status", stdout=out, stderr=err)
    assert "has not run" in err.getvalue()
    erasable.add(TODAY - 92 * DAY, 1)
    call_command("retention", "plan", stdout=out)
    assert f"activity, privacy_contactmessage, 1, {TODAY - 92 * DAY}, 1, 1, 1, 1, {TODAY - DAY}, 0, -" in out.getvalue()
    with pytest.raises(SystemExit):
        call_command("retention", "status", stdout=out, stderr=err)
    assert f"Overdue: 1 of “{MESSAGES}”." in err.getvalue()
    tick()
    call_command("retention", "status", stdout=out)
    RetentionItem.objects.create(
        rule="content", subject="x", cycle="1", due_on=TODAY - DAY, found_at=this_moment(), customer_id="cus_x"
    )
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("retention", "status", stdout=out, stderr=err)
    assert err.getvalue().strip() == f"Overdue: 1 of “{rule_words('content')}”."
    Hold.objects.create(covers="customer", subject="cus_x", case="K", placed_at=this_moment(), placed_by="Tess")
    call_command("retention", "status", stdout=out)
    RetentionRun.objects.update(ended_at=this_moment() - timedelta(minutes=31))
    with pytest.raises(SystemExit):
        call_command("retention", "status", stdout=out, stderr=err)


# --- Why is this still here?


def test_each_kind_of_thing_says_its_rule_and_a_strangers_is_not_found(cast: Cast, erasable: Erasable) -> None:
    client, other = cast.alice.client(), cast.mallory.client()
    notice = Notice.objects.create(
        kind="member.joined", customer=cast.acme, number="2026-9", at=this_moment(), facts={}
    )
    token = cast.alice.token()
    found = {
        cast.acme.id: "Contracts, invoices",
        cast.bob.membership.id: "A person",
        notice.id: "A notice",
        cast.alice.actor.customer: "The customer’s account",
    }
    for thing, words in found.items():
        assert words in text_of(client, cast.alice.url(f"privacy/kept/?object={thing}")), thing
        text_of(other, cast.mallory.url(f"privacy/kept/?object={thing}"), status=404)
    for nothing in ("seal_none", "cus_none", "1", "a" * 61, "2026-11-31"):
        text_of(client, cast.alice.url(f"privacy/kept/?object={nothing}"), status=404)
    choose_period(cast, "hosted")
    page = text_of(client, cast.alice.url("privacy/kept/?object=2026-03-01"))
    assert "2 September 2027" in page  # 18 months, of which the last day is the first of September
    assert "No date: what it counts from has not happened." in page
    text_of(cast.bob.client(), cast.bob.url("privacy/kept/"), status=403)
    answer = Client(HTTP_HOST="localhost").get(
        "/api/v1/retention/explain?object=2026-03-01", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    body = answer.json()
    assert (answer.status_code, body["held"], body["erased"]) == (200, False, None)
    assert [(each["rule"], each["due_on"]) for each in body["reasons"]] == [
        ("hosted_audit", "2027-09-02"),
    ]
    unknown = Client(HTTP_HOST="localhost").get(
        f"/api/v1/retention/explain?object={cast.globex.id}", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    assert unknown.status_code == 404


def choose_period(cast: Cast, retention: str) -> None:
    CustomerKey.objects.filter(customer_id=cast.acme.id).update(audit_retention=retention)
    forget_secrets()


def test_a_day_of_the_trail_goes_by_the_class_of_its_entries(cast: Cast, erasable: Erasable) -> None:
    def due(day: date) -> list[tuple[str, date | None]]:
        found = explain(day.isoformat(), cast.alice.actor, courses=(), now=this_moment())
        return [(each.rule.key, each.due_on) for each in found.reasons]

    assert due(date(2026, 3, 1)) == [("activity", date(2026, 5, 31))]
    choose_period(cast, "hosted5y")
    assert due(date(2026, 3, 1)) == [("hosted_audit", date(2031, 3, 2))]
    choose_period(cast, "hosted10")
    assert due(date(2026, 3, 1)) == [("hosted_audit", date(2036, 3, 2))]
    assert due(TODAY) == [("activity", due_on(RULE["activity"], TODAY))], "what was written before keeps its class"
    record(actor=cast.alice.actor, action="member.left", now=this_moment(), subject="x")
    ten_years = due_on(RULE["hosted_audit"], TODAY, chosen=Span(years=10))
    assert due(TODAY) == [("activity", due_on(RULE["activity"], TODAY)), ("hosted_audit", ten_years)]


def test_own_dates_name_what_exceeds_a_smaller_plan(cast: Cast, erasable: Erasable) -> None:
    def dates() -> dict[str, OwnDate]:
        return {each.rule.key: each for each in own_dates(cast.acme.id, courses=(), now=this_moment())}

    assert dates()["downgrade_excess"].due_on is None
    choose_period(cast, "hosted10")
    assert dates()["hosted_audit"].gone_until == last_day_gone(RULE["hosted_audit"], TODAY, chosen=Span(years=10))
    reduced_on = TODAY - 30 * DAY
    due = due_on(RULE["downgrade_excess"], reduced_on)
    with transaction.atomic():
        facts = {"customer_id": cast.acme.id, "reduced_on": reduced_on, "erase_on": due, "former_quota_gb": None}
        plant("billing_storageexcess", this_moment(), **facts)
        assert dates()["downgrade_excess"].due_on == due
        transaction.set_rollback(True)


def test_a_customer_sees_that_there_is_a_hold_and_staff_see_which(cast: Cast, erasable: Erasable, tess: Staff) -> None:
    Hold.objects.create(
        covers="customer", subject=cast.acme.id, case="K-17/2026", placed_at=this_moment(), placed_by="Tess"
    )
    path = f"?object={cast.acme.id}"
    page = text_of(cast.alice.client(), cast.alice.url(f"privacy/kept/{path}"))
    assert "Legal hold" in page
    assert "K-17/2026" not in page
    assert "K-17/2026" in text_of(tess.client, f"/staff/retention/{path}")
    assert "There is nothing here" in text_of(tess.client, "/staff/retention/?object=nothing")
    notice = Notice.objects.create(kind="member.joined", customer=cast.acme, number="9", at=this_moment(), facts={})
    _token, token_id = cast.alice.token(), ApiToken.objects.get(customer=cast.acme).id
    for thing in (notice.id, token_id):
        assert "K-17/2026" in text_of(tess.client, f"/staff/retention/?object={thing}"), (
            "what is the customer's is held"
        )


def test_a_customer_does_not_learn_that_a_member_has_a_restriction(cast: Cast, erasable: Erasable, tess: Staff) -> None:
    row = granted(tess, own(cast.bob, RequestKind.RESTRICTION, this_moment()), this_moment())
    path = f"?object={cast.bob.membership.id}"
    assert "Legal hold" not in text_of(cast.alice.client(), cast.alice.url(f"privacy/kept/{path}"))
    assert row.number in text_of(tess.client, f"/staff/retention/{path}")


def test_what_was_erased_says_by_which_rule_from_the_ledger(cast: Cast, erasable: Erasable, tess: Staff) -> None:
    now = this_moment()
    counts = {"documents": 3}
    entry = note_erasure(
        rule="inactive_account", step="done", kind="message", subject="thing_1", counts=counts, now=now
    )
    keep_outside(entry)
    RetentionItem.objects.create(
        rule="inactive_account",
        subject="thing_1",
        customer_id=cast.acme.id,
        cycle="1",
        due_on=date(2026, 1, 1),
        state="cancelled",
        found_at=now,
        ended_at=now,
    )
    assert "documents: 3" in text_of(tess.client, "/staff/retention/?object=thing_1")
    url = cast.alice.url("privacy/kept/?object=thing_1")
    text_of(cast.alice.client(), url, status=404)
    RetentionItem.objects.update(ledger_entry=entry, state="planned", ended_at=None, rule="content")
    assert "documents: 3" in text_of(cast.alice.client(), url)
    RetentionItem.objects.all().delete()


def test_with_all_that_the_engine_follows_every_page_answers(cast: Cast, tess: Staff) -> None:
    """Each course knows the ids of its own kind alone: customers, people, reductions."""
    page = text_of(cast.alice.client(), cast.alice.url(f"privacy/kept/?object={cast.acme.id}"))
    assert "The customer’s account" in page
    assert "A person" in text_of(cast.alice.client(), cast.alice.url(f"privacy/kept/?object={cast.bob.membership.id}"))
    for wanted, words in ((cast.acme.id, "The customer’s account"), (str(cast.bob.person.pk), "A person")):
        assert words in text_of(tess.client, f"/staff/retention/?object={wanted}&rule=person&days=1")
    for rule in RULES:
        assert all(each.more >= 0 for each in differences(SWEEPS, COURSES, rule=rule.key, days=1, now=this_moment()))
