"""The pages about people: who may do what, and that no form field gives more (attacks of the first kind)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.actions.end_membership import end_membership
from accounts.actions.suspend_customer import suspend_customer
from accounts.actions.suspend_member import suspend_member
from accounts.models import ApiToken, Invitation, Membership, Person
from kernel import clock
from kernel.actor import Actor
from tests.cast import Cast, Customers, Member

HOST = {"HTTP_HOST": "localhost"}


def role_of(member: Member) -> str:
    return Membership.objects.get(id=member.membership.id).role


def test_the_owner_sees_members_and_invitations_and_manages_them(cast: Cast) -> None:
    client, page = cast.alice.client(), cast.alice.url("people/")
    shown = client.get(page).content.decode()
    assert all(member.person.email in shown for member in (cast.bob, cast.carol, cast.dave))
    assert cast.mallory.person.email not in shown
    answer = client.post(page, {"action": "invite", "email": "new@example.org", "role": "auditor"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert "new@example.org" in client.get(page).content.decode()
    client.post(page, {"action": "withdraw", "invitation": Invitation.objects.get().id})
    assert Invitation.objects.get().revoked_at
    bob = cast.alice.url(f"people/{cast.bob.membership.id}/")
    client.post(bob, {"action": "role", "role": "administrator"})
    assert role_of(cast.bob) == "administrator"
    for action, status in (("suspend", "suspended"), ("restore", "active"), ("end", "ended")):
        fields = {"action": action, "confirmed_email": cast.bob.person.email}
        assert client.post(bob, fields).status_code == 302
        assert Membership.objects.get(id=cast.bob.membership.id).status == status
    assert cast.bob.person.email not in client.get(page).content.decode()
    assert cast.bob.person.email in client.get(page, {"status": "ended"}).content.decode()


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"email": "not an address", "role": "member"}, "email"),
        ({"email": "a@example.org", "role": "root"}, "role"),
        ({"email": "", "role": "member"}, "email"),
    ],
)
def test_a_form_that_does_not_fit_comes_back_with_422_and_says_where(
    cast: Cast, fields: dict[str, str], hint: str
) -> None:
    answer = cast.alice.client().post(cast.alice.url("people/"), {"action": "invite", **fields})
    assert answer.status_code == 422
    assert answer.context["form"].errors[hint]
    assert not Invitation.objects.exists()


def test_inviting_a_member_is_an_error_at_the_address(cast: Cast) -> None:
    fields = {"action": "invite", "email": cast.bob.person.email, "role": "member"}
    answer = cast.alice.client().post(cast.alice.url("people/"), fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["email"])


def test_the_last_owner_is_told_and_stays(cast: Cast) -> None:
    page = cast.alice.url("people/leave/")
    answer = cast.alice.client().post(page, {"action": "leave", "name": cast.acme.name}, follow=True)
    assert "always has an owner" in answer.content.decode()
    assert cast.alice.client().get(page).status_code == 200


@pytest.mark.parametrize("action", ["", "delete", "_invite", "__class__"])
def test_an_unknown_action_finds_nothing(cast: Cast, action: str) -> None:
    answer = cast.alice.client().post(cast.alice.url("people/"), {"action": action})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("people/", {"action": "withdraw", "invitation": "\0"}),
        ("people/", {"action": "resend", "invitation": "inv_\0"}),
        ("developers/tokens/", {"action": "revoke", "token": "\0"}),
    ],
)
def test_an_id_that_the_database_cannot_hold_finds_nothing(cast: Cast, page: str, fields: dict[str, str]) -> None:
    assert cast.alice.client().post(cast.alice.url(page), fields).status_code == 404


@pytest.mark.parametrize("name", ["bob", "carol", "dave"])
def test_unprivileged_members_neither_see_nor_change_people(cast: Cast, name: str) -> None:
    member: Member = getattr(cast, name)
    client, page = member.client(), member.url("people/")
    assert client.get(page).status_code == 403
    own, alice = (f"{page}{each.membership.id}/" for each in (member, cast.alice))
    for path, fields in (
        (own, {"action": "role", "role": "owner"}),
        (own, {"action": "visibility", "sees": "all"}),
        (own, {"action": "transfer", "confirmed_email": member.person.email}),
        (alice, {"action": "suspend"}),
        (alice, {"action": "end", "confirmed_email": cast.alice.person.email}),
        (page, {"action": "invite", "email": "friend@example.org", "role": "owner"}),
        (f"{page}list/", {"action": "send", "email": "friend@example.org", "role": "owner"}),
        (f"{page}documents/", {"action": "save", "members_see_all": "all"}),
    ):
        assert client.post(path, fields).status_code == 403, (path, fields)
    assert (role_of(member), role_of(cast.alice)) == (member.membership.role, "owner")
    assert not Invitation.objects.exists()


def test_an_administrator_does_not_become_owner_by_any_field(customers: Customers, cast: Cast) -> None:
    eve = customers.member(cast.acme, "Eve", "administrator")
    client, page = eve.client(), eve.url("people/")
    extra = {"is_staff": "1", "is_superuser": "1", "customer": cast.globex.id, "customer_id": cast.globex.id}
    for member, fields in (
        (eve, {"action": "role", "role": "owner"}),
        (cast.bob, {"action": "role", "role": "owner"}),
        (cast.alice, {"action": "role", "role": "member"}),
        (cast.alice, {"action": "end", "confirmed_email": cast.alice.person.email}),
    ):
        assert client.post(f"{page}{member.membership.id}/", {**fields, **extra}).status_code == 302
    transfer = {"action": "transfer", "confirmed_email": eve.person.email}
    assert client.post(f"{page}{eve.membership.id}/", transfer).status_code == 403
    assert client.post(page, {"action": "invite", "email": "e@example.org", "role": "owner"}).status_code == 422
    assert (
        client.post(page, {"action": "invite", "email": "e@example.org", "role": "member", **extra}).status_code == 302
    )
    assert Invitation.objects.get().customer_id == cast.acme.id
    assert (role_of(eve), role_of(cast.alice)) == ("administrator", "owner")
    assert not Person.objects.filter(is_staff=True).exists()
    assert not Membership.objects.filter(person=eve.person, customer=cast.globex).exists()


@pytest.mark.parametrize("path", ["", "people/", "developers/tokens/", "nonsense/", "people", "staff/"])
def test_a_stranger_gets_the_same_404_as_for_a_customer_that_does_not_exist(cast: Cast, path: str) -> None:
    client = cast.mallory.client()
    there = client.get(f"/c/{cast.acme.slug}/{path}", follow=True)
    nowhere = client.get(f"/c/no-such-customer/{path}", follow=True)
    assert there.status_code == nowhere.status_code == 404
    assert "Acme" not in there.content.decode()


@pytest.mark.parametrize("path", ["people/", "developers/tokens/"])
def test_a_stranger_posts_nothing(cast: Cast, path: str) -> None:
    client = cast.mallory.client()
    for fields in ({"action": "suspend", "member": cast.bob.membership.id}, {"action": "create", "name": "x"}):
        assert client.post(f"/c/{cast.acme.slug}/{path}", fields).status_code == 404


def test_ids_of_another_customer_are_not_found_in_one_s_own_portal(cast: Cast) -> None:
    cast.dave.token()
    client, theirs = cast.mallory.client(), cast.mallory.url(f"people/{cast.bob.membership.id}/")
    assert client.get(theirs).status_code == 404
    for action in ("suspend", "restore", "end", "role", "visibility", "transfer"):
        fields = {"action": action, "role": "member", "sees": "all", "confirmed_email": cast.bob.person.email}
        assert client.post(theirs, fields).status_code == 404
    cast.bob.membership.refresh_from_db()
    assert (cast.bob.membership.role, cast.bob.membership.status) == ("member", "active")
    tokens = cast.mallory.url("developers/tokens/")
    assert client.post(tokens, {"action": "revoke", "token": ApiToken.objects.get().id}).status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_who_is_not_signed_in_is_sent_to_the_door_and_back(cast: Cast, client: Client) -> None:
    answer = client.get(cast.acme and f"/c/{cast.acme.slug}/people/")
    assert answer.status_code == 302
    assert urlsplit(answer["Location"]).path == "/account/login/"
    assert f"next=/c/{cast.acme.slug}/people/" in answer["Location"]


def test_a_suspended_or_ended_member_is_out_with_the_next_request_and_so_is_the_token(
    customers: Customers, cast: Cast
) -> None:
    alice = cast.alice.actor
    for member, action in (
        (customers.member(cast.acme, "Dan", "developer"), suspend_member),
        (cast.dave, end_membership),
    ):
        browser, token, page = member.client(), member.token(), member.url("")
        robot = Client(**HOST, headers={"Authorization": f"Bearer {token}"})
        assert browser.get(page).status_code == 200
        assert robot.get("/api/v1/usage").status_code == 200
        action(actor=alice, membership_id=member.membership.id, now=clock.now())
        assert browser.get(page).status_code == 404
        assert robot.get("/api/v1/usage").status_code == 401
        assert browser.get("/customers/").status_code == 200  # the sign-in itself stays


def test_a_suspended_customer_shows_why_and_its_tokens_are_refused(cast: Cast) -> None:
    browser, token = cast.bob.client(), cast.alice.token()
    robot = Client(**HOST, headers={"Authorization": f"Bearer {token}"})
    assert browser.get(cast.bob.url("")).status_code == 200
    staff = Actor.staff(person_id="1", name="Sam", reason="Sanctions")
    suspend_customer(actor=staff, customer_id=cast.acme.id, now=clock.now())
    answer = browser.get(cast.bob.url(""))
    assert answer.status_code == 403
    assert "customer_suspended" in answer.content.decode()
    assert "Choose another customer" not in answer.content.decode(), "there is none, and the button would lead back"
    assert robot.get("/api/v1/usage").status_code == 401


def test_every_button_needs_the_csrf_token(cast: Cast) -> None:
    careful = Client(**HOST, enforce_csrf_checks=True)
    careful.force_login(cast.alice.person, "allauth.account.auth_backends.AuthenticationBackend")
    for path in ("people/", "developers/tokens/"):
        assert careful.post(cast.alice.url(path), {"action": "end"}).status_code == 403
    for path in ("/account/login/", "/sign-up/", "/account/logout/", "/language/", "/invitations/x/"):
        assert careful.post(path, {}).status_code == 403
    assert careful.get(cast.alice.url("people/")).status_code == 200


def test_a_field_given_twice_gives_no_more_than_one(customers: Customers, cast: Cast) -> None:
    """Whoever checks one of the two and acts on the other can be told two things."""
    eve = customers.member(cast.acme, "Eve", "administrator")
    page = eve.url(f"people/{cast.bob.membership.id}/")
    robot = {"Authorization": f"Bearer {eve.token(scopes=frozenset({'member.manage'}))}"}
    for first, second in (("auditor", "owner"), ("owner", "auditor")):
        eve.client().post(page, {"action": "role", "role": [first, second]})
        invited = eve.client().post(
            eve.url("people/"), {"action": "invite", "email": "e@x.example", "role": [first, second]}
        )
        assert (invited.status_code == 302) is (second != "owner")
        body = f'{{"email": "f@x.example", "role": "{first}", "role": "{second}"}}'
        answer = Client().post("/api/v1/members", body, content_type="application/json", headers=robot)
        assert (answer.status_code == 201) is (second != "owner")
    assert role_of(cast.bob) == "auditor"
    assert "owner" not in Invitation.objects.values_list("role", flat=True)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_not_allowed(cast: Cast, method: str) -> None:
    client = cast.alice.client()
    for path in ("people/", "developers/tokens/"):
        assert getattr(client, method)(cast.alice.url(path)).status_code == 405


def test_signed_in_pages_stay_out_of_caches(cast: Cast) -> None:
    answer = cast.alice.client().get(cast.alice.url("people/"))
    assert answer["Cache-Control"] == "no-store, private"
    assert "Cookie" in answer["Vary"]


def test_a_name_with_markup_is_shown_as_text(customers: Customers, cast: Cast) -> None:
    Person.objects.filter(pk=cast.bob.person.pk).update(name="<script>alert(1)</script>")
    shown = cast.alice.client().get(cast.alice.url("people/")).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown
