"""Everybody can erase their own account, sees before what that means, and can take it back until then (D3)."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail
from django.test import Client

from accounts.models import Membership, NoticeDelivery, Person
from kernel import clock
from kernel.clock import legal_date
from tests.cast import Cast, Customers

PAGE = "/account/erase/"


def words(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_somebody_erases_their_account_after_showing_who_they_are_and_takes_it_back(cast: Cast) -> None:
    bob, asked = cast.bob, {"action": "erase", "email": cast.bob.person.email}
    assert Client(HTTP_HOST="localhost").get(PAGE).status_code == 302
    assert bob.client().post(PAGE, asked)["Location"].startswith("/account/reauthenticate/")
    client = bob.confirmed()
    assert "Acme" in words(client)
    assert client.post(PAGE, {**asked, "email": "x@example.org"}).status_code == 302
    assert Membership.objects.get(pk=bob.membership.pk).status == "active"
    assert client.post(PAGE, asked).status_code == 302
    assert Membership.objects.get(pk=bob.membership.pk).status == "ended"
    assert client.get(bob.url("")).status_code == 404
    told = NoticeDelivery.objects.get(notice__kind="person.deletion_asked")
    erased_on = legal_date(clock.now()) + timedelta(days=6)
    assert (told.email, told.notice.facts["erased_on"]) == (bob.person.email, erased_on.isoformat())

    again = bob.confirmed()  # signing in alone takes nothing back
    assert Person.objects.get(pk=bob.person.pk).deletion_asked_at is not None
    assert "Keep my account" in words(again)
    assert again.post(PAGE, {"action": "keep"}).status_code == 302
    assert Person.objects.get(pk=bob.person.pk).deletion_asked_at is None
    assert "Keep my account" not in words(again)
    assert again.post(PAGE, {"action": "x"}).status_code == 404
    assert mail.outbox == []  # by jobs, not by the page


def test_an_only_owner_is_told_what_to_do_first_and_staff_cannot(cast: Cast, customers: Customers) -> None:
    client = cast.alice.confirmed()
    page = words(client)
    assert "Make somebody else owner" in page
    assert "Erase my account" not in page
    answer = client.post(PAGE, {"action": "erase", "email": cast.alice.person.email}, follow=True)
    assert "You are the only owner of Acme" in answer.content.decode()
    Person.objects.filter(pk=cast.dave.person.pk).update(is_staff=True)
    assert "Erase my account" not in words(cast.dave.client())
