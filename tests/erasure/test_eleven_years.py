"""Eleven years of the retention engine, by a clock that jumps from one due day to the next (D2-D5, B11, C9, E9).

A fleet with something of every rule and store lives through them. The days are computed here, from a table written by
hand from the clauses, and never by the product. Just before each day nothing that is due later may be gone; with the
first tick of the day it must be.
"""

from __future__ import annotations

import calendar
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.actions.ask_deletion import ask_deletion
from accounts.actions.choose_audit_period import choose_audit_period
from accounts.actions.end_membership import end_membership
from accounts.actions.note_activity import note_activity
from accounts.models import Customer, Membership, Person
from accounts.rules.staff_roles import StaffRole
from billing.actions.allocate_payment import allocate_payment
from billing.actions.remind_of_excess import remind_of_excess
from billing.actions.start_subscription import start_subscription
from billing.models import SubscriptionTerm
from kernel import audit, clock
from kernel.actor import Actor
from kernel.audit_periods import Retention
from kernel.tenancy.context import customer_schema
from privacy.actions._courses import COURSES
from privacy.actions._sweeps import SWEEPS
from privacy.actions.place_hold import place_hold
from privacy.actions.release_hold import release_hold
from privacy.actions.release_retention_run import release_retention_run
from privacy.actions.run_retention import run_retention
from privacy.catalogue import RULE, RULES
from privacy.models import RetentionRun
from privacy.queries.retention import alarms
from privacy.rules.retention import RetentionRule
from sealing.models import Seal
from tests.actions.test_sweeps import FOLDERS, OVER, ROWS
from tests.cast import Customers, Member
from tests.doubles.erasable import Erasable
from tests.erasing import ended
from tests.factories.billing import finalised_invoice, received_payment
from tests.factories.storage import failed_seal, smaller_plan
from tests.invariants import assert_invariants
from tests.staff import Staff, staff_person
from tests.sweeping import KEYS, plant, set_database_clock
from trust.actions.ask_authority import Timestamp
from trust.actions.checkpoint_audit import checkpoint_audit
from trust.actions.obtain_timestamp import obtain_timestamp

VILNIUS = ZoneInfo("Europe/Vilnius")
SYSTEM = Actor.system("tests")
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)

# What the clauses say, as years, months and days; what is kept belongs to the whole of the last day.
PERIODS: dict[str, tuple[int, int, int]] = {
    "content": (0, 0, 5),  # D3: within 7 days, the first and the last in part
    "person": (0, 0, 5),
    "unfinished_account": (0, 0, 90),
    "activity": (0, 0, 90),  # D5
    "hosted_audit": (0, 18, 0),
    "consent": (0, 12, 0),  # D2
    "expired": (0, 0, 1),
    "webhook_log": (0, 0, 30),
    "timestamp_log": (0, 0, 400),
    "inactive_account": (2, 0, 0),  # C9
    "downgrade_excess": (0, 6, 0),  # B11
    "backup": (0, 0, 30),  # E9
    "upgrade_copy": (0, 0, 1),
    "rights_request": (3, 0, 0),
    "rights_export": (0, 0, 7),
    "contact_message": (0, 12, 0),  # D12
}
NOTICES = {"inactive_account": (90, 30, 7), "unfinished_account": (7,)}
YEARS_OF_BOOKS = 10  # D4, after the end of the bookkeeping year
LONGER = {Retention.HOSTED_5: (5, 0, 0), Retention.HOSTED_10: (10, 0, 0)}

# Both sides of New Year, both nights in which clocks change, and a day that most years lack.
NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=VILNIUS)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=VILNIUS)
SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)  # the hour that follows 3 o'clock is 4
AUTUMN = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # the first of two half past threes
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=VILNIUS)
EVENTS = (NEW_YEARS_EVE, NEW_YEAR, SPRING, LEAP_DAY)
MONTHS_END = datetime(2027, 8, 31, 12, tzinfo=VILNIUS)


