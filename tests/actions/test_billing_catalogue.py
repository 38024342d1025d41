"""Additional services, special terms, users and storage, and notice of new prices: rows, once and as agreed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from accounts.models import Notice
from billing import tasks
from billing.actions.charge_add_ons import charge_add_ons
from billing.actions.close_period import close_period
from billing.actions.create_plan import PlanExists, create_plan
from billing.actions.end_add_on import AddOnEnded, end_add_on
from billing.actions.end_special_terms import SpecialTermsEndUnfit, end_special_terms
from billing.actions.give_price_notices import give_price_notices
from billing.actions.offer_add_on import offer_add_on
from billing.actions.open_periods import open_periods
from billing.actions.order_add_on import order_add_on
from billing.actions.publish_add_on import AddOnExists, publish_add_on
from billing.actions.publish_add_on_price import publish_add_on_price
from billing.actions.publish_plan_version import (
    AlreadyPublished,
    EffectiveTooSoon,
    ExtrasIncomplete,
    NegativePrice,
    publish_plan_version,
)
from billing.actions.record_charge import PriceChanged
from billing.actions.record_level import record_level
from billing.actions.record_levels import record_levels
from billing.actions.record_special_terms import (
    DocumentNotFit,
    SpecialTermsEmpty,
    SpecialTermsExist,
    SpecialTermsTooLate,
    record_special_terms,
)
from billing.actions.reverse_charge import reverse_charge
from billing.actions.start_subscription import IndividualAgreementNeeded, PlanNotOffered, start_subscription
from billing.models import (
    AddOn,
    AddOnOrder,
    AddOnPrice,
    BillingPeriod,
    Charge,
    MeterLevel,
    PlanVersion,
    PriceChangeNotice,
    SpecialTerms,
)
from billing.queries import usage
from billing.queries.charges import charges_to_invoice
from billing.queries.export import billing_tables
from billing.queries.invoices import invoice_preview
from billing.queries.levels import highest_levels, levels_of
from billing.queries.price_changes import affected_by, version_held, version_holds_from
from billing.queries.special_terms import agreements, has_prices_of_its_own, signed_document
from billing.rules.rating import SpecialTerms as Overrides
from billing.rules.rating import Terms
from kernel import runner
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.jobs import ClaimedJob
from kernel.models import Job
from tests.cast import Cast

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="As agreed")
DECEMBER = datetime(2026, 11, 30, 22, tzinfo=UTC)  # begins in Vilnius
PDF = b"%PDF-1.7\nsigned by both\n%%EOF\n"


def offer(now: datetime, code: str = "training", **changes: Any) -> None:
    wished = {"name": "Training", "description": "Two hours", "interval": "once", "amount": Decimal("150.00")} | changes
    publish_add_on(actor=STAFF, code=code, now=now, **wished)


def agree(customer_id: str, now: datetime, **changes: Any) -> str:
    wished = {
        "overrides": Overrides(monthly_fee=Decimal(900), included=9_000, overage_unit_price=Decimal("0.11")),
        "starts_on": date(2026, 12, 1),
        "ends_on": None,
        "signed_on": date(2026, 11, 20),
        "document": PDF,
        "document_name": "agreement.pdf",
    }
    return record_special_terms(actor=STAFF, customer_id=customer_id, now=now, **(wished | changes))


def refused(kind: type[Exception], *attempts: Callable[[], object]) -> None:
    for attempt in attempts:
        with pytest.raises(kind), transaction.atomic():
            attempt()


# --- Additional services (B8) --------------------------------------------------------------------------------------


def test_an_ordered_service_is_there_at_once_and_on_the_next_invoice(cast: Cast, now: datetime) -> None:
    alice = cast.alice.actor
    offer(now)
    order_id = order_add_on(
        actor=alice, code="training", quantity=3, agreed_amount=Decimal("450.00"), request_key="k", now=now
    )

    [owed] = charges_to_invoice(alice)
    assert (owed.name, owed.quantity, owed.unit_price, owed.amount) == (
        "Training",
        3,
        Decimal("150.00"),
        Decimal("450.00"),
    )
    charge_add_ons(actor=SYSTEM, now=now + timedelta(days=100))  # it is charged once
    assert Charge.objects.count() == 1
    refused(AddOnEnded, lambda: end_add_on(actor=alice, order_id=order_id, now=now))

    reverse_charge(actor=STAFF, source_type="add_on_order", source_id=order_id, now=now)
    taken_back = Charge.objects.get(reverses__isnull=False)
    assert (taken_back.description, taken_back.quantity, taken_back.amount) == ("Training", -3, Decimal("-450.00"))
    assert charges_to_invoice(alice) == []
    # The invariant that every order is charged looks at charges, whether or not they were taken back since.


def test_nothing_is_ordered_at_a_price_or_in_a_number_that_was_not_shown(cast: Cast, now: datetime) -> None:
    offer(now)
    offer(now, "own", customer_id=cast.globex.id)
    offer(now, "gone")
    offer_add_on(actor=STAFF, code="gone", offered=False, now=now)
    publish_add_on_price(
        actor=STAFF, code="training", effective_on=date(2026, 11, 24), amount=Decimal("160.00"), now=now
    )

    def order(actor: Actor, code: str = "training", quantity: int = 1, amount: str = "150.00", days: int = 0) -> None:
        later = now + timedelta(days=days)
        order_add_on(
            actor=actor,
            code=code,
            quantity=quantity,
            agreed_amount=Decimal(amount),
            request_key=f"{code} {days}",
            now=later,
        )

    alice = cast.alice.actor
    refused(Forbidden, lambda: order(cast.bob.actor))
    refused(NotFound, lambda: order(alice, "own"), lambda: order(alice, "gone"), lambda: order(alice, "pony"))
    refused(InvalidInput, lambda: order(alice, quantity=0), lambda: order(alice, quantity=1001, amount="150150"))
    refused(PriceChanged, lambda: order(alice, quantity=2), lambda: order(alice, days=1))
    order(alice)
    order(alice)  # the same page, sent twice
    order(alice, quantity=1000, amount="160000", days=1)
    order(cast.mallory.actor, "own")
    assert AddOnOrder.objects.count() == Charge.objects.count() == 3


def test_a_monthly_service_is_charged_once_a_month_until_it_ends(cast: Cast, now: datetime) -> None:
    offer(now, "archive", interval="month", amount=Decimal("9.90"))
    order_id = order_add_on(
        actor=cast.alice.actor, code="archive", quantity=2, agreed_amount=Decimal("19.80"), request_key="k", now=now
    )
    publish_add_on_price(actor=STAFF, code="archive", effective_on=date(2026, 12, 1), amount=Decimal("12.00"), now=now)

    def charged() -> list[tuple[str, Decimal]]:
        return list(Charge.objects.order_by("source_id").values_list("source_id", "amount"))

    november, december, january = (f"{order_id}:{month}" for month in ("2026-11", "2026-12", "2027-01"))
    assert charge_add_ons(actor=SYSTEM, now=DECEMBER - timedelta(seconds=1)) == 0
    assert charged() == [(november, Decimal("19.80"))]
    assert [charge_add_ons(actor=SYSTEM, now=DECEMBER + timedelta(days=40)) for _ in range(2)] == [2, 0]
    assert charged() == [(november, Decimal("19.80")), (december, Decimal("19.80")), (january, Decimal("19.80"))]
    assert Charge.objects.get(source_id=december).occurred_at == DECEMBER

    refused(NotFound, lambda: end_add_on(actor=cast.mallory.actor, order_id=order_id, now=now))
    refused(Forbidden, lambda: end_add_on(actor=cast.bob.actor, order_id=order_id, now=now))
    end_add_on(actor=cast.alice.actor, order_id=order_id, now=DECEMBER + timedelta(days=40))
    assert AddOnOrder.objects.get().ends_on == date(2027, 2, 1)
    refused(AddOnEnded, lambda: end_add_on(actor=cast.alice.actor, order_id=order_id, now=now))
    assert charge_add_ons(actor=SYSTEM, now=DECEMBER + timedelta(days=400)) == 0


def test_the_offer_is_made_by_staff_and_never_rewritten(cast: Cast, now: datetime) -> None:
    offer(now)
    order_add_on(
        actor=cast.alice.actor, code="training", quantity=1, agreed_amount=Decimal("150.00"), request_key="k", now=now
    )
    tomorrow, today = date(2026, 11, 24), date(2026, 11, 23)

    def price(on: date = tomorrow, amount: str = "1.00", code: str = "training", actor: Actor = STAFF) -> None:
        publish_add_on_price(actor=actor, code=code, effective_on=on, amount=Decimal(amount), now=now)

    refused(AddOnExists, lambda: offer(now))
    refused(NegativePrice, lambda: offer(now, "free", amount=Decimal("-0.01")), lambda: price(amount="-0.01"))
    refused(EffectiveTooSoon, lambda: price(today))
    refused(
        NotFound, lambda: price(code="pony"), lambda: offer_add_on(actor=STAFF, code="training", offered=True, now=now)
    )
    price()
    refused(AlreadyPublished, price)
    outsider = cast.alice.actor
    refused(
        Forbidden,
        lambda: price(actor=outsider),
        lambda: offer_add_on(actor=outsider, code="training", offered=False, now=now),
        lambda: publish_add_on(
            actor=outsider, code="x", name="x", description="", interval="once", amount=Decimal(1), now=now
        ),
    )
    refused(
        DatabaseError,
        lambda: AddOnPrice.objects.update(amount=1),
        lambda: AddOn.objects.update(name="Other"),
        lambda: AddOnOrder.objects.update(price=1),
        lambda: AddOnOrder.objects.all().delete(),
        lambda: Charge.objects.create(
            customer=cast.acme,
            item="add_on",
            quantity=2,
            unit_price=Decimal("1.00"),
            amount=Decimal("1.99"),
            currency="EUR",
            source_type="t",
            source_id="t",
            occurred_at=now,
        ),
    )


# --- Special terms (B17) -------------------------------------------------------------------------------------------


def test_special_terms_are_kept_with_their_document_and_told_to_the_customer(cast: Cast, now: datetime) -> None:
    first = agree(cast.acme.id, now)
    second = agree(
        cast.acme.id, now, overrides=Overrides(included=1), starts_on=date(2027, 3, 1), ends_on=date(2027, 6, 1)
    )

    held, coming = agreements(cast.alice.actor, now=DECEMBER)
    assert [(each.id, each.starts_on, each.ends_on, each.current) for each in (held, coming)] == [
        (first, date(2026, 12, 1), date(2027, 3, 1), True),  # ended by its successor
        (second, date(2027, 3, 1), date(2027, 6, 1), False),
    ]
    assert [(each.name, each.value, each.is_price) for each in held.overrides] == [
        ("Fee a month", Decimal(900), True),
        ("Seals a month", 9_000, False),
        ("Each seal beyond", Decimal("0.11"), True),
    ]
    assert (held.document_sha256, signed_document(cast.carol.actor, first)) == (
        sha256(PDF).hexdigest(),
        ("agreement.pdf", PDF),
    )
    assert signed_document(STAFF, first)[1] == PDF
    assert Notice.objects.filter(customer=cast.acme, kind="special_terms.recorded").count() == 2
    refused(NotFound, lambda: signed_document(cast.mallory.actor, first))
    refused(Forbidden, lambda: signed_document(cast.bob.actor, first), lambda: agreements(cast.bob.actor, now=now))
    assert agreements(cast.mallory.actor, now=now) == []
    exported = {table.name: list(table.rows) for table in billing_tables(cast.acme.id)}
    assert [row[0] for row in exported["special-terms"]] == [first, second]


def test_only_what_was_signed_and_fits_the_months_becomes_special_terms(cast: Cast, now: datetime) -> None:
    acme = cast.acme.id
    start_subscription(actor=SYSTEM, customer_id=acme, plan_code="1", interval="month", now=now)

    def attempt(**changes: Any) -> Callable[[], object]:
        return lambda: agree(acme, now, **changes)

    refused(
        DocumentNotFit,
        attempt(document=b""),
        attempt(document=b"PK\x03\x04 a letter"),
        attempt(document=PDF + b" " * (10 * 1024 * 1024)),
    )
    refused(
        SpecialTermsEmpty,
        attempt(overrides=Overrides()),
        attempt(signed_on=date(2026, 11, 24)),
        attempt(ends_on=date(2026, 12, 1)),
        attempt(ends_on=date(2027, 1, 2)),
    )
    refused(NegativePrice, attempt(overrides=Overrides(included=-1)))
    refused(SpecialTermsTooLate, attempt(starts_on=date(2026, 11, 1)), attempt(starts_on=date(2026, 12, 15)))
    refused(NotFound, lambda: agree("cus_nobody", now))
    refused(
        Forbidden,
        lambda: record_special_terms(
            actor=cast.alice.actor,
            customer_id=acme,
            overrides=Overrides(included=1),
            starts_on=date(2026, 12, 1),
            ends_on=None,
            signed_on=date(2026, 11, 1),
            document=PDF,
            document_name="x",
            now=now,
        ),
    )
    agree(acme, now, ends_on=date(2027, 2, 1), signed_on=date(2026, 11, 23))
    refused(SpecialTermsExist, attempt(), attempt(starts_on=date(2027, 1, 1)))
    agree(acme, now, starts_on=date(2027, 2, 1))
    refused(SpecialTermsExist, attempt(starts_on=date(2027, 1, 1)))
    refused(
        DatabaseError,
        lambda: SpecialTerms.objects.filter(ends_on=None).update(included=7),
        lambda: SpecialTerms.objects.all().delete(),
    )


def test_special_terms_end_with_a_month_to_come(cast: Cast, now: datetime) -> None:
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    terms = agree(cast.acme.id, now)
    open_periods(actor=SYSTEM, now=DECEMBER)

    def end(on: date, actor: Actor = STAFF, terms: str = terms) -> None:
        end_special_terms(actor=actor, special_terms_id=terms, ends_on=on, now=DECEMBER)

    refused(SpecialTermsEndUnfit, lambda: end(date(2026, 12, 1)), lambda: end(date(2027, 1, 2)))
    refused(Forbidden, lambda: end(date(2027, 1, 1), cast.alice.actor))
    refused(NotFound, lambda: end(date(2027, 1, 1), terms="spt_none"))
    end(date(2027, 1, 1))
    refused(SpecialTermsEndUnfit, lambda: end(date(2027, 2, 1)))
    assert agreements(cast.alice.actor, now=DECEMBER)[0].ends_on == date(2027, 1, 1)
    assert agreements(cast.alice.actor, now=DECEMBER + timedelta(days=31)) == []
    assert Notice.objects.filter(customer=cast.acme, kind="special_terms.ended").exists()


def test_the_plan_by_individual_agreement_needs_one_that_says_all_prices(cast: Cast, now: datetime) -> None:
    def start(actor: Actor = STAFF, at: datetime = now) -> str:
        return start_subscription(actor=actor, customer_id=cast.acme.id, plan_code="5", interval="month", now=at)

    refused(IndividualAgreementNeeded, start)
    agree(cast.acme.id, now, starts_on=date(2026, 11, 1), overrides=Overrides(included=9_000))
    refused(IndividualAgreementNeeded, start)
    agree(cast.acme.id, now)
    refused(IndividualAgreementNeeded, start)
    assert not has_prices_of_its_own(customer_id=cast.acme.id, on=date(2026, 11, 30))
    assert start(at=DECEMBER)
    assert not has_prices_of_its_own(customer_id=cast.globex.id, on=date(2026, 12, 1))


# --- Plans and notice of their prices (B1, B6) ---------------------------------------------------------------------

DEARER = Terms(monthly_fee=Decimal("150.00"), included=500, overage_unit_price=Decimal("0.25"))
CHEAPER = Terms(
    monthly_fee=Decimal("100.00"),
    included=500,
    overage_unit_price=Decimal("0.25"),
    included_users=None,
)


def publish(terms: Terms | None, on: date, now: datetime, plan_code: str = "1") -> PlanVersion:
    version = publish_plan_version(actor=STAFF, plan_code=plan_code, effective_on=on, terms=terms, now=now)
    return PlanVersion.objects.select_related("plan").get(pk=version)


def test_who_has_the_plan_is_told_once_and_pays_more_three_months_later(cast: Cast, now: datetime) -> None:
    for customer, interval in ((cast.acme, "month"), (cast.globex, "year")):
        start_subscription(actor=SYSTEM, customer_id=customer.id, plan_code="1", interval=interval, now=now)
    before = PlanVersion.objects.get(plan_id="1").terms
    day = date(2026, 12, 1)
    seen = affected_by(plan_code="1", effective_on=day, terms=DEARER, now=now)
    version = publish(DEARER, day, now)
    assert version_holds_from(version, customer_id=cast.acme.id, before=before) is None

    assert [give_price_notices(actor=SYSTEM, now=now) for _ in range(2)] == [2, 0]

    assert [(each.customer_name, each.holds_from, each.moves_on, each.dearer) for each in seen] == [
        ("Acme", date(2027, 2, 24), date(2027, 3, 1), True),
        ("Globex", date(2027, 2, 24), date(2027, 11, 1), True),
    ]
    assert version_holds_from(version, customer_id=cast.acme.id, before=before) == date(2027, 2, 24)
    given = PriceChangeNotice.objects.get(customer=cast.acme)
    notice = Notice.objects.get(customer=cast.acme, kind="price_change.announced")
    held = [
        version_held(customer_id=cast.acme.id, current=PlanVersion.objects.get(plan_id="1", monthly_fee=125), on=on)
        for on in (date(2027, 2, 23), date(2027, 2, 24))
    ]
    assert [each.monthly_fee for each in held] == [Decimal(125), Decimal(150)]
    assert (given.given_at, given.notice_number) == (now, notice.number)
    assert notice.facts["effective_on"] == "2027-03-01"
    assert (notice.facts["before"]["fee"], notice.facts["after"]["fee"]) == ("125.00", "150.00")
    assert cast.alice.client().get(cast.alice.url(f"notices/{notice.id}/")).status_code == 200
    refused(DatabaseError, lambda: PriceChangeNotice.objects.update(given_at=now - timedelta(days=99)))


def test_cheaper_prices_need_no_months_and_other_plans_are_not_concerned(cast: Cast, now: datetime) -> None:
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    version = publish(CHEAPER, date(2026, 12, 10), now)
    publish(DEARER, date(2026, 12, 10), now, "2")

    before = PlanVersion.objects.get(plan_id="1", effective_on=date(2020, 1, 1)).terms
    assert version_holds_from(version, customer_id=cast.acme.id, before=before) == date(2026, 12, 10)
    [change] = affected_by(plan_code="1", effective_on=date(2026, 12, 10), terms=CHEAPER, now=now)
    assert (change.dearer, change.moves_on) == (False, date(2027, 1, 1))
    assert give_price_notices(actor=SYSTEM, now=now) == 1
    assert affected_by(plan_code="2", effective_on=date(2026, 12, 10), terms=DEARER, now=now) == []
    refused(NotFound, lambda: affected_by(plan_code="9", effective_on=date(2026, 12, 10), terms=DEARER, now=now))


def test_a_plan_that_is_not_public_is_for_whom_staff_put_on_it(cast: Cast, now: datetime) -> None:
    def create(code: str = "portal", position: int = 6, actor: Actor = STAFF) -> None:
        create_plan(actor=actor, code=code, name="Portal", position=position, public=False, long_notice=False, now=now)

    create()
    refused(PlanExists, create, lambda: create("other"), lambda: create("1", 9))
    refused(Forbidden, lambda: create("other", 9, cast.alice.actor))
    free = Terms(
        monthly_fee=Decimal(0),
        included=5,
        overage_unit_price=Decimal("0.30"),
        included_users=2,
        extra_user_price=Decimal("3.00"),
        included_storage_gb=1,
        storage_gb_price=Decimal("0.10"),
    )
    for half in ("extra_user_price", "included_storage_gb"):
        halved = Terms(**{name: value for name, value in vars(free).items() if name != half})
        refused(ExtrasIncomplete, lambda halved=halved: publish(halved, date(2026, 11, 24), now, "portal"))
    version = publish(free, date(2026, 11, 24), now, "portal")
    assert version.terms == free
    tomorrow = now + timedelta(days=1)

    def start(actor: Actor) -> str:
        return start_subscription(
            actor=actor, customer_id=cast.acme.id, plan_code="portal", interval="month", now=tomorrow
        )

    refused(PlanNotOffered, lambda: start(cast.alice.actor), lambda: start(SYSTEM))
    assert start(STAFF)
    assert publish(None, date(2026, 12, 1), now, "portal").individual


# --- Users and storage (B7) ----------------------------------------------------------------------------------------


def test_the_most_of_a_months_days_is_its_reading(cast: Cast, now: datetime) -> None:
    acme = cast.acme.id
    start_subscription(actor=SYSTEM, customer_id=acme, plan_code="1", interval="month", now=now)
    period = BillingPeriod.objects.get(customer_id=acme)
    for days, stored in ((0, 1), (1, 7_000_000_001), (1, 99_000_000_000), (2, 2_000_000_000)):
        at = now + timedelta(days=days)
        record_level(actor=SYSTEM, customer_id=acme, stored=stored, now=at)
    record_level(actor=SYSTEM, customer_id=acme, stored=50_000_000_000, now=DECEMBER)  # December's
    zone = period.subscription.zone

    assert highest_levels(customer_id=acme, span=period.span, zone=zone) == {"extra_user": 4, "storage_gb": 8}
    assert [
        (each.on.day, each.users, each.storage_gb) for each in levels_of(customer_id=acme, span=period.span, zone=zone)
    ] == [
        (23, 4, 1),
        (24, 4, 8),
        (25, 4, 2),
    ]
    close_period(actor=SYSTEM, period_id=period.pk, now=DECEMBER)
    assert dict(period.readings.values_list("meter", "quantity")) == {"seal": 0, "extra_user": 4, "storage_gb": 8}
    refused(
        DatabaseError,
        lambda: record_level(actor=SYSTEM, customer_id=acme, stored=0, now=DECEMBER - timedelta(days=1)),
        lambda: MeterLevel.objects.update(quantity=0),
    )


def test_what_the_month_has_come_to_counts_users_and_storage_as_the_invoice_does(cast: Cast, now: datetime) -> None:
    PlanVersion.objects.create(
        plan_id="1",
        effective_on=date(2026, 11, 2),
        published_at=now,
        monthly_fee=Decimal("125.00"),
        included=500,
        overage_unit_price=Decimal("0.25"),
        setup_fee=Decimal(0),
        included_users=3,
        extra_user_price=Decimal("5.00"),
        included_storage_gb=6,
        storage_gb_price=Decimal("0.50"),
    )
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    record_level(actor=SYSTEM, customer_id=cast.acme.id, stored=7_000_000_001, now=now)

    figures = usage(customer_id=cast.acme.id, now=now)
    assert figures.cost_so_far == figures.forecast_cost == Decimal("131.00")  # 125 + 1 user x 5 + 2 GB x 0.50
    assert figures.cost_so_far == invoice_preview(cast.acme.id, now).net


def test_each_customer_with_a_plan_is_looked_at_once_a_day(cast: Cast, now: datetime) -> None:
    Job.objects.filter(state="queued").delete()
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    Job.objects.all().delete()

    assert [record_levels(actor=SYSTEM, now=now) for _ in range(2)] == [1, 1]
    [job] = Job.objects.filter(kind="billing.record_level")
    with time_machine.travel(now, tick=False):
        runner.run(ClaimedJob(job.id, job.kind, job.customer_id, job.payload, job.fence, 1, 0, False))
    assert MeterLevel.objects.count() == 2
    assert record_levels(actor=SYSTEM, now=now) == 0


def test_the_scheduled_tasks_run_without_anything_to_do(cast: Cast, now: datetime) -> None:
    for name in ("give_price_notices", "charge_add_ons", "record_levels"):
        getattr(tasks, name)(ClaimedJob(1, f"billing.{name}", None, {}, 1, 1, 0, False), now=now)
    assert not Charge.objects.exists()
