"""The retention engine over small made-up things: at most once, never too early, and the same after every kill."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from django.test import override_settings

from accounts.models import Notice
from accounts.queries.notices import words_of
from accounts.rules.staff_roles import StaffRole
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, Event
from privacy.actions import carry_out_items as carrying
from privacy.actions._items import LEASE
from privacy.actions.place_hold import ErasureUnderWay, HoldInForce, place_hold
from privacy.actions.plan_items import plan_items
from privacy.actions.release_hold import HoldReleased, release_hold
from privacy.actions.release_retention_run import RunNotBraked, release_retention_run
from privacy.actions.run_retention import ClocksDisagree, RetentionIncomplete, run_retention
from privacy.catalogue import RULE
from privacy.gateways import ledger
from privacy.models import ErasureLedgerEntry, ErasureReceipt, RetentionItem, RetentionNotice, RetentionRun
from privacy.queries.ledger_health import ledger_health
from privacy.queries.periods import run_words
from tests.doubles.erasable import CUSTOMER, PERSON, Erasable, Killed
from tests.staff import Staff, staff_person

State = RetentionItem.State
DAY = timedelta(days=1)


@pytest.fixture
def erasable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Erasable]:
    """Nothing else goes in these tests; the notices of a downgrade are the engine's, and two."""
    rule = replace(RULE["downgrade_excess"], notice_days=(30, 7))
    monkeypatch.setitem(RULE, "downgrade_excess", rule)
    monkeypatch.setattr("privacy.actions._sweeps.SWEEPS", ())
    monkeypatch.setattr("privacy.actions._courses.COURSES", ())
    things = tmp_path / "things"
    things.mkdir()
    with override_settings(ERASURE_LEDGER_DIR=tmp_path / "ledger"):
        yield Erasable(things)


Uses = Callable[..., None]


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> Uses:
    """What the engine goes through."""

    def use(*, courses: tuple[Any, ...] = (), sweeps: tuple[Any, ...] = ()) -> None:
        monkeypatch.setattr("privacy.actions._courses.COURSES", courses)
        monkeypatch.setattr("privacy.actions._sweeps.SWEEPS", sweeps)

    return use


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


def tick(now: datetime) -> int:
    return run_retention(now=now, seconds=60)


def item_of(subject: str) -> RetentionItem:
    return RetentionItem.objects.filter(subject=subject).latest("found_at")


def age_leases() -> None:
    """The engine that held them is gone for longer than a lease."""
    RetentionItem.objects.filter(state=State.CLAIMED).update(claimed_at=Now() - LEASE)


# --- One subject, from being found to being gone