def day_of(moment: datetime) -> date:
    return moment.astimezone(VILNIUS).date()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VILNIUS)


def after(day: date, years: int, months: int, days: int) -> date:
    """So much later; where the month has no such day, on its last."""
    year, month = day.year + years, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1])) + days * DAY


def gone_on(rule: str, event_on: date) -> date:
    """The first day on which it is gone."""
    if rule == "bookkeeping":
        return date(event_on.year + YEARS_OF_BOOKS + 1, 1, 1)
    return after(event_on, *PERIODS[rule]) + DAY


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something planted; `due` is None for what stays. `hours` is how long after midnight it has to be gone."""

    rule: str
    store: str
    name: str
    due: date | None
    there: Callable[[], bool] | None = None
    hours: int = 0

    def must_be_gone(self, now: datetime) -> bool:
        return self.due is not None and now >= midnight(self.due) + timedelta(hours=self.hours)

    def may_be_gone(self, now: datetime) -> bool:
        return self.due is not None and day_of(now) >= self.due


@dataclass
class Fleet:
    """What there is, what happens when, and how often somebody of staff was needed."""

    staff: Staff
    subjects: list[Subject] = field(default_factory=list)
    agenda: list[tuple[datetime, Callable[[datetime], object]]] = field(default_factory=list)
    released: int = 0
    ticks: int = 0
    faults: list[str] = field(default_factory=list)

    def expect(self, rule: str, store: str, name: str, event_on: date | None, **more: Any) -> None:
        due = more.pop("due", None) or (gone_on(rule, event_on) if event_on else None)
        self.subjects.append(Subject(rule=rule, store=store, name=name, due=due, **more))

    def at(self, moment: datetime, act: Callable[[datetime], object]) -> None:
        self.agenda.append((moment, act))

    def live(self) -> None:
        """All there is to do, in order; before and after each due day and notice there is a tick."""
        for moment in {each for subject in self.subjects for each in _around(subject)}:
            self.at(moment, self.tick)
        for moment, act in sorted(self.agenda, key=lambda each: each[0]):
            act(moment)

    def tick(self, now: datetime) -> None:
        self.ticks += 1
        set_database_clock(now)
        as_if_committed()
        run_retention(now=now, seconds=3600)
        braked = list(RetentionRun.objects.filter(state="braked", day=day_of(now)))
        for run in braked:
            release_retention_run(actor=self.staff.actor, run_id=run.id, now=now)
            self.released += 1
        if braked:
            run_retention(now=now, seconds=3600)
        self.check(now)

    def check(self, now: datetime) -> None:
        present = self.present()
        late = [each for each in self.subjects if each.must_be_gone(now) and each in present]
        early = [each for each in self.subjects if not each.may_be_gone(now) and each not in present]
        self.faults += [f"{now}: gone too early: {each.rule} {each.store} {each.name}" for each in early]
        self.faults += [f"{now}: still there: {each.rule} {each.store} {each.name}" for each in late]
        self.subjects = [each for each in self.subjects if each not in early and each not in late]

    def present(self) -> set[Subject]:
        rows = [subject for subject in self.subjects if subject.there is None]
        found = {subject for subject in self.subjects if subject.there is not None and subject.there()}
        stores = sorted({subject.store for subject in rows})
        one = "SELECT '{0}', {1}::text FROM {0} WHERE {1}::text = ANY(%s)"
        query = " UNION ALL ".join(one.format(store, KEYS.get(store, "id")) for store in stores)
        with connection.cursor() as cursor:
            cursor.execute(query, [[each.name for each in rows if each.store == store] for store in stores])
            there = set(cursor.fetchall())
        return found | {each for each in rows if (each.store, each.name) in there}


def as_if_committed() -> None:
    """What the end of a transaction does; here all eleven years are one."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _around(subject: Subject) -> Iterable[datetime]:
    if subject.due is None:
        return
    for day in (0, *NOTICES.get(subject.rule, ())):
        yield midnight(subject.due - day * DAY) - TICK
        yield midnight(subject.due - day * DAY)
    yield midnight(subject.due) + timedelta(hours=subject.hours)


