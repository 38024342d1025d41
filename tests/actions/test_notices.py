"""Notices: given to whom they concern, once each, in their language (clause E8)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.actions.collect_bounces import collect_bounces
from accounts.actions.end_membership import end_membership
from accounts.actions.give_notice import give_notice
from accounts.actions.mail_notice import mail_notice
from accounts.actions.mute_notices import mute_notices
from accounts.actions.read_notice import read_notice
from accounts.actions.record_bounce import record_bounce
from accounts.gateways.mail import MailUnavailable
from accounts.models import Notice, NoticeDelivery
from accounts.queries import active_memberships
from accounts.queries.notices import bouncing_people, notice_of, notices_of, words_of
from kernel import clock, runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, Event
from tests.cast import Cast, Customers

ANSWER = "5.1.1 550 5.1.1 nobody here"


def unread_notices(actor: Actor) -> int:
    """As the portal's menu shows it."""
    found = active_memberships(person_id=int(actor.person))
    return next(each.unread_notices for each in found if each.id == actor.id)


def joined(cast: Cast, now: datetime, *, customer_id: str | None = "", **options: Any) -> Notice:
    return give_notice(
        kind="member.joined",
        customer_id=cast.acme.id if customer_id == "" else customer_id,
        now=now,
        facts={"name": "Erin", "role": "member", "seen_at": now},
        **{"permission": "member.manage"} | options,
    )


def deliver(now: datetime) -> list[Any]:
    """Mail what waits, without the other work that waits for new customers; returns the mails."""
    mail.outbox.clear()
    for delivery in NoticeDelivery.objects.filter(state="queued").order_by("id"):
        mail_notice(delivery_id=delivery.id, now=now)
    return mail.outbox


def test_a_notice_goes_to_who_may_and_to_who_is_named_each_once_in_their_language(
    cast: Cast, customers: Customers, now: datetime
) -> None:
    eve = customers.member(cast.acme, "Eve", "administrator")
    eve.person.language = "lt"
    eve.person.save()
    runner.drain()
    mail.outbox.clear()
    notice = joined(cast, now, people=[cast.bob.person.pk, cast.alice.person.pk])
    runner.drain()
    assert {message.to[0] for message in mail.outbox} == {m.person.email for m in (eve, cast.alice, cast.bob)}
    assert len(mail.outbox) == 3
    by_person = {each.person_id: each for each in notice.deliveries.all()}
    assert {each.state for each in by_person.values()} == {"sent"}
    assert by_person[eve.person.pk].language == "lt"
    assert (notice.number, notice.given_at) == ("N-2026-000001", now)
    assert AuditEntry.objects.get(action="notice.given").subject == notice.id
    assert Event.objects.get(name="notice.given").payload["people"] == 3


def test_a_mail_says_its_number_and_where_it_is_and_can_be_proven(cast: Cast, now: datetime, settings: Any) -> None:
    settings.MAIL_BOUNCE_ADDRESS = "bounces@example.org"
    notice = joined(cast, now)
    deliver(now)
    [message], [delivery] = mail.outbox, notice.deliveries.all()
    assert notice.number in message.body
    assert f"/c/{cast.acme.slug}/notices/{notice.id}/" in message.body
    sent = message.message()
    assert sent["Message-ID"] == f"<{delivery.id}@sealport.localhost>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["From"] == settings.DEFAULT_FROM_EMAIL
    assert message.from_email == f"bounces+{delivery.id}@example.org"
    assert sent["List-Unsubscribe"].endswith(f"/c/{cast.acme.slug}/notices/preferences/>")
    assert delivery.text_sha256 == hashlib.sha256(f"{message.subject}\n\n{message.body}".encode()).hexdigest()
    assert words_of(notice, language="en").text in message.body


def test_what_must_be_sent_offers_no_way_to_mute_it(cast: Cast, now: datetime) -> None:
    facts = {"host": "smtp.acme.example", "reason": "silent", "answer": "", "failed_at": now}
    give_notice(kind="mail_server.failed", customer_id=cast.acme.id, now=now, permission="customer.manage", facts=facts)
    deliver(now)
    [message] = mail.outbox
    assert "List-Unsubscribe" not in message.message()
    assert "/preferences/" not in message.body
    assert "The server does not answer at this port." in message.body


def test_no_fact_breaks_out_of_the_subject(cast: Cast, now: datetime) -> None:
    hostile = "Erin\r\nBcc: everybody@example.org\n\n<script>"
    facts = {"name": hostile, "role": "member"}
    give_notice(kind="member.joined", customer_id=cast.acme.id, now=now, permission="member.manage", facts=facts)
    deliver(now)
    [message] = mail.outbox
    sent = message.message()
    assert sent["Bcc"] is None
    assert "\n" not in message.subject
    assert "<script>" not in message.alternatives[0][0]


