"""A customer of hosted services chooses how long its audit trail is kept, between floor and ceiling (D5)."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actions.choose_audit_period import AuditPeriodNotOffered, choose_audit_period
from accounts.actions.suspend_customer import ReasonNeeded
from kernel import clock
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.audit_partitions import count_expired, days_of, make_partitions
from kernel.audit_payloads import chosen_retention
from kernel.audit_periods import HOSTED, Retention
from kernel.errors import Forbidden
from kernel.models import AuditEntry
from privacy.catalogue import RULE
from tests.cast import Cast


def staff(reason: str = "They host with us.") -> Actor:
    return Actor.staff(person_id="1", name="Sam", reason=reason)


def choose(actor: Actor, cast: Cast, period: Retention) -> None:
    choose_audit_period(actor=actor, customer_id=cast.acme.id, period=period, now=clock.now())


def test_staff_say_who_is_hosted_and_the_customer_chooses_within_floor_and_ceiling(cast: Cast) -> None:
    owner = cast.alice.actor
    for period in Retention:
        with pytest.raises(AuditPeriodNotOffered):
            choose(owner, cast, period)
    with pytest.raises(ReasonNeeded):
        choose(staff(" "), cast, Retention.HOSTED)
    with pytest.raises(AuditPeriodNotOffered):
        choose(staff(), cast, Retention.HOSTED_5)
    choose(staff(), cast, Retention.HOSTED)
    with pytest.raises(Forbidden):
        choose(cast.bob.actor, cast, Retention.HOSTED_10)
    for period in (Retention.ACTIVITY, Retention.PLATFORM):
        with pytest.raises(AuditPeriodNotOffered):
            choose(owner, cast, period)
    for period in (Retention.HOSTED_10, Retention.HOSTED_10, Retention.HOSTED_5):
        choose(owner, cast, period)
        assert chosen_retention(cast.acme.id) is period
    entries = AuditEntry.objects.filter(action="audit_period.chosen").order_by("id")
    assert [payload_of(each).details["to"] for each in entries] == ["hosted", "hosted10", "hosted5y"]
    assert entries[2].retention == "hosted5y"
    choose(staff("No more."), cast, Retention.ACTIVITY)


def test_the_periods_offered_are_those_of_the_rule(db: None) -> None:
    rule = RULE["hosted_audit"]
    assert rule.floor is not None
    assert rule.ceiling is not None
    assert (rule.floor.months, rule.ceiling.years) == (18, 10)
    assert HOSTED == (Retention.HOSTED, Retention.HOSTED_5, Retention.HOSTED_10)
    make_partitions()
    assert days_of(HOSTED)
    assert count_expired(HOSTED, clock.now()) == 0


def test_the_page_says_what_holds_and_what_follows(cast: Cast, client: Client) -> None:
    client.force_login(cast.alice.person)
    address = f"/c/{cast.acme.slug}/audit/period/"
    page = client.get(address).content.decode()
    assert "New entries are kept for 90 days." in page
    assert "write to us" in page
    choose(staff(), cast, Retention.HOSTED)
    assert client.post(address, {"action": "save", "period": "activity"}).status_code == 422
    assert client.post(address, {"action": "save", "period": "hosted10"}).status_code == 302
    page = client.get(address).content.decode()
    assert "New entries are kept for 10 years." in page
    assert "It holds for new entries only." in page
