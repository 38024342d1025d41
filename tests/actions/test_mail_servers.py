"""A customer's own mail server: proven before it is used, and never the reason why a notice is lost (clause E11)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from accounts.actions.give_notice import give_notice
from accounts.actions.invite_member import invite_member
from accounts.actions.mail_invitation import mail_invitation
from accounts.actions.mail_notice import mail_notice
from accounts.actions.remove_mail_server import remove_mail_server
from accounts.actions.set_mail_server import set_mail_server
from accounts.actions.switch_mail_server import MailServerUnproven, switch_mail_server
from accounts.actions.try_mail_server import MailServerJustTried, MailServerRefused, try_mail_server
from accounts.gateways import smtp
from accounts.gateways.egress import HostRefused, HostUnknown
from accounts.gateways.smtp import MailServerFailed
from accounts.models import MailServer, Notice, NoticeDelivery
from accounts.queries.mail_server import mail_server_of
from accounts.rules.permissions import Role
from kernel.audit import payload_of
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry
from tests.cast import Cast, Member
from tests.doubles.names import names
from tests.doubles.smtp_server import PASSWORD, SmtpServer, certificate

HOST = "smtp.acme.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def double(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    trusted, context = certificate(tmp_path)
    settings.EGRESS_TRUST_ANCHORS = str(trusted)
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    known = {HOST: ["127.0.0.1"], "inside.example": ["10.0.0.7"], "half.example": ["8.8.8.8"]}
    monkeypatch.setattr(socket, "getaddrinfo", names(known))
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.3)
    with SmtpServer(context).running() as server:
        yield server


def set_up(member: Member, now: datetime, **changes: Any) -> MailServer:
    asked: dict[str, Any] = {"host": HOST, "port": 587, "tls": "starttls", "username": "acme", "password": PASSWORD}
    return set_mail_server(actor=member.actor, sender="post@acme.example", now=now, **asked | changes)


def at_double(double: SmtpServer) -> None:
    MailServer.objects.update(port=double.port)  # a port that people cannot choose


def in_use(cast: Cast, double: SmtpServer, now: datetime) -> None:
    set_up(cast.alice, now)
    at_double(double)
    try_mail_server(actor=cast.alice.actor, now=now)
    switch_mail_server(actor=cast.alice.actor, on=True, now=now)
    double.mails.clear()


def notice(cast: Cast, now: datetime) -> NoticeDelivery:
    facts = {"name": "Erin", "role": "member"}
    given = give_notice(
        kind="member.joined", customer_id=cast.acme.id, now=now, permission="member.manage", facts=facts
    )
    return given.deliveries.get()


def test_a_server_is_proven_switched_on_and_used_for_notices_and_invitations(
    cast: Cast, double: SmtpServer, now: datetime
) -> None:
    alice = cast.alice.actor
    set_up(cast.alice, now)
    at_double(double)
    delivery = notice(cast, now)
    mail_notice(delivery_id=delivery.id, now=now)
    assert len(mail.outbox) == 1, "it is off"
    with pytest.raises(MailServerUnproven):
        switch_mail_server(actor=alice, on=True, now=now)
    assert try_mail_server(actor=alice, now=now) == cast.alice.person.email
    switch_mail_server(actor=alice, on=True, now=now)
    delivery = notice(cast, now)
    mail_notice(delivery_id=delivery.id, now=now)
    invitation = invite_member(actor=alice, email="erin@example.org", role=Role.MEMBER, now=now)
    mail_invitation(invitation_id=invitation.id, language="en", now=now)
    assert [to for _sender, to, _content in double.mails] == [cast.alice.person.email] * 2 + ["erin@example.org"]
    assert f"<{delivery.id}@".encode() in double.mails[1][2]
    assert len(mail.outbox) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.own_server) == ("sent", True)
    mail_notice(delivery_id=_of_globex(cast, now), now=now)
    assert len(mail.outbox) == 2, "it is nobody else's"
    remove_mail_server(actor=alice, now=now)
    mail_notice(delivery_id=notice(cast, now).id, now=now)
    assert (len(double.mails), len(mail.outbox)) == (3, 3)


def _of_globex(cast: Cast, now: datetime) -> str:
    facts = {"name": "Erin", "role": "member"}
    given = give_notice(
        kind="member.joined", customer_id=cast.globex.id, now=now, permission="member.manage", facts=facts
    )
    return str(given.deliveries.get().id)


@pytest.mark.parametrize("habit", ["stall", "drop", "no_tls", "refuse_sender", "greylist", "busy"])
def test_a_server_that_fails_three_times_loses_nothing_and_is_told_to_administrators_once(
    cast: Cast, double: SmtpServer, now: datetime, habit: str
) -> None:
    in_use(cast, double, now)
    double.habit = habit
    delivery = notice(cast, now)
    for _try in range(2):
        with pytest.raises(MailServerFailed):
            mail_notice(delivery_id=delivery.id, now=now)
        assert not mail.outbox
    mail_notice(delivery_id=delivery.id, now=now)
    [message] = mail.outbox
    assert message.to == [cast.alice.person.email]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.own_server, delivery.attempts) == ("sent", False, 3)
    told = Notice.objects.get(kind="mail_server.failed")
    mail_notice(delivery_id=told.deliveries.get().id, now=now)
    assert len(mail.outbox) == 2, "the news of it goes through ours"
    connections = double.connections
    mail_notice(delivery_id=notice(cast, now).id, now=now + 9 * MINUTE)
    assert (double.connections, len(mail.outbox)) == (connections, 3), "it rests"
    double.habit = "take"
    mail_notice(delivery_id=notice(cast, now).id, now=now + 10 * MINUTE)
    assert (len(double.mails), len(mail.outbox)) == (1, 3), "and is used again"
    assert mail_server_of(cast.alice.actor).failed_at is None  # type: ignore[union-attr]  # it is there
    assert Notice.objects.filter(kind="mail_server.failed").count() == 1


def test_a_server_that_will_not_send_to_an_address_is_not_believed_that_the_address_is_dead(
    cast: Cast, double: SmtpServer, now: datetime
) -> None:
    in_use(cast, double, now)
    double.habit = "refuse_recipient"
    delivery = notice(cast, now)
    mail_notice(delivery_id=delivery.id, now=now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.own_server, len(mail.outbox)) == ("sent", False, 1)


def test_a_test_says_what_is_wrong_in_the_servers_words(cast: Cast, double: SmtpServer, now: datetime) -> None:
    alice = cast.alice.actor
    set_up(cast.alice, now, password="guess")
    at_double(double)
    with pytest.raises(MailServerRefused, match="535"):
        try_mail_server(actor=alice, now=now)
    with pytest.raises(MailServerJustTried):
        try_mail_server(actor=alice, now=now + timedelta(seconds=30) - timedelta(microseconds=1))
    with pytest.raises(MailServerRefused):
        try_mail_server(actor=alice, now=now + timedelta(seconds=30))
    with pytest.raises(MailServerUnproven):
        switch_mail_server(actor=alice, on=True, now=now)
    entries = [payload_of(each).details["reason"] for each in AuditEntry.objects.filter(action="mail_server.tried")]
    assert set(entries) == {"sign_in"}
    assert "guess" not in str([payload_of(each).details for each in AuditEntry.objects.all()])


def test_a_password_is_encrypted_under_the_customers_key_and_goes_to_no_other_server(
    cast: Cast, double: SmtpServer, now: datetime
) -> None:
    in_use(cast, double, now)
    row = MailServer.objects.get()
    assert PASSWORD.encode() not in bytes(row.password or b"")
    for changes in ({"host": "half.example"}, {"username": "admin"}):
        with pytest.raises(InvalidInput) as refused:
            set_up(cast.alice, now, password=None, **changes)
        assert refused.value.errors[0].pointer == "/password"
    set_up(cast.alice, now, password=None)
    row.refresh_from_db()
    assert (row.enabled, row.proven_at) == (False, None), "changed settings have to be proven again"
    other = set_up(cast.mallory, now, password="other")
    MailServer.objects.filter(id=other.id).update(password=row.password, enabled=True, proven_at=now, port=double.port)
    delivery_id = _of_globex(cast, now)
    for _try in range(2):
        with pytest.raises(MailServerFailed):
            mail_notice(delivery_id=delivery_id, now=now)
    mail_notice(delivery_id=delivery_id, now=now)
    assert not double.mails, "a password moved to another customer opens nothing"


def test_only_a_server_of_the_internet_at_a_mail_port_is_taken(
    cast: Cast, double: SmtpServer, now: datetime, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    for host in (HOST, "inside.example"):
        with pytest.raises(HostRefused):
            set_up(cast.alice, now, host=host)
    with pytest.raises(HostUnknown):
        set_up(cast.alice, now, host="nowhere.invalid")
    for changes in ({"host": "127.0.0.1"}, {"host": "localhost"}, {"port": 6379}, {"tls": "none"}):
        with pytest.raises(InvalidInput):
            set_up(cast.alice, now, **changes)
    assert not MailServer.objects.exists()
    assert set_up(cast.alice, now, host="HALF.example.").host == "half.example"


def test_only_who_manages_the_customer_touches_its_server(cast: Cast, double: SmtpServer, now: datetime) -> None:
    in_use(cast, double, now)
    for member in (cast.bob, cast.carol, cast.dave):
        with pytest.raises(Forbidden):
            set_up(member, now)
        for action in (try_mail_server, remove_mail_server):
            with pytest.raises(Forbidden):
                action(actor=member.actor, now=now)
        with pytest.raises(Forbidden):
            switch_mail_server(actor=member.actor, on=False, now=now)
    for action in (try_mail_server, remove_mail_server):
        with pytest.raises(NotFound):
            action(actor=cast.mallory.actor, now=now)
    assert MailServer.objects.get().enabled