def test_numbers_follow_one_another_for_each_customer_and_year_of_the_legal_calendar(cast: Cast, now: datetime) -> None:
    numbers = [joined(cast, now).number, joined(cast, now).number, joined(cast, now, customer_id=cast.globex.id).number]
    assert numbers == ["N-2026-000001", "N-2026-000002", "N-2026-000001"]
    midnight_in_vilnius = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
    assert joined(cast, midnight_in_vilnius).number == "N-2027-000001"


def test_what_is_rolled_back_was_never_given(cast: Cast, now: datetime) -> None:
    with transaction.atomic():
        joined(cast, now)
        transaction.set_rollback(True)
    deliver(now)
    assert not Notice.objects.exists()
    assert not mail.outbox
    assert joined(cast, now).number == "N-2026-000001"


def test_a_notice_that_is_not_in_the_catalogue_is_a_mistake_of_ours(cast: Cast, now: datetime) -> None:
    with pytest.raises(KeyError):
        give_notice(kind="cake.eaten", customer_id=cast.acme.id, now=now, permission="member.manage")
    assert not NoticeDelivery.objects.exists()


def test_who_has_no_portal_is_given_notice_when_the_mail_is_sent(cast: Cast, now: datetime) -> None:
    end_membership(actor=cast.alice.actor, membership_id=cast.bob.membership.id, now=now)
    notice = joined(cast, now, permission="", people=[cast.bob.person.pk])
    assert notice.given_at is None
    sent_at = now + timedelta(hours=3)
    mail_notice(delivery_id=notice.deliveries.get().id, now=sent_at)
    notice.refresh_from_db()
    assert notice.given_at == sent_at
    assert f"/notices/{notice.id}/" not in mail.outbox[-1].body, "they could not open it"
    with pytest.raises(NotFound):
        mail_notice(delivery_id=notice.deliveries.get().id, now=sent_at)


def test_a_muted_topic_is_not_mailed_and_counts_all_the_same(cast: Cast, now: datetime) -> None:
    alice = cast.alice.actor
    with pytest.raises(InvalidInput):
        mute_notices(actor=alice, topics={"mail_server"}, now=now)
    mute_notices(actor=alice, topics={"member"}, now=now)
    notice = joined(cast, now)
    deliver(now)
    assert not mail.outbox
    assert (notice.deliveries.get().state, notice.given_at) == ("muted", now)
    assert unread_notices(alice) == 1
    assert payload_of(AuditEntry.objects.get(action="notice.muted")).details == {"from": [], "to": ["member"]}
    mute_notices(actor=alice, topics=(), now=now)
    joined(cast, now)
    deliver(now)
    assert len(mail.outbox) == 1


def test_the_inbox_holds_what_was_addressed_to_oneself_here(cast: Cast, now: datetime, customers: Customers) -> None:
    mallory_too = customers.member(cast.acme, "Mallory2", "member")
    to_alice = joined(cast, now)
    to_bob = joined(cast, now, permission="", people=[cast.bob.person.pk])
    to_the_person = joined(cast, now, customer_id=None, permission="", people=[cast.bob.person.pk])
    elsewhere = joined(cast, now, customer_id=cast.globex.id, permission="", people=[cast.bob.person.pk])

    def ids(page: Any) -> list[str]:
        return [line.notice.id for line in page.items]

    bob = cast.bob.actor
    assert ids(notices_of(bob, language="en")) == [to_the_person.id, to_bob.id]
    assert ids(notices_of(mallory_too.actor, language="en")) == []
    assert ids(notices_of(cast.alice.actor, language="en", everybody=True)) == [to_bob.id, to_alice.id]
    assert notice_of(cast.alice.actor, to_bob.id, language="en").log
    assert not notice_of(bob, to_bob.id, language="en").log
    with pytest.raises(Forbidden):
        notices_of(bob, language="en", everybody=True)
    for stranger, notice in ((bob, to_alice), (bob, elsewhere), (cast.alice.actor, to_the_person)):
        with pytest.raises(NotFound):
            notice_of(stranger, notice.id, language="en")
    assert read_notice(actor=bob, notice_id=to_alice.id, now=now) == 0
    assert read_notice(actor=bob, notice_id=to_bob.id, now=now) == 1
    assert read_notice(actor=bob, notice_id=to_bob.id, now=now + timedelta(days=1)) == 0
    assert ids(notices_of(bob, language="en", unread=True)) == [to_the_person.id]
    assert read_notice(actor=bob, now=now) == unread_notices(bob) + 1 == 1
    assert NoticeDelivery.objects.get(notice=to_bob).read_at == now


