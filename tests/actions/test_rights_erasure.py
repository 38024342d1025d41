"""A member asks for erasure: from the request to the forgotten account and the answer that says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client, override_settings

from accounts.models import Person
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from kernel.models import Job
from privacy.actions._rights import status_secret
from privacy.actions.answer_rights_request import answer_rights_request
from privacy.actions.note_account_erased import note_account_erased
from privacy.actions.run_retention import run_retention
from privacy.models import RetentionItem, RightsRequest
from privacy.queries.outcomes import usual_results
from privacy.queries.rights import account_outcome
from privacy.rules.rights import RequestKind, Result
from tests.actions.test_rights import begun, own
from tests.cast import Cast
from tests.staff import staff_person

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path) -> Iterator[None]:
    with override_settings(ERASURE_LEDGER_DIR=tmp_path / "ledger"):
        yield


def work() -> None:
    """What is queued, also for a moment to come; a few rounds, for nothing is sealed here."""
    for _round in range(4):
        Job.objects.filter(state="queued").update(run_at=clock.now() - DAY)
        runner.drain()


def test_a_member_asks_is_forgotten_by_the_engine_and_answered_at_the_address_of_the_request(cast: Cast) -> None:
    bob, tess, now = cast.bob, staff_person("Tess", StaffRole.SUPERVISOR), clock.now()
    address = bob.person.email
    row = begun(tess.actor, own(bob, RequestKind.ERASURE, now), now)
    work()
    assert account_outcome(row) is None
    run_retention(now=now, seconds=30)
    item = RetentionItem.objects.get(rule="person", person_id=str(bob.person.pk))
    run_retention(now=now + 5 * DAY, seconds=30)
    assert Person.objects.get(pk=bob.person.pk).forgotten_at is None
    run_retention(now=now + 6 * DAY, seconds=30)
    item.refresh_from_db()
    assert (item.state, Person.objects.get(pk=bob.person.pk).forgotten_at) == ("done", now + 6 * DAY)
    work()
    told = account_outcome(row)
    assert told is not None
    assert (told.step, told.by_kind) == ("account_erased", "system")
    assert "Kept, because a law obliges us: " in told.reason
    assert address not in told.reason
    desk = (
        staff_person("Tara", StaffRole.SUPERVISOR)
        .client.get(f"/staff/privacy/rightsrequest/{row.id}/change/")
        .content.decode()
    )
    assert "account_erased" in desk
    page = Client().get(f"/privacy/request/{status_secret(row.id)}/").content.decode()
    assert "Your account is gone since" in page
    mail.outbox.clear()
    results = usual_results(RequestKind.ERASURE, has_account=True)
    answer_rights_request(actor=tess.actor, request_id=row.id, answer="It is done.", results=results, now=now + 6 * DAY)
    work()
    assert [sent.to for sent in mail.outbox] == [[address]]
    outcome = {each["rule"]: each["result"] for each in RightsRequest.objects.get(id=row.id).outcome}
    assert (outcome["person"], outcome["bookkeeping"]) == (Result.ERASED.value, Result.KEPT.value)


def test_why_an_account_stays_is_told_with_the_request_once(cast: Cast) -> None:
    tess, now = staff_person("Tess", StaffRole.SUPERVISOR), clock.now()
    row = begun(tess.actor, own(cast.alice, RequestKind.ERASURE, now), now)
    work()
    told = account_outcome(row)
    assert told is not None
    assert (told.step, "only owner of Acme" in told.reason) == ("account_stays", True)
    assert note_account_erased(request_id=row.id, counts={}, refused="only_owner", detail="", now=now) is None
    assert "Your account is still there" in Client().get(f"/privacy/request/{status_secret(row.id)}/").content.decode()