def test_what_is_due_is_written_down_outside_then_erased_and_its_receipt_kept(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    old, young = erasable.add(date(2026, 11, 17)) + erasable.add(date(2026, 11, 18))
    assert tick(now) == 1  # the 23rd is the first day after five whole days
    assert (erasable.left_of(old), erasable.left_of(young)) == (0, 2)
    item = item_of(old)
    assert (item.state, item.step, item.counts) == (State.DONE, "row", {"files": 1, "rows": 1})
    assert item_of(young).state == State.PLANNED
    begun, done = ErasureLedgerEntry.objects.order_by("id")
    assert (begun.step, done.step, done.counts) == ("begun", "done", {"files": 1, "rows": 1})
    assert item.ledger_entry == begun
    assert [entry["id"] for entry in ledger.entries()] == [begun.id, done.id]
    assert old not in str(list(ledger.entries()))
    assert not ErasureReceipt.objects.exists(), "only whole customers have one"
    assert AuditEntry.objects.filter(action="retention_item.done", subject=item.id).count() == 1
    assert Event.objects.filter(name="retention_item.done", subject=item.id).count() == 1
    assert tick(now + DAY) == 1


def test_where_the_ledger_cannot_be_written_nothing_is_erased(
    db: None, erasable: Erasable, uses: Uses, now: datetime, tmp_path: Path
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    (tmp_path / "ledger").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(RetentionIncomplete):
        tick(now)
    assert erasable.left_of(subject) == 2
    (tmp_path / "ledger").unlink()
    assert tick(now) == 1


def test_where_the_disk_of_the_ledger_is_full_nothing_is_begun(
    db: None, erasable: Erasable, uses: Uses, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    with monkeypatch.context() as full:
        full.setattr(os, "fstatvfs", lambda _file: SimpleNamespace(f_bavail=15, f_frsize=4096))
        with pytest.raises(RetentionIncomplete, match=r"^content: OSError$"):
            tick(now)
        with pytest.raises(OSError, match="No space"):
            ledger_health()
        assert (erasable.left_of(subject), item_of(subject).state) == (2, State.PLANNED)
        assert not ErasureLedgerEntry.objects.exists()
        full.setattr(os, "fstatvfs", lambda _file: SimpleNamespace(f_bavail=16, f_frsize=4096))
        assert tick(now) == 1


def test_the_engine_may_be_killed_at_every_point_and_ends_the_same(
    db: None, erasable: Erasable, uses: Uses, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses(courses=(erasable.course("content"),))
    for name in ("note_erasure", "keep_outside", "_finish", "_record"):
        monkeypatch.setattr(carrying, name, _with_points(erasable, getattr(carrying, name)))
    kills = 0
    while True:
        (subject,) = erasable.add(date(2026, 11, 1))
        erasable.points, erasable.kill_at = 0, kills + 1
        now += DAY  # the brake would stop more than 20 on one
        try:
            tick(now)
        except Killed:
            kills += 1
            age_leases()
            erasable.kill_at = None
            tick(now)
        item = item_of(subject)
        assert (item.state, erasable.left_of(subject)) == (State.DONE, 0)
        if erasable.kill_at is not None:
            break
    assert kills >= 20
    known = {entry["id"] for entry in ledger.entries()}
    assert set(ErasureLedgerEntry.objects.filter(step="begun").values_list("id", flat=True)) <= known
    tick(now + DAY)
    assert {entry["id"] for entry in ledger.entries()} == set(ErasureLedgerEntry.objects.values_list("id", flat=True))


def _with_points(erasable: Erasable, plain: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **options: Any) -> Any:
        erasable.point()
        outcome = plain(*args, **options)
        erasable.point()
        return outcome

    return run


def test_nobody_takes_up_what_another_engine_is_working_on(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    erasable.kill_at = 4  # after its file is gone
    with pytest.raises(Killed):
        tick(now)
    erasable.kill_at = None
    assert tick(now) == 0
    RetentionItem.objects.update(claimed_at=Now() - LEASE + timedelta(minutes=1))
    assert tick(now) == 0
    age_leases()
    assert tick(now) == 1
    assert erasable.left_of(subject) == 0
    assert item_of(subject).counts == {"resumed": 1, "files": 0, "rows": 1}, "nobody counted the file, and it is told"


def test_who_lost_its_claim_stops_and_the_other_engine_finishes(
    db: None, erasable: Erasable, uses: Uses, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = erasable.course("content")
    uses(courses=(course,))
    (subject,) = erasable.add(date(2026, 11, 1))
    plain = erasable._file

    def slow(item: RetentionItem, at: datetime) -> Any:
        erasable._file = plain  # type: ignore[method-assign]
        age_leases()
        uses(courses=(erasable.course("content"),))
        assert tick(now) == 1
        return plain(item, at)

    monkeypatch.setattr(erasable, "_file", slow)
    uses(courses=(erasable.course("content"),))
    with pytest.raises(RetentionIncomplete, match="ClaimLost"):
        tick(now)
    assert item_of(subject).state == State.DONE


def test_two_engines_at_once_erase_each_thing_once(
    transactional_db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    courses = (erasable.course("content"), erasable.course("inactive_account"))
    uses(courses=courses[:1])
    subjects = erasable.add(date(2026, 11, 1), 16)

    def engine(_number: int) -> int:
        try:
            return tick(now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as two:
        assert sum(two.map(engine, range(2))) == 16
    assert sorted(erasable.steps_taken) == sorted((each, step) for each in subjects for step in ("file", "row"))
    assert RetentionItem.objects.filter(state=State.DONE).count() == 16
    assert RetentionRun.objects.get(rule="content").erased == 16
    assert len(list(ledger.entries())) == 32
    erasable.add(date(2026, 8, 1), 15)
    uses(sweeps=(erasable.sweep("activity", batch=2),))
    with ThreadPoolExecutor(2) as two:
        assert sum(two.map(engine, range(2))) >= 15  # both count what both saw
    assert erasable.sweep("activity").population() == 0


def test_one_that_fails_holds_up_no_other_and_the_job_is_seen_to_fail(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    first, second, third = erasable.add(date(2026, 11, 1), 3)
    erasable.failing = {first}
    with pytest.raises(RetentionIncomplete, match=r"^content: ValueError$"):
        tick(now)
    assert [erasable.left_of(each) for each in (first, second, third)] == [2, 0, 0]
    run = RetentionRun.objects.get(rule="content")
    assert (run.state, run.error, run.erased) == ("failed", "ValueError", 2)
    assert RetentionRun.objects.get(rule="").state == "failed"
    erasable.failing = set()
    assert tick(now) == 1  # at once: nobody waits for the lease of who failed
    run.refresh_from_db()
    assert (run.state, run.error, run.erased) == ("done", "", 3)


def test_a_sweep_or_course_that_fails_holds_up_no_other(
    db: None, erasable: Erasable, uses: Uses, now: datetime, tmp_path: Path
) -> None:
    other = Erasable(tmp_path / "things", failing={"all"})
    uses(sweeps=(other.sweep("activity"), erasable.sweep("consent")))
    erasable.add(date(2025, 11, 1), 2)
    with pytest.raises(RetentionIncomplete, match="activity privacy_contactmessage: OSError"):
        tick(now)
    assert erasable.sweep("consent").population() == 0


def test_what_is_left_after_the_steps_is_no_end_and_they_are_taken_again(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    erasable.stubborn = 1
    with pytest.raises(RetentionIncomplete, match="StillThere"):
        tick(now)
    assert item_of(subject).state == State.CLAIMED
    assert tick(now) == 1
    assert item_of(subject).counts == {"files": 1, "rows": 1}


def test_what_stands_against_it_at_the_last_moment_keeps_it(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    from privacy.models import ContactMessage

    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    ContactMessage.objects.update(answered_by="stands against it")
    assert tick(now) == 0
    assert (item_of(subject).state, item_of(subject).ledger_entry) == (State.PLANNED, None)
    assert ErasureLedgerEntry.objects.count() == 0


def test_the_time_is_shared_so_that_a_large_one_starves_no_other(
    db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),), sweeps=(erasable.sweep("consent", batch=1),))
    erasable.add(date(2026, 11, 1), 4)
    erasable.add(date(2025, 1, 1), 4)
    assert run_retention(now=now, seconds=0) == 2  # one of each, and the next tick goes on
    assert RetentionRun.objects.get(rule="content").state == "running"


def test_clocks_that_disagree_stop_everything(db: None, erasable: Erasable, uses: Uses, now: datetime) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    with pytest.raises(ClocksDisagree):
        run_retention(now=now, seconds=60, database_now=now - timedelta(hours=1, seconds=1))
    assert erasable.left_of(subject) == 2
    assert run_retention(now=now, seconds=60, database_now=now - timedelta(hours=1)) == 1


# --- Notices


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=datetime.now().astimezone().tzinfo)


def test_notices_are_given_once_on_their_days_and_it_goes_on_the_day_they_told(
    db: None, erasable: Erasable, uses: Uses
) -> None:
    uses(courses=(erasable.course("inactive_account"),))
    (subject,) = erasable.add(date(2026, 11, 28))
    due = date(2028, 11, 29)
    for before in (91, 90, 90, 89, 31, 30, 8, 7, 1):
        tick(at(due - before * DAY))
        assert erasable.left_of(subject) == 2
    assert tick(at(due)) == 1
    assert erasable.told == [(subject, 90, due), (subject, 30, due), (subject, 7, due)]
    given = RetentionNotice.objects.order_by("id").values_list("given_on", flat=True)
    assert list(given) == [due - 90 * DAY, due - 30 * DAY, due - 7 * DAY]


def test_a_notice_given_late_moves_the_act_and_tells_the_new_day(db: None, erasable: Erasable, uses: Uses) -> None:
    uses(courses=(erasable.course("downgrade_excess"),))
    (subject,) = erasable.add(date(2026, 5, 1))
    for day in (date(2026, 12, 1), date(2026, 12, 23), date(2026, 12, 24), date(2026, 12, 30)):
        tick(at(day))  # due on 2 November: the engine is new here
        assert erasable.left_of(subject) == 2
    assert tick(at(date(2026, 12, 31))) == 1
    assert erasable.told == [(subject, 30, date(2026, 12, 31)), (subject, 7, date(2026, 12, 31))]


def test_a_sign_in_between_notice_and_deletion_begins_another_period(db: None, erasable: Erasable, uses: Uses) -> None:
    uses(courses=(erasable.course("downgrade_excess"),))
    (subject,) = erasable.add(date(2026, 5, 1))
    tick(at(date(2026, 12, 1)))
    first = item_of(subject)
    erasable.move(subject, date(2026, 12, 5))
    assert tick(at(date(2026, 12, 31))) == 0
    first.refresh_from_db()
    second = item_of(subject)
    assert (first.state, second.state, second.due_on) == (State.CANCELLED, State.PLANNED, date(2027, 6, 6))
    erasable.move(subject, date(2026, 5, 1))  # the first event again: who was told then is told anew
    tick(at(date(2027, 1, 10)))
    first.refresh_from_db()
    assert (first.state, first.notices.get().given_on) == (State.PLANNED, date(2027, 1, 10))
    assert len(erasable.told) == 2


def test_a_sign_in_between_claim_and_act_keeps_it(
    db: None, erasable: Erasable, uses: Uses, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses(courses=(erasable.course("content"),))
    gone, later = erasable.add(date(2026, 11, 1), 2)
    plain = carrying.claim

    def claim(item_id: str) -> RetentionItem | None:
        item = plain(item_id)
        if item is not None and item.subject == later:
            erasable.move(later, legal_date(now))
        return item

    monkeypatch.setattr(carrying, "claim", claim)
    assert tick(now) == 1
    assert (erasable.left_of(gone), erasable.left_of(later)) == (0, 2)
    assert item_of(later).state == State.CANCELLED
    assert tick(now + timedelta(minutes=15)) == 0
    assert (item_of(later).state, RetentionItem.objects.filter(subject=later).count()) == (State.PLANNED, 2)


# --- Holds


def held(tess: Staff, covers: str, subject: str, now: datetime) -> str:
    return place_hold(actor=tess.actor, covers=covers, subject=subject, case="K-17/2026", now=now).id


@pytest.mark.parametrize("covers", ["customer", "person", "subject"])
def test_what_is_held_is_neither_told_nor_erased_until_the_hold_is_released(
    erasable: Erasable, uses: Uses, tess: Staff, now: datetime, covers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.actions.place_hold.customer_called", lambda text: text)
    monkeypatch.setattr("privacy.actions.place_hold.is_person", lambda text: True)
    uses(courses=(erasable.course("content"), erasable.course("downgrade_excess")))
    (subject,) = erasable.add(date(2026, 5, 1))
    hold = held(tess, covers, {"customer": CUSTOMER, "person": PERSON, "subject": subject}[covers], now)
    assert tick(now) == 0
    assert (erasable.left_of(subject), erasable.told) == (2, [])
    assert RetentionRun.objects.get(rule="content").held == 1
    assert Event.objects.get(name="hold.placed").customer_id is None  # the customer learns nothing by it
    release_hold(actor=tess.actor, hold_id=hold, now=now)
    with pytest.raises(HoldReleased):
        release_hold(actor=tess.actor, hold_id=hold, now=now)
    assert tick(now) == 1


def test_a_hold_placed_between_claim_and_act_wins(
    erasable: Erasable, uses: Uses, tess: Staff, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    plain = carrying.claim

    def claim(item_id: str) -> RetentionItem | None:
        item = plain(item_id)
        held(tess, "subject", subject, now)
        return item

    monkeypatch.setattr(carrying, "claim", claim)
    assert tick(now) == 0
    assert (erasable.left_of(subject), item_of(subject).state) == (2, State.PLANNED)


def test_a_hold_on_what_is_being_erased_is_refused_and_none_is_placed_twice_or_on_nobody(
    erasable: Erasable, uses: Uses, tess: Staff, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    (subject,) = erasable.add(date(2026, 11, 1))
    erasable.failing = {subject}
    with pytest.raises(RetentionIncomplete):
        tick(now)
    with pytest.raises(ErasureUnderWay):
        held(tess, "subject", subject, now)
    held(tess, "subject", "seal_other", now)
    with pytest.raises(HoldInForce):
        held(tess, "subject", "seal_other", now)
    for covers, wrong in (("customer", "cus_none"), ("person", "12"), ("person", "x"), ("subject", " ")):
        with pytest.raises(InvalidInput):
            held(tess, covers, wrong, now)
    system = Actor.system("tests")
    for act in (
        lambda: place_hold(actor=system, covers="subject", subject="x", case="c", now=now),
        lambda: release_hold(actor=system, hold_id="hld_x", now=now),
        lambda: release_retention_run(actor=system, run_id="run_x", now=now),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        release_hold(actor=tess.actor, hold_id="hld_x", now=now)
    with pytest.raises(NotFound):
        release_retention_run(actor=tess.actor, run_id="run_x", now=now)


def test_a_hold_waits_for_the_batch_that_is_being_erased_and_covers_the_next(
    transactional_db: None, erasable: Erasable, uses: Uses, now: datetime
) -> None:
    tess = staff_person("Tess", StaffRole.SUPERVISOR)
    first, second = sorted(erasable.add(date(2026, 8, 1), 2))
    uses(sweeps=(erasable.sweep("activity", batch=1),))
    with ThreadPoolExecutor(1) as one:
        placed = []

        def place() -> None:
            try:
                held(tess, "subject", second, now)
            finally:
                connections.close_all()

        plain = erasable._erase

        def erase(**options: Any) -> int:
            if not placed:
                placed.append(one.submit(place))
                with pytest.raises(TimeoutError):
                    placed[0].result(timeout=0.3)  # it waits for us
                return plain(**options)
            placed[0].result(timeout=5)
            return plain(**options)

        erasable._erase = erase  # type: ignore[method-assign]
        uses(sweeps=(erasable.sweep("activity", batch=1),))
        assert tick(now) == 1
    from privacy.models import ContactMessage

    assert list(ContactMessage.objects.values_list("id", flat=True)) == [second]
    run = RetentionRun.objects.get(rule="activity")
    assert (run.held, run.state) == (1, "done")
    assert first != second


# --- The brake


def test_a_run_that_would_erase_unusually_much_waits_for_a_second_person_and_staff_are_told_once(
    erasable: Erasable, uses: Uses, tess: Staff, now: datetime
) -> None:
    sweep = erasable.sweep("activity")
    uses(sweeps=(sweep,))
    erasable.add(date(2026, 8, 1), 22)
    erasable.add(legal_date(now), 3)
    assert tick(now) == 0
    assert tick(now + timedelta(minutes=15)) == 0
    run = RetentionRun.objects.get(rule="activity")
    assert (run.state, run.planned, run.population, run.store) == ("braked", 22, 25, "privacy_contactmessage")
    (notice,) = Notice.objects.filter(kind="retention.braked")
    assert f"{run_words('activity', 'privacy_contactmessage')}: 22" in words_of(notice, language="en").text
    with pytest.raises(RunNotBraked):
        release_retention_run(actor=tess.actor, run_id=run.id, now=now + DAY)  # for that day only
    release_retention_run(actor=tess.actor, run_id=run.id, now=now)
    with pytest.raises(RunNotBraked):
        release_retention_run(actor=tess.actor, run_id=run.id, now=now)
    erasable.add(date(2026, 8, 1), 2)  # what comes on top was not released
    assert tick(now) == 22
    assert tick(now) == 0
    run.refresh_from_db()
    assert (run.state, run.erased, run.planned, run.allowed) == ("braked", 22, 24, 22)
    assert (run.released_by, run.release_reason) == (str(tess.person), "Because")
    assert AuditEntry.objects.filter(action="retention_run.released").count() == 1
    assert tick(now + DAY) == 2  # few
    assert sweep.population() == 3


def test_the_brake_stops_courses_too_and_a_steady_amount_of_a_short_period_never(
    erasable: Erasable, uses: Uses, tess: Staff, now: datetime
) -> None:
    uses(courses=(erasable.course("content"),))
    erasable.add(date(2026, 11, 1), 21)
    assert tick(now) == 0
    run = RetentionRun.objects.get(rule="content")
    assert (run.state, run.planned, run.population) == ("braked", 21, 21)
    today = legal_date(now)
    for back in range(1, 8):
        RetentionRun.objects.create(
            rule="content", day=today - back * DAY, state="done", started_at=now - back * DAY, erased=12
        )
    assert tick(now) == 21


@pytest.mark.parametrize(
    ("missed", "last", "gone"),
    [
        (7, "done", 81),  # 9 days' worth, the two that are usual included
        (6, "done", 0),
        (6, "failed", 81),  # a day on which it failed was missed, too
        (7, "braked", 0),  # nobody let it go: waiting is no leave
    ],
)
def test_what_is_late_because_the_engine_stood_still_waits_for_nobody(
    db: None, erasable: Erasable, uses: Uses, now: datetime, missed: int, last: str, gone: int
) -> None:
    uses(sweeps=(erasable.sweep("activity"),))
    erasable.add(date(2026, 8, 1), 81)
    today = legal_date(now)
    for back in range(8):
        then = now - (missed + 1 + back) * DAY
        RetentionRun.objects.create(
            rule="activity",
            store="privacy_contactmessage",
            day=today - (missed + 1 + back) * DAY,
            state="done" if back else last,
            started_at=then,
            ended_at=then,
            erased=9 if back or last == "done" else 0,
        )
    RetentionRun.objects.create(  # was killed before it did anything
        rule="activity", store="privacy_contactmessage", day=today - DAY, state="running", started_at=now - DAY
    )
    assert tick(now) == gone


def test_planning_twice_plans_once_and_a_changed_period_changes_the_date(
    db: None, erasable: Erasable, now: datetime
) -> None:
    erasable.add(date(2026, 11, 20), 2)
    course = erasable.course("content")
    assert (plan_items(course=course, now=now), plan_items(course=course, now=now)) == (2, 2)
    RetentionItem.objects.update(due_on=date(2030, 1, 1))
    plan_items(course=course, now=now)
    assert set(RetentionItem.objects.values_list("due_on", flat=True)) == {date(2026, 11, 26)}
