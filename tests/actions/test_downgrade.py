"""What a smaller plan has no room for goes after six months, the oldest first, as its customer was shown (B11)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Notice
from billing.actions.remind_of_excess import remind_of_excess
from billing.actions.start_subscription import start_subscription
from billing.models import PlanVersion, StorageExcess, Subscription
from kernel import clock, runner
from kernel.actor import Actor
from kernel.clock import legal_date, legal_midnight
from kernel.tenancy.context import customer_schema
from privacy.actions._courses_excess import EXCESS
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.actions.delete_documents import delete_documents
from sealing.actions.destroy_objects import destroy_objects
from sealing.formats.sample import sample_pdf
from sealing.models import Seal
from sealing.queries.excess import excess_seals
from sealing.rules.requests import SealRequest
from tests.cast import Cast
from tests.retention import Driver

SYSTEM = Actor.system("tests")
GB = 1_000_000_000


def kept(cast: Cast) -> list[str]:
    with customer_schema(cast.acme.id):
        return list(Seal.objects.filter(deleted_at=None).order_by("id").values_list("id", flat=True))


@pytest.fixture
def seals(sealing_cast: Cast) -> list[str]:
    """Three sealed documents of 0.7 GB each, as the rows say."""
    made = []
    for name in ("Oldest.pdf", "Older.pdf", "New.pdf"):
        documents = [NewDocument(name, io.BytesIO(sample_pdf(name)))]
        with customer_schema(sealing_cast.acme.id):
            made.append(
                accept_document(
                    actor=sealing_cast.alice.actor, documents=documents, request=SealRequest(), now=clock.now()
                ).seal_id
            )
    runner.drain()
    with customer_schema(sealing_cast.acme.id):
        for seal in Seal.objects.filter(id__in=made):
            assert seal.status == "sealed"
            seal.documents.update(size=None)
        Seal.objects.filter(id__in=made).update(size=700_000_000)
    return made


@pytest.fixture
def reduced(sealing_cast: Cast, seals: list[str]) -> StorageExcess:
    """Six months ago its plan shrank to one gigabyte; both notices are given."""
    now = clock.now()
    start_subscription(
        actor=sealing_cast.alice.actor, customer_id=sealing_cast.acme.id, plan_code="1", interval="month", now=now
    )
    quota(1)
    on = legal_date(now)
    return StorageExcess.objects.create(
        customer=sealing_cast.acme,
        subscription=Subscription.objects.get(customer=sealing_cast.acme),
        former_quota_gb=10,
        quota_gb=1,
        reduced_on=on,
        first_notice_on=on + timedelta(days=150),
        last_notice_on=on + timedelta(days=170),
        erase_on=on + timedelta(days=184),
    )


def quota(gigabytes: int | None) -> None:
    """Another version of the plan, which the customer has at once."""
    version = PlanVersion.objects.create(
        plan_id="1",
        effective_on=date(2026, 1, 1) + timedelta(days=PlanVersion.objects.count()),
        published_at=clock.now(),
        monthly_fee=Decimal("20.00"),
        included=100,
        overage_unit_price=Decimal("0.20"),
        setup_fee=Decimal(0),
        included_storage_gb=gigabytes,
        storage_gb_price=None if gigabytes is None else Decimal("0.10"),
    )
    Subscription.objects.update(plan_version=version)


def told(excess: StorageExcess, driver: Driver) -> datetime:
    """Gives both notices in time; the first instant at which something may go."""
    remind_of_excess(actor=SYSTEM, now=legal_midnight(excess.first_notice_on))
    remind_of_excess(actor=SYSTEM, now=legal_midnight(excess.last_notice_on))
    return legal_midnight(driver.item(excess.id, clock.now()).due_on)


def test_the_oldest_go_until_the_rest_fits_and_the_customer_is_told(
    sealing_cast: Cast, seals: list[str], reduced: StorageExcess
) -> None:
    driver = Driver(EXCESS)
    page = sealing_cast.alice.confirmed().get(sealing_cast.alice.url("privacy/excess/"))
    words = page.content.decode()
    assert page.status_code == 200
    assert "Oldest.pdf" in words
    assert "Older.pdf" in words
    assert "New.pdf" not in words
    assert sealing_cast.bob.client().get(sealing_cast.bob.url("privacy/excess/")).status_code == 403

    item, due = driver.item(reduced.id, clock.now()), legal_midnight(driver.item(reduced.id, clock.now()).due_on)
    assert not driver.act(item, due)  # nobody was told
    due = told(reduced, driver)
    assert not driver.act(item, due - timedelta(microseconds=1))
    assert driver.act(item, due, killed_before="end_excess")
    assert driver.act(item, due)
    assert kept(sealing_cast) == [seals[2]]
    assert driver.counts == {"seals": 2}
    with customer_schema(sealing_cast.acme.id):
        gone = Seal.objects.filter(id__in=seals[:2])
        assert {(seal.object_name, seal.deleted_by) for seal in gone} == {(None, "privacy.erase_excess")}
    notice = Notice.objects.get(kind="storage.erased", customer=sealing_cast.acme)
    assert notice.facts["documents"] == 2
    assert driver.planned(due) == {}
    assert (
        "Everything fits" in sealing_cast.alice.client().get(sealing_cast.alice.url("privacy/excess/")).content.decode()
    )


def upgrade_to_all(cast: Cast, seals: list[str]) -> None:
    quota(None)


def upgrade_in_part(cast: Cast, seals: list[str]) -> None:
    quota(2)


def delete_the_newest(cast: Cast, seals: list[str]) -> None:
    with customer_schema(cast.acme.id):
        delete_documents(actor=cast.alice.actor, seal_id=seals[2], now=clock.now())
        destroy_objects(actor=SYSTEM, seal_id=seals[2], now=clock.now())


def delete_all_but_one(cast: Cast, seals: list[str]) -> None:
    for seal_id in seals[1:]:
        with customer_schema(cast.acme.id):
            delete_documents(actor=cast.alice.actor, seal_id=seal_id, now=clock.now())


@pytest.mark.parametrize(
    ("meanwhile", "left", "over"),
    [
        (upgrade_to_all, [0, 1, 2], True),
        (upgrade_in_part, [1, 2], True),
        (delete_the_newest, [1], True),
        (delete_all_but_one, [0], True),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_is_deleted_or_upgraded_meanwhile_keeps_the_rest(
    sealing_cast: Cast,
    seals: list[str],
    reduced: StorageExcess,
    meanwhile: Callable[[Cast, list[str]], None],
    left: list[int],
    over: bool,
    late: bool,
) -> None:
    driver = Driver(EXCESS)
    due = told(reduced, driver)
    item = driver.item(reduced.id, clock.now())
    if late:  # the door is shut, the first document is not deleted yet
        assert driver.act(item, due, killed_before="delete_documents")
    meanwhile(sealing_cast, seals)
    driver.act(item, due)
    assert kept(sealing_cast) == [seals[place] for place in left]
    reduced.refresh_from_db()
    assert (reduced.ended_at is not None) is over


def test_all_that_goes_can_be_downloaded_before(sealing_cast: Cast, seals: list[str], reduced: StorageExcess) -> None:
    client = sealing_cast.alice.client()
    answer = client.get(sealing_cast.alice.url("privacy/excess/1.zip"))
    assert answer.status_code == 200
    assert client.get(sealing_cast.alice.url("privacy/excess/2.zip")).status_code == 404
    with customer_schema(sealing_cast.acme.id):
        assert [each.id for each in excess_seals(GB)] == seals[:2]
        assert excess_seals(3 * GB) == []
