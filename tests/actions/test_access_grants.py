"""Grants of access: what is refused, what lapses, and what an authority's order forbids to tell."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.actions._grants import GrantOutOfTurn, SecondApproverNeeded
from accounts.actions.decide_access import decide_access
from accounts.actions.offer_access import offer_access
from accounts.actions.open_support_page import AccessOver, open_support_page
from accounts.actions.request_access_by_order import Order, request_access_by_order
from accounts.actions.revoke_access import revoke_access
from accounts.actions.take_up_access import take_up_access
from accounts.models import AccessGrant, Notice
from accounts.queries.export import account_tables
from accounts.queries.grants import grants_of
from accounts.rules.grants import LONGEST, OFFER_HOLDS, REQUEST_HOLDS
from accounts.rules.staff_roles import StaffRole
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, Event
from kernel.reading import NoGrant
from tests.cast import Cast
from tests.queued import carried_out
from tests.staff import Staff, staff_person

SEAL = "seal_01jd0000000000000000000000"
MOMENT = timedelta(microseconds=1)
CLOCK = Actor.system("accounts.end_access_grants")


@pytest.fixture
def sam(db: None) -> Staff:
    return staff_person("Sam", StaffRole.SUPPORT)


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


def offered(cast: Cast, now: datetime, *, hours: int = 4) -> AccessGrant:
    return offer_access(
        actor=cast.alice.actor, purpose="It fails", seal_ids=[SEAL], with_content=False, hours=hours, now=now
    )


def by_order(cast: Cast, sam: Staff, now: datetime, silent_until: datetime | None) -> AccessGrant:
    return request_access_by_order(
        actor=sam.actor,
        customer_id=cast.acme.id,
        order=Order("Vilnius court", "2-118/2026", silent_until),
        ticket="T-2",
        seal_ids=[SEAL],
        with_content=True,
        hours=1,
        now=now,
    )


def test_only_who_may_grant_access_offers_it_and_only_documents(cast: Cast, now: datetime) -> None:
    for member in (cast.bob, cast.carol, cast.dave):
        with pytest.raises(Forbidden):
            offer_access(actor=member.actor, purpose="Look", seal_ids=[], with_content=True, hours=1, now=now)
    for wrong in (
        {"hours": 24},
        {"purpose": " "},
        {"seal_ids": ["cus_1"]},
        {"seal_ids": [f"{SEAL[:-2]}{n}" for n in range(10, 61)]},
    ):
        asked = {"purpose": "Look", "seal_ids": [SEAL], "with_content": True, "hours": 1} | wrong
        with pytest.raises(InvalidInput):
            offer_access(actor=cast.alice.actor, now=now, **asked)  # type: ignore[arg-type]  # wrong on purpose


def test_staff_need_the_customers_offer_a_colleague_and_the_right_turn(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    grant = offered(cast, now)
    for actor in (cast.alice.actor, CLOCK):
        with pytest.raises(Forbidden):
            take_up_access(actor=actor, grant_id=grant.id, ticket="T", now=now)
        with pytest.raises(Forbidden):
            decide_access(actor=actor, grant_id=grant.id, approved=True, now=now)
    with pytest.raises(GrantOutOfTurn):
        decide_access(actor=tess.actor, grant_id=grant.id, approved=True, now=now)
    take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T", now=now)
    with pytest.raises(GrantOutOfTurn):
        take_up_access(actor=tess.actor, grant_id=grant.id, ticket="T", now=now)
    with pytest.raises(SecondApproverNeeded):
        decide_access(actor=sam.actor, grant_id=grant.id, approved=True, now=now)
    with pytest.raises(NoGrant):
        open_support_page(actor=sam.actor, grant_id=grant.id, page="list", now=now)
    found = decide_access(actor=tess.actor, grant_id=grant.id, approved=True, now=now)
    assert (found.starts_at, found.ends_at) == (now, now + LONGEST)
    assert found.ends_at is not None
    open_support_page(actor=sam.actor, grant_id=grant.id, page="list", now=found.ends_at - MOMENT)
    with pytest.raises(AccessOver):
        open_support_page(actor=sam.actor, grant_id=grant.id, page="list", now=found.ends_at)


def test_the_database_itself_refuses_one_person_and_long_grants(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    grant = offered(cast, now)
    take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T", now=now)
    rows = AccessGrant.objects.filter(id=grant.id)
    opened = {"state": "granted", "starts_at": now}
    for wrong in (
        {"decided_by": sam.person, "ends_at": now + LONGEST},
        {"decided_by": tess.person, "ends_at": now + LONGEST + timedelta(seconds=1)},
        {"ends_at": now + LONGEST},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**opened, **wrong)
    assert rows.update(**opened, decided_by=tess.person, ends_at=now + LONGEST) == 1


def test_what_nobody_takes_up_lapses_and_each_end_is_told_once(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    forgotten, undecided, looked = (offered(cast, now) for _each in range(3))
    for grant in (undecided, looked):
        take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T", now=now)
    decide_access(actor=tess.actor, grant_id=looked.id, approved=True, now=now)
    for later, ended in ((LONGEST - MOMENT, 0), (LONGEST, 1), (REQUEST_HOLDS, 1), (OFFER_HOLDS, 1), (OFFER_HOLDS, 0)):
        assert carried_out("accounts.end_access_grants", now + later) == ended
    assert {each.state for each in AccessGrant.objects.all()} == {"ended"}
    with pytest.raises(GrantOutOfTurn):
        take_up_access(actor=sam.actor, grant_id=forgotten.id, ticket="T", now=now + OFFER_HOLDS)
    told = list(Notice.objects.filter(kind="access.ended").values_list("subject", flat=True))
    assert sorted(told) == sorted([looked.id, undecided.id])


def test_an_offer_whose_time_has_passed_is_over_before_anybody_writes_it_down(
    cast: Cast, sam: Staff, now: datetime
) -> None:
    grant = offered(cast, now)
    assert [each.state for each in grants_of(cast.alice.actor, now=now + OFFER_HOLDS)] == ["ended"]
    with pytest.raises(GrantOutOfTurn):
        take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T", now=now + OFFER_HOLDS)


def test_a_customer_ends_its_own_grants_at_once_and_nobody_elses(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    grant = offered(cast, now)
    take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T", now=now)
    decide_access(actor=tess.actor, grant_id=grant.id, approved=True, now=now)
    with pytest.raises(NotFound):
        revoke_access(actor=cast.mallory.actor, grant_id=grant.id, now=now)
    with pytest.raises(Forbidden):
        revoke_access(actor=cast.bob.actor, grant_id=grant.id, now=now)
    revoke_access(actor=cast.alice.actor, grant_id=grant.id, now=now)
    with pytest.raises(AccessOver):
        open_support_page(actor=sam.actor, grant_id=grant.id, page="list", now=now)
    with pytest.raises(GrantOutOfTurn):
        revoke_access(actor=cast.alice.actor, grant_id=grant.id, now=now)


def test_an_order_is_told_at_once_unless_it_forbids_it(cast: Cast, sam: Staff, tess: Staff, now: datetime) -> None:
    grant = by_order(cast, sam, now, None)
    assert Notice.objects.get(kind="access.requested").subject == grant.id
    with pytest.raises(Forbidden):
        revoke_access(actor=cast.alice.actor, grant_id=grant.id, now=now)


def exported(cast: Cast, now: datetime) -> dict[str, int]:
    """How many rows of what staff did the complete export has."""
    tables = account_tables(cast.acme.id, now=now)
    return {table.name: len(list(table.rows)) for table in tables if table.name.startswith("staff-")}


def test_what_an_order_forbids_to_tell_is_told_in_full_once_it_allows_it(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    until = now + timedelta(days=30)
    grant = by_order(cast, sam, now, until)
    decide_access(actor=tess.actor, grant_id=grant.id, approved=True, now=now)
    open_support_page(actor=sam.actor, grant_id=grant.id, page="document", seal_id=SEAL, now=now)
    carried_out("accounts.end_access_grants", until - MOMENT)
    theirs = AuditEntry.objects.filter(customer_id=cast.acme.id)
    assert not theirs.filter(subject__in=[grant.id, SEAL]).exists()
    assert not Event.objects.filter(customer_id=cast.acme.id, subject=grant.id).exists()
    assert not Notice.objects.filter(customer=cast.acme).exists()
    assert grants_of(cast.alice.actor, now=until - MOMENT) == []
    assert exported(cast, until - MOMENT) == {"staff-access": 0, "staff-reads": 0}
    with pytest.raises(NotFound):
        revoke_access(actor=cast.alice.actor, grant_id=grant.id, now=now)
    kept = AuditEntry.objects.filter(customer_id=None, subject__in=[grant.id, SEAL]).values_list("action", flat=True)
    assert set(kept) >= {"access.requested", "access.granted", "document.read_by_staff", "access.ended"}

    carried_out("accounts.end_access_grants", until)
    carried_out("accounts.end_access_grants", until)
    entry = theirs.get(action="access.disclosed")
    assert [page["document"] for page in payload_of(entry).details["pages"]] == [SEAL]
    assert Notice.objects.get(customer=cast.acme).kind == "access.disclosed"
    assert [len(each.reads) for each in grants_of(cast.alice.actor, now=until)] == [1]
    assert exported(cast, until) == {"staff-access": 1, "staff-reads": 1}