def test_a_mail_that_no_server_takes_is_tried_for_four_days_and_stays_in_the_portal(
    cast: Cast, now: datetime, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    notice = joined(cast, now)
    delivery = notice.deliveries.get()
    with pytest.raises(MailUnavailable):
        mail_notice(delivery_id=delivery.id, now=now + timedelta(days=4) - timedelta(microseconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("queued", 1)
    mail_notice(delivery_id=delivery.id, now=now + timedelta(days=4))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("failed", 2)
    assert delivery.failure
    assert unread_notices(cast.alice.actor) == 1


# --- Mail that comes back ------------------------------------------------------------------------------------------


def report(delivery: NoticeDelivery, *, status: str = "5.1.1", action: str = "failed", how: str = "headers") -> bytes:
    """A delivery status report (RFC 3464) that names the delivery in the way `how`."""
    told = EmailMessage()
    told["From"], told["To"] = "MAILER-DAEMON@mx.example.org", "bounces@sealport.example"
    if how == "return path":
        told.replace_header("To", f"bounces+{delivery.id}@sealport.example")
    told.set_content("I could not deliver your mail.")
    fields = f"Final-Recipient: rfc822; {delivery.email}\nAction: {action}\nStatus: {status}\n"
    fields += "Diagnostic-Code: smtp; 550 5.1.1 nobody here\n"
    status_part = f"Reporting-MTA: dns; mx.example.org\n\n{fields}\n"
    original = f"Message-ID: <{delivery.id}@sealport.localhost>\nSubject: A notice\n\n"
    returned = {"headers": "text/rfc822-headers", "message": "message/rfc822", "return path": "text/plain"}[how]
    if how == "return path":
        original = "nothing\n"
    lines = [
        f"From: {told['From']}\nTo: {told['To']}\nMIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n',
        "--b\nContent-Type: text/plain\n\nI could not deliver your mail.",
        f"--b\nContent-Type: message/delivery-status\n\n{status_part}",
        f"--b\nContent-Type: {returned}\n\n{original}",
        "--b--\n",
    ]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("how", ["headers", "message", "return path"])
def test_a_mail_that_came_back_is_told_to_administrators_once(
    cast: Cast, customers: Customers, now: datetime, how: str
) -> None:
    eve = customers.member(cast.acme, "Eve", "administrator")
    first, second = (joined(cast, now, permission="", people=[cast.bob.person.pk]) for _ in range(2))
    deliver(now)
    for notice in (first, second, first):
        assert record_bounce(report=report(notice.deliveries.get(), how=how), now=now)
    assert {(each.state, each.failure) for each in (first.deliveries.get(), second.deliveries.get())} == {
        ("bounced", ANSWER)
    }
    told = Notice.objects.get(kind="mail.bounced")
    assert (told.customer_id, told.subject) == (cast.acme.id, first.id)
    deliver(now)
    assert {message.to[0] for message in mail.outbox} == {cast.alice.person.email, eve.person.email}
    assert "550 5.1.1 nobody here" in mail.outbox[0].body
    assert bouncing_people([cast.bob.person.pk, eve.person.pk]) == {cast.bob.person.pk}
    for delivery in told.deliveries.all():
        assert record_bounce(report=report(delivery), now=now)
    assert Notice.objects.filter(kind="mail.bounced").count() == 1, "two dead addresses do not write to each other"


def test_somebody_with_a_new_address_is_reachable_again(cast: Cast, now: datetime) -> None:
    notice = joined(cast, now)
    deliver(now)
    record_bounce(report=report(notice.deliveries.get()), now=now)
    person = cast.alice.person
    assert bouncing_people([person.pk]) == {person.pk}
    person.email = "alice.new@example.org"
    person.save()
    assert not bouncing_people([person.pk])


def test_what_is_no_final_failure_of_ours_changes_nothing(cast: Cast, now: datetime) -> None:
    notice = joined(cast, now)
    deliver(now)
    delivery = notice.deliveries.get()
    forged = report(delivery).replace(delivery.id.encode(), b"ndl_01jdabcdefghjkmnpqrstvwxyz")
    others = [
        report(delivery, action="delayed", status="4.4.1"),
        report(delivery, status="4.2.2"),
        report(delivery).replace(b"multipart/report", b"multipart/mixed"),
        forged,
        b"",
        b"\xff" * 5000,
        f"Subject: I am away\n\n{delivery.id}".encode(),
    ]
    assert not any(record_bounce(report=each, now=now) for each in others)
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_a_maildir_is_emptied_of_reports_and_keeps_what_people_wrote(
    cast: Cast, now: datetime, tmp_path: Path, capsys: Any
) -> None:
    delivery = joined(cast, now).deliveries.get()
    deliver(now)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(report(delivery))
    (tmp_path / "new" / "2").write_bytes(b"Subject: Hello\n\nWho are you?")
    call_command("record_bounces", maildir=str(tmp_path))
    assert capsys.readouterr().out == "1 recorded\n"
    assert not list((tmp_path / "new").iterdir())
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["2:2,S"]
    assert collect_bounces(maildir=str(tmp_path), now=clock.now()) == 0
    assert collect_bounces(maildir=str(tmp_path / "none"), now=clock.now()) == 0
    with pytest.raises(CommandError, match="no maildir"):  # a hand slips where the mail server's agent does not
        call_command("record_bounces", maildir=str(tmp_path / "none"))
