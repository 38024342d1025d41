"""What a smaller plan has no room for goes after six months, the oldest first, as its customer was shown (B11)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from accounts.models import Notice
from billing.actions.remind_of_excess import remind_of_excess
from billing.actions.start_subscription import start_subscription
from billing.models import StorageExcess
from billing.rules.business_days import is_business_day
from kernel import clock, runner
from kernel.actor import Actor
from kernel.clock import legal_date, legal_midnight
from kernel.tenancy.context import customer_schema
from privacy.actions._courses_excess import EXCESS
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.actions.delete_documents import delete_documents
from sealing.actions.destroy_objects import destroy_objects
from sealing.formats.sample import sample_pdf
from sealing.models import Document, Seal
from sealing.queries.excess import downloads, excess_seals
from sealing.rules.requests import SealRequest
from tests.cast import Cast
from tests.factories.storage import failed_seal, plan_with_room, smaller_plan
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
        Document.objects.filter(seal__in=made).update(size=None)
        assert Seal.objects.filter(id__in=made, status="sealed").update(size=700_000_000) == 3
    return made


@pytest.fixture
def failed(cast: Cast) -> list[str]:
    """Three documents of 0.7 GB each that were never sealed, without their files."""
    start_subscription(
        actor=cast.alice.actor, customer_id=cast.acme.id, plan_code="1", interval="month", now=clock.now()
    )
    # Made within one millisecond, so that their ids alone say which is the oldest.
    return sorted(failed_seal(cast.alice) for _number in range(3))


def reduce(cast: Cast) -> StorageExcess:
    return smaller_plan(cast.acme, on=legal_date(clock.now()))


def told(excess: StorageExcess, driver: Driver) -> datetime:
    """Gives both notices in time; the first instant at which something may go."""
    remind_of_excess(actor=SYSTEM, now=legal_midnight(excess.first_notice_on))
    remind_of_excess(actor=SYSTEM, now=legal_midnight(excess.last_notice_on))
    return legal_midnight(driver.item(excess.id, clock.now()).due_on)


def test_the_oldest_go_until_the_rest_fits_and_the_customer_is_told(sealing_cast: Cast, seals: list[str]) -> None:
    driver, reduced, alice = Driver(EXCESS), reduce(sealing_cast), sealing_cast.alice
    client = alice.confirmed()
    words = client.get(alice.url("privacy/excess/")).content.decode()
    assert [name in words for name in ("Oldest.pdf", "Older.pdf", "New.pdf")] == [True, True, False]
    assert (words.count(">700 MB<"), "(1.4 GB)" in words) == (2, True), "counted as the plan counts"
    assert sealing_cast.bob.client().get(sealing_cast.bob.url("privacy/excess/")).status_code == 403
    with customer_schema(sealing_cast.acme.id):
        assert [downloads(excess_seals(room)) for room in (GB, 3 * GB)] == [[seals[:2]], []]
    assert client.get(alice.url("privacy/excess.zip")).status_code == 200
    assert client.get(alice.url("privacy/excess.zip?part=2"))["Content-Type"].startswith("text/html")

    item = driver.item(reduced.id, clock.now())
    assert not driver.act(item, legal_midnight(item.due_on))  # nobody was told
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
    assert "Everything fits" in client.get(alice.url("privacy/excess/")).content.decode()


def upgrade_to_all(cast: Cast, seals: list[str]) -> None:
    plan_with_room(cast.acme, None, on=date(2026, 1, 1))


def upgrade_in_part(cast: Cast, seals: list[str]) -> None:
    plan_with_room(cast.acme, 2, on=date(2026, 1, 1))


def delete_the_newest(cast: Cast, seals: list[str]) -> None:
    with customer_schema(cast.acme.id):
        delete_documents(actor=cast.alice.actor, seal_id=seals[2], now=clock.now())
        destroy_objects(actor=SYSTEM, seal_id=seals[2], now=clock.now())


def delete_all_but_one(cast: Cast, seals: list[str]) -> None:
    for seal_id in seals[1:]:
        with customer_schema(cast.acme.id):
            delete_documents(actor=cast.alice.actor, seal_id=seal_id, now=clock.now())


@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [(upgrade_to_all, [0, 1, 2]), (upgrade_in_part, [1, 2]), (delete_the_newest, [1]), (delete_all_but_one, [0])],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_is_deleted_or_upgraded_meanwhile_keeps_the_rest(
    cast: Cast, failed: list[str], meanwhile: Callable[[Cast, list[str]], None], left: list[int], late: bool
) -> None:
    driver, reduced = Driver(EXCESS), reduce(cast)
    due = told(reduced, driver)
    item = driver.item(reduced.id, clock.now())
    if late:  # it is decided, and the first document is not deleted yet
        assert driver.act(item, due, killed_before="delete_documents")
    meanwhile(cast, failed)
    driver.act(item, due)
    assert kept(cast) == [failed[place] for place in left]
    reduced.refresh_from_db()
    assert reduced.ended_at == due


def test_a_change_to_more_room_ends_it_and_nothing_goes(cast: Cast, failed: list[str]) -> None:
    driver, reduced = Driver(EXCESS), reduce(cast)
    due = told(reduced, driver)
    item = driver.item(reduced.id, clock.now())
    StorageExcess.objects.filter(id=reduced.id).update(ended_at=clock.now())
    assert not EXCESS.seize(item, due)  # after the look at it
    assert not driver.act(item, due)
    assert kept(cast) == failed


def test_a_notice_given_late_moves_the_day(cast: Cast, failed: list[str]) -> None:
    driver, reduced = Driver(EXCESS), reduce(cast)
    item = driver.item(reduced.id, clock.now())
    due = legal_midnight(item.due_on)
    remind_of_excess(actor=SYSTEM, now=due)
    days = [day for day in range(12) if EXCESS.seize(item, legal_midnight(item.due_on + timedelta(days=day)))]
    told_on = item.due_on
    waited = [told_on + timedelta(days=number) for number in range(days[0])]
    assert sum(is_business_day(day, "LT") for day in waited) == 5