# --- What goes by age alone


def plant_rows(fleet: Fleet) -> None:
    for sweep in ROWS:
        for event in EVENTS:
            name = plant(sweep.store, event, **OVER.get(sweep.store, {}))
            fleet.expect(sweep.rule, sweep.store, name, day_of(event))
    for event in EVENTS:
        on = day_of(event)
        name = plant("privacy_rightsexport", event, made_on=on, delete_on=gone_on("rights_export", on), downloads=0)
        fleet.expect("rights_export", "privacy_rightsexport", name, on)


def plant_files(fleet: Fleet, folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(folder / "nothing"))
    (folder / "nothing").mkdir(parents=True)
    for event in EVENTS:
        left = folder / "nothing" / f"sealport-export-{event:%Y%m%d}"
        left.mkdir()
        os.utime(left, (event.timestamp(), event.timestamp()))
        fleet.expect("expired", "exports_in_the_making", left.name, day_of(event), there=left.exists)
    for store, (setting, part, pattern) in FOLDERS.items():
        if store == "upgrade_copy":
            continue
        root = folder / store
        (root / part).mkdir(parents=True)
        setattr(settings, setting, str(root))
        (rule,) = {sweep.rule for sweep in SWEEPS if sweep.store == store}
        for event in EVENTS:
            plant_file(fleet, rule, store, root / part / pattern.format(day=day_of(event)), event, event)
    made = NEW_YEARS_EVE - timedelta(hours=1)
    copy = folder / "backups" / FOLDERS["upgrade_copy"][2].format(day=day_of(made))
    plant_file(fleet, "upgrade_copy", "upgrade_copy", copy, made, NEW_YEARS_EVE)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = %s", [NEW_YEARS_EVE])


def plant_file(fleet: Fleet, rule: str, store: str, path: Path, made: datetime, event: datetime) -> None:
    path.write_bytes(b"x")
    os.utime(path, (made.timestamp(), made.timestamp()))
    fleet.expect(rule, store, path.name, day_of(event), there=path.exists)


