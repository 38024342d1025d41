"""Notices: given to whom they concern, once each, in their language (clause E8)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core import mail
from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import Notice, NoticeDelivery
from kernel import runner
from kernel.models import AuditEntry, Event
from tests.cast import Cast, Customers


def joined(cast: Cast, now: datetime, *, customer_id: str | None = "", **options: object) -> Notice:
    options = {"permission": "member.manage"} | options
    to = cast.acme.id if customer_id == "" else customer_id
    return give_notice(
        kind="member.joined",
        customer_id=to,
        now=now,
        facts={"name": "Erin", "role": "member", "seen_at": now},
        **options,  # type: ignore[arg-type]  # what the test says
    )


@pytest.fixture(autouse=True)
def _quiet(cast: Cast) -> None:
    runner.drain()
    mail.outbox.clear()


def test_a_notice_goes_to_who_may_and_to_who_is_named_each_once_in_their_language(
    cast: Cast, customers: Customers, now: datetime
) -> None:
    eve = customers.member(cast.acme, "Eve", "administrator")
    eve.person.language = "lt"
    eve.person.save()
    notice = joined(cast, now, people=[cast.bob.person.pk, cast.alice.person.pk])
    runner.drain()
    assert {message.to[0] for message in mail.outbox} == {m.person.email for m in (eve, cast.alice, cast.bob)}
    assert len(mail.outbox) == 3
    by_person = {each.person_id: each for each in notice.deliveries.all()}
    assert {each.state for each in by_person.values()} == {"sent"}
    assert by_person[eve.person.pk].language == "lt"
    assert all(len(each.text_sha256) == 64 and each.attempts == 1 for each in by_person.values())
    assert (notice.number, notice.given_at) == ("N-2026-000001", now)
    assert AuditEntry.objects.get(action="notice.given").subject == notice.id
    assert Event.objects.get(name="notice.given").payload["people"] == 3


def test_numbers_follow_one_another_for_each_customer_and_year_of_the_legal_calendar(cast: Cast, now: datetime) -> None:
    numbers = [joined(cast, now).number, joined(cast, now).number, joined(cast, now, customer_id=cast.globex.id).number]
    assert numbers == ["N-2026-000001", "N-2026-000002", "N-2026-000001"]
    midnight_in_vilnius = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
    assert joined(cast, midnight_in_vilnius).number == "N-2027-000001"


def test_what_is_rolled_back_was_never_given(cast: Cast, now: datetime) -> None:
    with transaction.atomic():
        joined(cast, now)
        transaction.set_rollback(True)
    runner.drain()
    assert not Notice.objects.exists()
    assert not mail.outbox
    assert joined(cast, now).number == "N-2026-000001"


def test_a_notice_that_is_not_in_the_catalogue_is_a_mistake_of_ours(cast: Cast, now: datetime) -> None:
    with pytest.raises(KeyError):
        give_notice(kind="cake.eaten", customer_id=cast.acme.id, now=now, permission="member.manage")
    assert not NoticeDelivery.objects.exists()
