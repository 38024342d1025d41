"""The registers: sub-processors, disclosures, breaches, contact messages, figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import override_settings

from accounts.actions.request_access_by_order import Order, request_access_by_order
from accounts.models import Notice
from accounts.queries.notices import words_of
from accounts.rules.staff_roles import StaffRole
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.queries.figures import seals_by_customer
from kernel import runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.clock import legal_date
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, Event
from privacy.actions._breaches import BreachClosed
from privacy.actions._disclosures import DisclosureOutOfTurn, SecondConfirmerNeeded
from privacy.actions.announce_breach import announce_breach
from privacy.actions.announce_sub_processor import SubProcessorFacts, announce_sub_processor
from privacy.actions.assess_breach import Assessment, assess_breach
from privacy.actions.change_secrecy import change_secrecy
from privacy.actions.close_breach import BreachUnfinished, close_breach
from privacy.actions.decide_disclosure import decide_disclosure
from privacy.actions.delete_contact_message import delete_contact_message
from privacy.actions.end_sub_processor import SubProcessorEnded, end_sub_processor
from privacy.actions.mail_contact_message import mail_contact_message
from privacy.actions.mark_contact_message_answered import MessageAnswered, mark_contact_message_answered
from privacy.actions.note_authority_told import note_authority_told
from privacy.actions.note_people_told import note_people_told
from privacy.actions.publish_figures import publish_figures
from privacy.actions.record_breach import record_breach
from privacy.actions.record_disclosure import DisclosureFacts, record_disclosure
from privacy.actions.send_contact_message import Written, send_contact_message
from privacy.actions.tell_of_breach import tell_of_breach
from privacy.actions.tell_of_sub_processor import tell_of_sub_processor
from privacy.models import ContactMessage, DataBreach, Disclosure, PublishedFigure, SubProcessor
from privacy.queries.registers import disclosures_of, published_figures
from privacy.rules.contact import text_hash
from tests.cast import Cast, Customers
from tests.queued import carried_out
from tests.staff import Staff, staff_person
from tests.sweeping import swept

HOSTING = SubProcessorFacts("Hosting OÜ", "EE", "hosting", "documents, encrypted", "eea")
CLOCK = Actor.system("tests")
SECOND = timedelta(seconds=1)


@pytest.fixture
def sam(db: None) -> Staff:
    return staff_person("Sam", StaffRole.SUPPORT)


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


def told(cast: Cast, kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind, customer_id=cast.acme.id))


# --- Sub-processors


def test_customers_are_told_of_a_sub_processor_once_and_30_days_before_it_begins(
    cast: Cast, tess: Staff, now: datetime
) -> None:
    today = legal_date(now)
    with pytest.raises(Forbidden):
        announce_sub_processor(actor=cast.alice.actor, facts=HOSTING, starts_on=None, now=now)
    with pytest.raises(InvalidInput):
        announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=today + timedelta(days=29), now=now)
    row = announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=None, now=now)
    assert (row.starts_on, row.initial) == (today + timedelta(days=30), False)
    assert tell_of_sub_processor(sub_processor_id=row.id, now=now) == 2
    assert tell_of_sub_processor(sub_processor_id=row.id, now=now + timedelta(hours=1)) == 0
    (notice,) = told(cast, "sub_processor.announced")
    assert [each.person for each in notice.deliveries.all()] == [cast.alice.person]
    letter = words_of(notice, language="en")
    assert "Hosting OÜ" in letter.subject
    assert "Estonia" in letter.text
    assert "23 December 2026" in letter.text
    with pytest.raises(NotFound):
        tell_of_sub_processor(sub_processor_id="spc_none", now=now)


def test_a_notice_that_goes_out_late_moves_the_first_day(cast: Cast, tess: Staff, now: datetime) -> None:
    row = announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=None, now=now)
    late = now + timedelta(days=3)
    tell_of_sub_processor(sub_processor_id=row.id, now=late)
    row.refresh_from_db()
    assert row.starts_on == legal_date(late) + timedelta(days=30)


def test_the_database_refuses_a_sub_processor_that_begins_too_early(cast: Cast, tess: Staff, now: datetime) -> None:
    row = announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=None, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubProcessor.objects.filter(id=row.id).update(starts_on=row.starts_on - timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_before_there_are_customers_a_sub_processor_may_have_begun_already(tess: Staff, now: datetime) -> None:
    row = announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=date(2020, 1, 1), now=now)
    assert (row.initial, row.starts_on) == (True, date(2020, 1, 1))
    assert tell_of_sub_processor(sub_processor_id=row.id, now=now) == 0
    assert announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=None, now=now).starts_on == legal_date(now)


def test_one_that_is_given_up_before_it_began_is_told_to_nobody_more(cast: Cast, tess: Staff, now: datetime) -> None:
    row = announce_sub_processor(actor=tess.actor, facts=HOSTING, starts_on=None, now=now)
    today = legal_date(now)
    for wrong, error in (("spc_none", NotFound), (row.id, InvalidInput)):
        day = today if wrong != row.id else today - timedelta(days=1)
        with pytest.raises(error):
            end_sub_processor(actor=tess.actor, sub_processor_id=wrong, ends_on=day, now=now)
    ended = end_sub_processor(actor=tess.actor, sub_processor_id=row.id, ends_on=today, now=now)
    assert ended.ends_on == row.starts_on
    assert tell_of_sub_processor(sub_processor_id=row.id, now=now) == 0
    with pytest.raises(SubProcessorEnded):
        end_sub_processor(actor=tess.actor, sub_processor_id=row.id, ends_on=today, now=now)


# --- Disclosures

FACTS = DisclosureFacts(
    authority="Vilnius court",
    country="LT",
    legal_basis="Code of criminal procedure, article 155",
    reference="2-118/2026",
    outcome="given",
    what="Sign-in records of November",
    requested_on=date(2026, 11, 20),
    disclosed_on=date(2026, 11, 22),
)
SECRET = replace(FACTS, secrecy_ground="Article 177", silent_until=date(2026, 12, 24))


def recorded(cast: Cast, sam: Staff, now: datetime, facts: DisclosureFacts = FACTS) -> Disclosure:
    return record_disclosure(actor=sam.actor, customer=cast.acme.slug, facts=facts, now=now)


def test_a_disclosure_is_confirmed_by_a_second_person_and_told_at_once(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    row = recorded(cast, sam, now)
    assert list(disclosures_of(cast.alice.actor)) == []
    with pytest.raises(SecondConfirmerNeeded):
        decide_disclosure(actor=sam.actor, disclosure_id=row.id, confirmed=True, now=now)
    with pytest.raises(Forbidden):
        decide_disclosure(actor=cast.alice.actor, disclosure_id=row.id, confirmed=True, now=now)
    with pytest.raises(NotFound):
        decide_disclosure(actor=tess.actor, disclosure_id="dsc_none", confirmed=True, now=now)
    decide_disclosure(actor=tess.actor, disclosure_id=row.id, confirmed=True, now=now)
    assert [each.id for each in disclosures_of(cast.alice.actor)] == [row.id]
    (notice,) = told(cast, "disclosure.told")
    letter = words_of(notice, language="en")
    for words in ("Vilnius court", "2-118/2026", "Sign-in records of November", "20 November 2026"):
        assert words in letter.text
    entry = AuditEntry.objects.get(action="disclosure.told", customer_id=cast.acme.id)
    assert payload_of(entry).details["authority"] == "Vilnius court"
    assert Event.objects.get(name="disclosure.told").payload == {"outcome": "given"}
    with pytest.raises(DisclosureOutOfTurn):
        decide_disclosure(actor=tess.actor, disclosure_id=row.id, confirmed=False, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.filter(id=row.id).update(decided_by=row.recorded_by)


def test_what_may_not_be_told_leaves_no_trace_for_the_customer_until_its_day(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    row = recorded(cast, sam, now, SECRET)
    seen = set(AuditEntry.objects.filter(customer_id=cast.acme.id).values_list("id", flat=True))
    decide_disclosure(actor=tess.actor, disclosure_id=row.id, confirmed=True, now=now)
    eve = datetime(2026, 12, 23, 21, 59, 59, tzinfo=UTC)  # a second before midnight in Vilnius
    assert carried_out("privacy.tell_disclosures", eve) == 0
    assert list(disclosures_of(cast.alice.actor)) == []
    assert not told(cast, "disclosure.told")
    assert not Event.objects.filter(customer_id=cast.acme.id, name__startswith="disclosure")
    assert set(AuditEntry.objects.filter(customer_id=cast.acme.id).values_list("id", flat=True)) == seen
    assert carried_out("privacy.tell_disclosures", eve + SECOND) == 1
    assert carried_out("privacy.tell_disclosures", eve + SECOND) == 0
    (notice,) = told(cast, "disclosure.told")
    assert "Article 177" in words_of(notice, language="en").text
    assert [each.told_at for each in disclosures_of(cast.alice.actor)] == [eve + SECOND]
    assert list(disclosures_of(cast.mallory.actor)) == []
    with pytest.raises(Forbidden):
        disclosures_of(cast.bob.actor)


def test_a_secrecy_is_prolonged_and_lifted_by_a_second_person(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    row = recorded(cast, sam, now, SECRET)
    longer: dict[str, Any] = {
        "disclosure_id": row.id,
        "ground": "Order 7",
        "silent_until": date(2027, 6, 1),
        "now": now,
    }
    with pytest.raises(DisclosureOutOfTurn):
        change_secrecy(actor=tess.actor, **longer)
    decide_disclosure(actor=tess.actor, disclosure_id=row.id, confirmed=True, now=now)
    with pytest.raises(SecondConfirmerNeeded):
        change_secrecy(actor=sam.actor, **longer)
    with pytest.raises(InvalidInput):
        change_secrecy(actor=tess.actor, **longer | {"ground": " "})
    change_secrecy(actor=tess.actor, **longer)
    assert carried_out("privacy.tell_disclosures", datetime(2027, 5, 31, 20, 59, tzinfo=UTC)) == 0
    change_secrecy(actor=tess.actor, **longer | {"ground": "", "silent_until": None})
    row.refresh_from_db()
    assert (row.state, row.told_at, row.secrecy_ground) == ("told", now, "Order 7")


@pytest.mark.parametrize(
    "wrong",
    [
        {"disclosed_on": None},
        {"outcome": "refused"},
        {"disclosed_on": date(2026, 11, 19)},
        {"requested_on": date(2026, 11, 24), "disclosed_on": date(2026, 11, 24)},
        {"silent_until": date(2027, 1, 1)},
        {"grant_id": "grant_none"},
    ],
)
def test_a_record_that_does_not_fit_is_refused(cast: Cast, sam: Staff, now: datetime, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        recorded(cast, sam, now, replace(FACTS, **wrong))


def test_a_record_names_only_an_access_grant_by_order_about_its_own_customer(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    order = Order("Vilnius court", "2-118/2026", datetime(2026, 12, 23, 22, tzinfo=UTC))
    grant = request_access_by_order(
        actor=sam.actor,
        customer_id=cast.globex.id,
        order=order,
        ticket="T-1",
        seal_ids=[],
        with_content=False,
        hours=1,
        now=now,
    )
    facts = replace(SECRET, grant_id=grant.id)
    with pytest.raises(InvalidInput):
        recorded(cast, sam, now, facts)
    with pytest.raises(InvalidInput):
        record_disclosure(actor=sam.actor, customer="nobody", facts=FACTS, now=now)
    for sooner in (None, date(2026, 12, 23)):  # the order of the grant forbids it until the 24th
        talkative = replace(facts, silent_until=sooner)
        with pytest.raises(InvalidInput):
            record_disclosure(actor=sam.actor, customer=cast.globex.id, facts=talkative, now=now)
    row = record_disclosure(actor=sam.actor, customer=cast.globex.id, facts=facts, now=now)
    decide_disclosure(actor=tess.actor, disclosure_id=row.id, confirmed=False, now=now)
    assert list(disclosures_of(cast.mallory.actor)) == []


# --- Breaches

RISK = Assessment("risk", "Names and addresses", "members of customers", 12, 40, "Spam", "Passwords were reset")


def breach(sam: Staff, now: datetime, *, of_customers: bool = True) -> DataBreach:
    return record_breach(
        actor=sam.actor,
        title="Mail to the wrong customer",
        nature="A list went out",
        aware_at=now,
        began_at=None,
        of_customers=of_customers,
        now=now,
    )


def authority_told(sam: Staff, row: DataBreach, told_at: datetime, now: datetime, reasons: str = "") -> DataBreach:
    return note_authority_told(
        actor=sam.actor,
        breach_id=row.id,
        authority="VDAI",
        reference="7",
        told_at=told_at,
        delay_reasons=reasons,
        now=now,
    )


def test_a_breach_is_judged_told_to_authority_people_and_customers_and_then_closed(
    cast: Cast, sam: Staff, now: datetime
) -> None:
    row = breach(sam, now)
    with pytest.raises(InvalidInput):
        record_breach(
            actor=sam.actor, title="T", nature="N", aware_at=now + SECOND, began_at=None, of_customers=False, now=now
        )
    ids: dict[str, Any] = {"actor": sam.actor, "breach_id": row.id, "now": now + timedelta(hours=80)}
    with pytest.raises(BreachUnfinished, match="assessment"):
        close_breach(**ids)
    with pytest.raises(InvalidInput):
        assess_breach(**ids, assessment=replace(RISK, risk_reasons=" "))
    with pytest.raises(InvalidInput):
        assess_breach(**ids, assessment=replace(RISK, risk="none"))
    assess_breach(**ids, assessment=replace(RISK, risk="high"))
    due = now + timedelta(hours=72)
    for told_at in (now - SECOND, ids["now"] + SECOND, due + SECOND):  # too early, in the future, late without reasons
        with pytest.raises(InvalidInput):
            authority_told(sam, row, told_at, ids["now"])
    authority_told(sam, row, due + SECOND, ids["now"], "A storm")
    authority_told(sam, row, due, ids["now"])
    with pytest.raises(BreachUnfinished, match="people"):
        close_breach(**ids)
    with pytest.raises(InvalidInput):
        note_people_told(**ids, told_at=None, reason="")
    with pytest.raises(InvalidInput):
        note_people_told(**ids, told_at=now - SECOND, reason="")
    note_people_told(**ids, told_at=now, reason="")
    with pytest.raises(BreachUnfinished, match="customers"):
        close_breach(**ids)
    for wrong in ({"customers": ["nobody"], "words": "Look"}, {"customers": [], "words": " "}):
        with pytest.raises(InvalidInput):
            announce_breach(**ids, **wrong)  # type: ignore[arg-type]  # wrong on purpose
    assert announce_breach(**ids, customers=[cast.acme.slug, cast.acme.id], words="Change your passwords.") == 1
    with pytest.raises(BreachUnfinished, match="customers"):
        close_breach(**ids)
    assert tell_of_breach(breach_id=row.id, now=now) == 1
    assert tell_of_breach(breach_id=row.id, now=now) == 0
    assert announce_breach(**ids, customers=[cast.acme.id], words="Change your passwords.") == 0
    assert announce_breach(**ids, customers=[], words="It is over.") == 2
    tell_of_breach(breach_id=row.id, now=now)
    assert "Change your passwords." in words_of(told(cast, "breach.told")[0], language="en").text
    assert not Notice.objects.filter(customer_id=cast.globex.id, kind="breach.told", facts__words__contains="passwords")
    assert close_breach(**ids).closed_at == ids["now"]
    with pytest.raises(BreachClosed):
        assess_breach(**ids, assessment=RISK)
    with pytest.raises(NotFound):
        close_breach(**ids | {"breach_id": "brc_none"})
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_staff_are_reminded_once_each_time_until_the_authority_is_told(sam: Staff, tess: Staff, now: datetime) -> None:
    row = breach(sam, now, of_customers=False)
    given = []
    for hours in (0, 47, 48, 49, 66, 71, 72, 100):
        given.append(carried_out("privacy.remind_of_breaches", now + timedelta(hours=hours)))
    assert given == [0, 0, 1, 0, 1, 0, 1, 0]
    notices = list(Notice.objects.filter(kind="breach.due").order_by("id"))
    assert [each.deliveries.count() for each in notices] == [2, 2, 2]
    words = [words_of(each, language="en") for each in notices]
    assert words[0].subject.startswith("Tell the authority before 26 November 2026, 11:30 EET")
    assert words[2].subject == "The 72 hours are over: Mail to the wrong customer"
    assert f"/staff/privacy/databreach/{row.id}/change/" in words[2].text
    other = breach(sam, now, of_customers=False)
    authority_told(sam, other, now, now)
    assert carried_out("privacy.remind_of_breaches", now + timedelta(hours=72)) == 0


# --- Contact messages

WRITTEN = Written("sales", "Ona", "ona@example.org", "Ar parduodate?", "lt")


def message(now: datetime) -> ContactMessage:
    return send_contact_message(actor=CLOCK, written=WRITTEN, consent_text="Sutinku.", now=now)


def test_a_message_is_kept_with_the_words_agreed_to_and_gone_12_months_after_the_answer(
    sam: Staff, now: datetime
) -> None:
    row, waiting = message(now), message(now)
    assert (row.consent_text, row.consent_sha256) == ("Sutinku.", text_hash("Sutinku."))
    with pytest.raises(Forbidden):
        mark_contact_message_answered(actor=CLOCK, message_id=row.id, now=now)
    mark_contact_message_answered(actor=sam.actor, message_id=row.id, now=now)
    with pytest.raises(MessageAnswered):
        mark_contact_message_answered(actor=sam.actor, message_id=row.id, now=now)
    with pytest.raises(NotFound):
        mark_contact_message_answered(actor=sam.actor, message_id="msg_none", now=now)
    last = datetime(2027, 11, 23, 21, 59, 59, tzinfo=UTC)
    assert swept("privacy_contactmessage", last) == 0
    assert swept("privacy_contactmessage", last + SECOND) == 1
    assert swept("privacy_contactmessage", last + SECOND) == 0
    assert [each.id for each in ContactMessage.objects.all()] == [waiting.id]
    assert delete_contact_message(actor=CLOCK, message_id=waiting.id, now=now)
    assert not delete_contact_message(actor=CLOCK, message_id=waiting.id, now=now)
    assert AuditEntry.objects.filter(action="contact_message.deleted").count() == 1


@pytest.mark.parametrize(
    ("written", "consent"),
    [
        (replace(WRITTEN, topic="other things"), "Yes"),
        (WRITTEN, ""),
        (replace(WRITTEN, message=""), "Yes"),
        (replace(WRITTEN, message="x" * 4001), "Yes"),
    ],
)
def test_no_message_is_kept_without_consent_or_beyond_its_length(
    db: None, now: datetime, written: Written, consent: str
) -> None:
    with pytest.raises(InvalidInput):
        send_contact_message(actor=CLOCK, written=written, consent_text=consent, now=now)
    assert send_contact_message(
        actor=CLOCK, written=replace(WRITTEN, message="x" * 4000), consent_text="Yes", now=now
    ).id


def test_the_operators_mailbox_learns_that_a_message_waits_and_nothing_of_what_it_says(
    sam: Staff, now: datetime
) -> None:
    mail.outbox.clear()
    row = message(now)
    with override_settings(DPO_EMAIL="dpo@operator.example"):
        runner.drain()
    (sent,) = mail.outbox
    assert sent.to == ["dpo@operator.example"]
    for secret in ("Ona", "ona@example.org", "parduodate"):
        assert secret not in f"{sent.subject}{sent.body}"
    assert row.id in sent.body
    with override_settings(DPO_EMAIL="", OPERATOR_CONTACT="+370 600 00000"):
        mail_contact_message(message_id=row.id, now=now)
    assert Notice.objects.get(kind="contact_message.received").deliveries.get().person == sam.person
    with pytest.raises(NotFound):
        mail_contact_message(message_id="msg_none", now=now)


# --- Figures


def test_figures_are_decided_once_and_a_small_crowd_is_told_nothing(cast: Cast, now: datetime) -> None:
    assert publish_figures(now=now) == 2
    assert publish_figures(now=now) == 0
    assert publish_figures(now=now + timedelta(days=13)) == 1  # the 6th of December: November
    found = published_figures()
    assert [(each.begins_on, each.value) for each in found["seals"]] == [
        (date(2026, 11, 1), None),
        (date(2026, 10, 1), None),
    ]
    assert [(each.begins_on, each.value, each.highest) for each in found["requests"]] == [
        (date(2025, 1, 1), None, None)
    ]
    for change in ({"value": 1}, {"published_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PublishedFigure.objects.update(**change)


def test_a_month_of_ten_customers_is_told_with_its_first_and_without_its_last_moment(
    customers: Customers, now: datetime
) -> None:
    begins, ends = datetime(2026, 10, 31, 22, tzinfo=UTC), datetime(2026, 11, 30, 22, tzinfo=UTC)
    ids = [customers.customer("Crowd", customers.person("Owner")).customer.id for _each in range(10)]
    for customer_id in ids:
        start_subscription(actor=CLOCK, customer_id=customer_id, plan_code="1", interval="month", now=begins)
        deliver(customer_id, begins)
    deliver(ids[0], ends - SECOND)
    counts = seals_by_customer(starts_at=begins, ends_at=ends - SECOND)
    assert counts == dict.fromkeys(ids, 1)
    assert seals_by_customer(starts_at=begins, ends_at=ends) == counts | {ids[0]: 2}
    assert seals_by_customer(starts_at=begins + SECOND, ends_at=ends) == {ids[0]: 1}
    publish_figures(now=datetime(2027, 1, 1, 12, tzinfo=UTC))
    november, requests = published_figures()["seals"][0], published_figures()["requests"][0]
    assert (november.begins_on, november.value) == (date(2026, 11, 1), 0)  # fewer than a hundred
    assert (requests.begins_on, requests.value, requests.highest) == (date(2026, 1, 1), 0, 9)


def deliver(customer_id: str, at: datetime) -> None:
    source_id = f"{customer_id}:{at.isoformat()}"
    with transaction.atomic():
        record_usage(customer_id=customer_id, source_type="delivery", source_id=source_id, occurred_at=at, now=at)