def plant_audit(fleet: Fleet, owners: dict[Retention, Member], monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of each class, with a partition of its own and a checkpoint. They are days of UTC, over in the morning."""

    def stamp(*, imprint: bytes, live: bool, now: datetime) -> Timestamp:
        return obtain_timestamp(imprint=imprint, live=live, now=datetime.now(UTC))

    monkeypatch.setattr("trust.actions.checkpoint_audit.obtain_timestamp", stamp)
    for event in (SPRING, LEAP_DAY):
        for retention in Retention if event is LEAP_DAY else (Retention.ACTIVITY, Retention.HOSTED):
            make_partition(retention.value, event)
            years, months, days = LONGER.get(retention, PERIODS["hosted_audit"])
            due = after(day_of(event), years, months, days) + DAY
            if retention is Retention.ACTIVITY:
                due = gone_on("activity", day_of(event))
            elif event is LEAP_DAY and retention not in LONGER:
                due = date(
                    2029, 9, 1
                )  # at least: the database counts back, and 18 months before 31 August is 29 February
            name = f"kernel_auditentry_{retention.value}_{event:%Y%m%d}"
            rule = "activity" if retention is Retention.ACTIVITY else "hosted_audit"
            fleet.expect(rule, "kernel_auditentry", name, None, due=due, hours=4, there=partition_there(name))
        fleet.at(event, lambda now: record_audit(owners, now))
        night = datetime.combine(event.astimezone(UTC).date() + DAY, datetime.min.time(), tzinfo=UTC)
        fleet.at(night + timedelta(minutes=30), checkpoint)


def make_partition(retention: str, event: datetime) -> None:
    day = event.astimezone(UTC).date()
    with connection.cursor() as cursor:
        for parent in (f"kernel_auditentry_{retention}", f"kernel_auditlink_{retention}"):
            bounds = f"FOR VALUES FROM ('{day}') TO ('{day + DAY}')"
            cursor.execute("SELECT kernel_audit_make_partition(%s, %s, %s)", [parent, f"{parent}_{day:%Y%m%d}", bounds])


def partition_there(name: str) -> Callable[[], bool]:
    def there() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
            return bool(cursor.fetchone()[0])

    return there


def record_audit(owners: dict[Retention, Member], now: datetime) -> None:
    for owner in owners.values():
        audit.record(actor=owner.actor, action="test.done", now=now)
    audit.record(actor=SYSTEM, action="test.done", now=now)


def checkpoint(now: datetime) -> None:
    as_if_committed()
    checkpoint_audit(now=now)


def plant_books(fleet: Fleet, owner: Member, other: Member) -> None:
    """A term of the old year of somebody without documents; an invoice of each year, paid.

    A payment of the new year for an invoice of the old keeps it as long as itself.
    """
    running = SubscriptionTerm.objects.get(customer=other.customer)
    term = SubscriptionTerm.objects.create(
        subscription=running.subscription,
        customer=other.customer,
        plan_version=running.plan_version,
        starts_at=running.starts_at - 30 * DAY,
        ends_at=running.starts_at,
        cancel_until=running.starts_at,
        prepaid=False,
    )
    fleet.expect("bookkeeping", "billing_subscriptionterm", str(term.pk), day_of(term.ends_at - TICK))
    eve, day = NEW_YEARS_EVE, NEW_YEAR
    for issued, paid in ((eve, eve), (day, day), (AUTUMN, LEAP_DAY), (LEAP_DAY, LEAP_DAY)):
        invoice = finalised_invoice(owner.customer.id, now=issued)
        payment = received_payment(owner.customer.id, str(invoice.gross), now=paid)
        allocate_payment(actor=fleet.staff.actor, payment_id=payment.pk, number=str(invoice.number), now=paid)
        for store, name in (("billing_invoice", invoice.pk), ("billing_payment", payment.pk)):
            fleet.expect("bookkeeping", store, str(name), day_of(paid))


# --- What goes subject by subject


def schema_there(customer: Customer) -> Callable[[], bool]:
    def there() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [customer.schema_name])
            return bool(cursor.fetchone()[0])

    return there


def remembered(person: Person) -> Callable[[], bool]:
    return lambda: Person.objects.filter(pk=person.pk, forgotten_at=None).exists()


def ends(fleet: Fleet, owner: Member, event: datetime, **more: Any) -> None:
    """The contract ends, its content and its owner go; the contract itself stays until its year is over."""
    fleet.at(event, lambda now: ended(owner, now=now))
    customer = owner.customer
    fleet.expect("content", "content", customer.slug, day_of(event), there=schema_there(customer), **more)
    fleet.expect("bookkeeping", "accounts_customer", customer.id, day_of(event))


def stays(fleet: Fleet, store: str, name: str, there: Callable[[], bool] | None = None) -> None:
    fleet.expect("", store, name, None, there=there)


def plant_customers(fleet: Fleet, customers: Customers, paid: Member) -> None:
    for event in (NEW_YEARS_EVE, SPRING, AUTUMN, LEAP_DAY):
        ends(fleet, new_customer(customers), event)
    held(fleet, new_customer(customers))
    unused(fleet, new_customer(customers))
    used_once(fleet, new_customer(customers))
    excess(fleet, paid)


def new_customer(customers: Customers) -> Member:
    return customers.customer("Ephemera", customers.person("Owner"))


def pays(fleet: Fleet, owner: Member) -> Member:
    start_subscription(
        actor=owner.actor, customer_id=owner.customer.id, plan_code="1", interval="month", now=NEW_YEARS_EVE - DAY
    )
    stays(fleet, "accounts_customer", owner.customer.id)
    stays(fleet, "content", owner.customer.slug, schema_there(owner.customer))
    stays(fleet, "person", str(owner.person.pk), remembered(owner.person))
    return owner


def held(fleet: Fleet, owner: Member) -> None:
    """A court wants it kept for two years: it goes on the day on which it need not be any more."""
    released_on = date(2029, 9, 3)
    holds: list[str] = []

    def hold(now: datetime) -> None:
        facts = {"covers": "customer", "subject": owner.customer.id, "case": "K-17/2027"}
        holds.append(place_hold(actor=fleet.staff.actor, now=now, **facts).id)

    fleet.at(MONTHS_END + DAY, hold)
    fleet.at(midnight(gone_on("content", day_of(MONTHS_END))), fleet.tick)
    fleet.at(midnight(released_on), lambda now: release_hold(actor=fleet.staff.actor, hold_id=holds[0], now=now))
    ends(fleet, owner, MONTHS_END, due=released_on)


def last_used(customer: Customer, on: date) -> None:
    Customer.objects.filter(id=customer.id).update(created_at=midnight(on) - DAY, last_active_on=on)


def unused(fleet: Fleet, owner: Member) -> None:
    """Free, and nobody comes in for two years; its contract ends that day, and is kept from then on."""
    customer, on = owner.customer, day_of(AUTUMN)
    last_used(customer, on)
    fleet.expect("inactive_account", "content", customer.slug, on, there=schema_there(customer))
    fleet.expect("inactive_account", "person", str(owner.person.pk), on, there=remembered(owner.person))
    stays(fleet, "accounts_customer", customer.id)


def used_once(fleet: Fleet, owner: Member) -> None:
    """Told three times, then somebody comes in three days before it would have gone."""
    customer = owner.customer
    last_used(customer, day_of(SPRING))
    first = gone_on("inactive_account", day_of(SPRING))
    for days in (90, 30, 7, 0):
        fleet.at(midnight(first - days * DAY), fleet.tick)
    used_on = first - 3 * DAY
    fleet.at(midnight(used_on), lambda now: note_activity(customer_id=customer.id, on=day_of(now)))
    fleet.expect("inactive_account", "content", customer.slug, used_on, there=schema_there(customer))
    stays(fleet, "accounts_customer", customer.id)


def excess(fleet: Fleet, owner: Member) -> None:
    """Three documents of 0.7 GB; on the last of August there is room for one."""
    customer = owner.customer
    seals = [failed_seal(owner) for _number in range(3)]
    fleet.at(MONTHS_END, lambda now: smaller_plan(customer, on=day_of(now)))
    due = gone_on("downgrade_excess", day_of(MONTHS_END))
    for days in (31, 30, 7):
        fleet.at(midnight(due - days * DAY), lambda now: remind_of_excess(actor=SYSTEM, now=now))
    for seal_id, on in zip(seals, (day_of(MONTHS_END), day_of(MONTHS_END), None), strict=True):
        fleet.expect("downgrade_excess", "seals", seal_id, on, there=seal_there(customer.id, seal_id))


def seal_there(customer_id: str, seal_id: str) -> Callable[[], bool]:
    def there() -> bool:
        with customer_schema(customer_id):
            return Seal.objects.filter(id=seal_id, deleted_at=None).exists()

    return there


def plant_people(fleet: Fleet, customers: Customers, paid: Member, other: Member) -> None:
    leaver, asker, both, staff = (
        customers.member(paid.customer, name, "member") for name in ("Lea", "Ask", "Bo", "St")
    )
    Membership.objects.create(customer=other.customer, person=both.person, role="member", created_at=clock.now())
    Person.objects.filter(pk=staff.person.pk).update(is_staff=True)
    for member in (leaver, both, staff):
        fleet.at(SPRING, partial(leave, paid, member))
    erased_on = gone_on("person", day_of(LEAP_DAY))
    person_id = asker.person.pk
    fleet.at(LEAP_DAY, lambda now: ask_deletion(actor=asker.actor, person_id=person_id, erased_on=erased_on, now=now))
    for member, on in ((leaver, day_of(SPRING)), (asker, day_of(LEAP_DAY)), (both, None), (staff, None)):
        fleet.expect("person", "person", member.person.name, on, there=remembered(member.person))
    never = customers.person("Never")
    Person.objects.filter(pk=never.pk).update(joined_at=NEW_YEAR)
    fleet.expect("unfinished_account", "person", "Never", day_of(NEW_YEAR), there=remembered(never))


def leave(owner: Member, member: Member, now: datetime) -> None:
    end_membership(actor=owner.actor, membership_id=member.membership.pk, now=now)


# --- The run

CLASSES = (Retention.ACTIVITY, Retention.HOSTED, Retention.HOSTED_5, Retention.HOSTED_10)


@pytest.fixture
def fleet(db: None, customers: Customers, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Something of every rule and store. Receipts are jobs, and none is done: no certificate would live so long."""
    settings.AUDIT_EXPORT_DIR = tmp_path / "checkpoints"
    settings.ERASURE_LEDGER_DIR = tmp_path / "ledger"
    fleet = Fleet(staff_person("Tess", StaffRole.SUPERVISOR))
    stays(fleet, "person", "Tess", remembered(fleet.staff.person))
    owners = {retention: pays(fleet, new_customer(customers)) for retention in CLASSES}
    plant_audit(fleet, owners, monkeypatch)
    for retention, owner in list(owners.items())[1:]:
        for actor, period in ((fleet.staff.actor, Retention.HOSTED), (owner.actor, retention)):
            choose_audit_period(actor=actor, customer_id=owner.customer.id, period=period, now=NEW_YEARS_EVE)
    paid, other, *_rest = owners.values()
    plant_files(fleet, tmp_path / "files", settings, monkeypatch)
    plant_books(fleet, paid, other)
    plant_customers(fleet, customers, paid)
    plant_people(fleet, customers, paid, other)
    plant_rows(fleet)
    return fleet


@pytest.mark.timeout(900)
def test_in_eleven_years_nothing_outlives_its_period_and_nothing_goes_before_it(fleet: Fleet) -> None:
    assert_everything_is_planted(fleet)
    fleet.live()
    assert not fleet.faults, "\n".join(fleet.faults)
    assert fleet.ticks > 90
    assert fleet.released == RELEASED
    assert what_is_left() == FOR_GOOD | OF_THE_LIVING | OF_LATER_YEARS
    assert_invariants()


# How often somebody of staff lets go what the brake stopped: what the engine wrote down about its own days, which are
# few here and lie years apart, so that a tenth of them goes at once. What a fortnight may have brought goes by itself.
RELEASED = 4
FOR_GOOD = frozenset(
    {
        *("auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"),
        *("accounts_legaldocument", "accounts_noticecounter", "billing_documentseries", "billing_itemprice"),
        *("billing_plan", "billing_planversion", "kernel_auditchain", "kernel_auditcheckpoint", "kernel_auditclass"),
        *("kernel_auditcheckpointhead", "kernel_auditcut", "kernel_erasable", "kernel_schemablueprint"),
        *("privacy_erasureledgerentry", "trust_auditkey", "trust_revocationsource", "trust_timestampauthority"),
    }
)
OF_THE_LIVING = frozenset(
    {
        *("account_emailaddress", "accounts_customer", "accounts_membership", "accounts_person"),
        *("accounts_person_groups", "billing_billingperiod", "billing_subscription", "billing_subscriptionterm"),
        "kernel_customerkey",
    }
)
# Contracts that ended in 2029 and later, with their notices; the engine's last three years. Jobs wait, because nobody
# runs them here, and entries of days without a partition lie in the default one.
OF_LATER_YEARS = frozenset(
    {
        *("accounts_ending", "accounts_erasure", "accounts_notice", "accounts_noticedelivery"),
        *("privacy_retentionrun", "kernel_job", "kernel_auditentry", "kernel_auditlink"),
    }
)


def assert_everything_is_planted(fleet: Fleet) -> None:
    planted = {(subject.rule, subject.store) for subject in fleet.subjects}
    assert {(sweep.rule, sweep.store) for sweep in SWEEPS} - planted == set()
    assert {course.rule for course in COURSES} - {rule for rule, _store in planted} == set()
    swept = {sweep.rule for sweep in SWEEPS} | {course.rule for course in COURSES}
    assert {rule.key for rule in RULES} == swept


def what_is_left() -> set[str]:
    """Tables with rows; a part counts as its whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        tables = [table for (table,) in cursor.fetchall()]
        found = set()
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT FROM public.{table})")
            found |= {table} if cursor.fetchone()[0] else set()
    return found


# --- Any period, a day longer or shorter


@dataclass
class Small:
    """One thing, by a course where the rule has subjects, else by a sweep."""

    rule: RetentionRule
    things: Erasable
    event_on: date

    def live(self) -> None:
        """Fails as the long run does: when it is told or gone a day too early, or is still there on its day."""
        (subject,) = self.things.add(self.event_on)
        due, notices = gone_on(self.rule.key, self.event_on), NOTICES.get(self.rule.key, ())
        for days in (*notices, 0):
            on = midnight(due - days * DAY)
            told = [(subject, each, due) for each in notices if each > days]
            run_retention(now=on - TICK, seconds=60)
            assert (self.things.left_of(subject), self.things.told) == (2, told), "too early"
            run_retention(now=on, seconds=60)
        assert self.things.left_of(subject) == int(self.is_swept), "still there"  # a sweep takes the row alone

    @property
    def is_swept(self) -> bool:
        return self.rule.key not in {course.rule for course in COURSES}


@pytest.fixture
def small(db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Small]:
    settings.ERASURE_LEDGER_DIR = tmp_path / "ledger"

    def make(rule: RetentionRule, *, event_on: date) -> Small:
        made = Small(rule, Erasable(tmp_path), event_on)
        units = ((), (made.things.sweep(rule.key),)) if made.is_swept else ((made.things.course(rule.key),), ())
        monkeypatch.setattr("privacy.actions._courses.COURSES", units[0])
        monkeypatch.setattr("privacy.actions._sweeps.SWEEPS", units[1])
        return made

    return make


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_period_that_is_a_day_longer_or_shorter_does_not_pass(
    small: Callable[..., Small], rule: RetentionRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(rule, event_on=day_of(LEAP_DAY)).live()
    for days, fault in ((-1, "too early"), (1, "still there|too early")):
        period = replace(rule.period, days=rule.period.days + days)
        monkeypatch.setitem(RULE, rule.key, replace(rule, period=period, floor=None, ceiling=None))
        with pytest.raises(AssertionError, match=fault):
            small(rule, event_on=day_of(SPRING)).live()


def test_an_engine_that_was_down_is_noticed_and_catches_up_with_its_first_tick(small: Callable[..., Small]) -> None:
    """Five days after the last tick of a class of a week."""
    things = small(RULE["rights_export"], event_on=day_of(SPRING)).things
    (subject,) = things.add(day_of(SPRING))
    due, sweeps = gone_on("rights_export", day_of(SPRING)), (things.sweep("rights_export"),)
    run_retention(now=midnight(due - 3 * DAY), seconds=60)
    assert alarms(sweeps, now=midnight(due - 3 * DAY)) == []
    late = midnight(due + 2 * DAY)
    assert [*alarms(sweeps, now=late)] == [
        "The erasure has not run for longer than half an hour.",
        (
            "Overdue: 1 of “Files made to answer a request · "
            "Messages sent by the contact form, with name and e-mail address”."
        ),
    ]
    assert run_retention(now=late, seconds=60) == 1
    assert things.left_of(subject) == 1
    assert alarms(sweeps, now=late) == []
