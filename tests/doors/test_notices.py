"""Notices in the portal and for staff, and the page of the customer's own mail server."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from accounts.actions.give_notice import give_notice
from accounts.models import MailServer, Membership, Notice, NoticeDelivery
from accounts.rules.notices import mutable_topics
from kernel import clock
from tests.cast import Cast, Customers
from tests.doubles.names import names


def joined(cast: Cast, now: datetime, name: str = "Erin", **options: Any) -> Notice:
    options = {"customer_id": cast.acme.id, "permission": "member.manage"} | options
    return give_notice(kind="member.joined", now=now, facts={"name": name, "role": "member"}, **options)


def test_a_notice_is_unread_until_it_is_opened_and_the_menu_counts(cast: Cast, now: datetime) -> None:
    notice, alice = joined(cast, now), cast.alice.client()
    page = alice.get(cast.alice.url("notices/"))
    assert "Erin has joined Acme" in page.content.decode()
    assert 'class="nav-item__count"' in page.content.decode()
    assert "23 November 2026" in page.content.decode()
    opened = alice.get(cast.alice.url(f"notices/{notice.id}/"))
    assert "Their role: Member" in opened.content.decode()
    assert notice.number in opened.content.decode()
    assert NoticeDelivery.objects.get().read_at is not None
    assert 'class="nav-item__count"' not in alice.get(cast.alice.url("notices/")).content.decode()
    assert "Erin has joined" not in alice.get(cast.alice.url("notices/?show=unread")).content.decode()


def test_a_notice_is_in_the_readers_language_however_it_was_mailed(cast: Cast, now: datetime) -> None:
    notice = joined(cast, now)
    page = cast.alice.client().get(cast.alice.url(f"notices/{notice.id}/"), headers={"Accept-Language": "lt"})
    assert 'lang="lt"' in page.content.decode()


def test_strangers_find_nothing_and_colleagues_only_their_own(cast: Cast, now: datetime) -> None:
    notice = joined(cast, now)
    for member in (cast.bob, cast.mallory):
        answers = [
            member.client().get(member.url(f"notices/{each}/")) for each in (notice.id, "ntc_01jdinventedinventedinven")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert cast.bob.client().get(cast.bob.url("notices/?show=everybody")).status_code == 403
    assert "No notices yet" in cast.bob.client().get(cast.bob.url("notices/")).content.decode()


def test_administrators_see_who_was_told_and_what_became_of_the_mail(cast: Cast, now: datetime) -> None:
    notice = joined(cast, now, permission="", people=[cast.bob.person.pk])
    NoticeDelivery.objects.update(state="bounced", failure="550 <script>alert(1)</script>")
    alice = cast.alice.client()
    assert notice.number in alice.get(cast.alice.url("notices/?show=everybody")).content.decode()
    log = alice.get(cast.alice.url(f"notices/{notice.id}/")).content.decode()
    assert cast.bob.person.email in log
    assert "does not take mail" in log
    assert "<script>alert" not in log
    assert "mail comes back" in alice.get(cast.alice.url("people/")).content.decode()
    assert NoticeDelivery.objects.get().read_at is None, "it is not theirs to read"
    assert cast.alice.person.email not in cast.bob.client().get(cast.bob.url(f"notices/{notice.id}/")).content.decode()


def test_long_lists_have_pages_and_all_can_be_read_at_once(cast: Cast, now: datetime) -> None:
    for place in range(27):
        joined(cast, now, f"Person{place}")
    alice, address = cast.alice.client(), cast.alice.url("notices/")
    first = alice.get(address)
    second = alice.get(address, {"cursor": first.context["next_cursor"]})
    assert (len(first.context["page"].items), len(second.context["page"].items)) == (25, 2)
    assert second.context["next_cursor"] is None
    assert alice.get(address, {"cursor": "nonsense"}).status_code == 422
    assert alice.post(address, {"action": "read_all"}, follow=True).status_code == 200
    assert not NoticeDelivery.objects.filter(read_at=None).exists()


def test_a_member_chooses_what_is_mailed(cast: Cast) -> None:
    alice, address = cast.alice.client(), cast.alice.url("notices/preferences/")
    assert 'value="member"' in alice.get(address).content.decode()
    everything = mutable_topics()
    alice.post(address, {"topics": [topic for topic in everything if topic != "member"]})
    assert Membership.objects.get(id=cast.alice.membership.id).muted_topics == ["member"]
    assert alice.post(address, {"topics": ["mail_server"]}).status_code == 422
    alice.post(address, {"topics": everything})
    assert Membership.objects.get(id=cast.alice.membership.id).muted_topics == []


def test_the_mail_servers_page_takes_settings_and_never_shows_the_password(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"smtp.acme.example": ["8.8.8.8"], "inside.example": ["10.0.0.1"]}
    monkeypatch.setattr(socket, "getaddrinfo", names(known))
    alice, address = cast.alice.confirmed(), cast.alice.url("settings/mail/")
    asked = {
        "action": "save",
        "host": "smtp.acme.example",
        "tls": "starttls",
        "port": "587",
        "username": "acme",
        "password": "sw0rdfish",
        "sender": "post@acme.example",
    }
    for wrong in ({"host": "inside.example"}, {"host": "localhost"}, {"port": "6379"}, {"sender": "nobody"}):
        assert alice.post(address, asked | wrong).status_code == 422
    assert alice.post(address, asked | {"host": "nowhere.invalid"}).status_code == 422
    page = alice.post(address, asked, follow=True).content.decode()
    assert "Send a test mail" in page
    assert "sw0rdfish" not in page
    assert "Switch it on" not in page
    assert "test mail first" in alice.post(address, {"action": "on"}, follow=True).content.decode().lower()
    MailServer.objects.update(proven_at=clock.now())
    assert "Switch it on" in alice.get(address).content.decode()
    alice.post(address, {"action": "on"})
    assert MailServer.objects.get().enabled
    alice.post(address, {"action": "off"})
    assert not MailServer.objects.get().enabled
    alice.post(address, {"action": "remove"})
    assert not MailServer.objects.exists()


def test_staff_search_notices_and_see_no_password(cast: Cast, customers: Customers, now: datetime) -> None:
    notice = joined(cast, now)
    MailServer.objects.create(
        customer=cast.acme, host="smtp.acme.example", port=587, tls="tls", password=b"secret-bytes", changed_at=now
    )
    person = customers.person("Stase")
    person.is_staff = person.is_superuser = True
    person.save()
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    found = client.get("/staff/accounts/notice/", {"q": notice.number}).content.decode()
    assert quote(notice.id) in found
    assert "has accepted the invitation" in client.get(f"/staff/accounts/notice/{notice.id}/change/").content.decode()
    assert cast.alice.person.email in client.get("/staff/accounts/noticedelivery/").content.decode()
    server = MailServer.objects.get()
    shown = client.get(f"/staff/accounts/mailserver/{server.id}/change/").content.decode()
    assert "smtp.acme.example" in shown
    assert "secret-bytes" not in shown
