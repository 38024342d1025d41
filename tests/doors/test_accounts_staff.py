"""Staff read accounts without secrets, and change them with a reason only."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actions.invite_member import invite_member
from accounts.models import ApiToken, Customer, Invitation, Person
from accounts.queries import actor_of_token
from accounts.rules.permissions import Role
from kernel import clock
from kernel.audit import payload_of
from kernel.models import AuditEntry
from tests.cast import PASSWORD, Cast, Customers
from tests.doors.test_accounts_people import HOST

MODELS = ["customer", "person", "membership", "application", "invitation", "apitoken"]


@pytest.fixture
def sam(customers: Customers) -> Client:
    """A member of staff who has signed in at the common door."""
    person = customers.person("Sam")
    Person.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    client = Client(**HOST)
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    return client


def test_staff_sign_in_at_the_common_door_with_all_its_steps(cast: Cast, client: Client) -> None:
    answer = client.get("/staff/", follow=True)
    assert answer.request["PATH_INFO"] == "/account/login/"
    assert answer.redirect_chain[-1][0].endswith("next=/staff/") or "next=" in answer.redirect_chain[-1][0]


def test_a_customer_s_owner_sees_nothing_of_the_staff_admin(cast: Cast) -> None:
    client = cast.alice.client()
    for path in ("/staff/", "/staff/accounts/customer/", f"/staff/accounts/customer/{cast.acme.id}/suspend/"):
        answer = client.get(path, follow=True)
        assert answer.status_code in {403, 404}
        assert "Globex" not in answer.content.decode()
    client.post(f"/staff/accounts/customer/{cast.globex.id}/suspend/", {"reason": "competition"}, follow=True)
    assert Customer.objects.get(id=cast.globex.id).status == "active"


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_open_and_none_can_be_added_changed_or_deleted(cast: Cast, sam: Client, model: str) -> None:
    invite_member(actor=cast.alice.actor, email="new@example.org", role=Role.MEMBER, now=clock.now())
    cast.dave.token()
    page = f"/staff/accounts/{model}/"
    listed = sam.get(page)
    assert listed.status_code == 200
    assert sam.post(f"{page}add/", {}).status_code == 403
    for row in listed.context["cl"].queryset:
        shown = sam.get(f"{page}{row.pk}/change/")
        assert shown.status_code == 200
        assert sam.post(f"{page}{row.pk}/change/", {"name": "x", "status": "closed"}).status_code == 403
        assert sam.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        for secret in (ApiToken.objects.get().secret_hash, Invitation.objects.get().secret_hash, "md5$"):
            assert secret not in shown.content.decode()


@pytest.mark.parametrize(
    "path", ["mfa/authenticator/", "usersessions/usersession/", "auth/group/", "account/emailconfirmation/add/"]
)
def test_no_library_lets_staff_change_a_sign_in_without_a_trace(sam: Client, path: str) -> None:
    assert sam.get(f"/staff/{path}").status_code in {403, 404}


def test_suspending_and_restoring_take_a_reason_and_hold_at_once(cast: Cast, sam: Client) -> None:
    token, page = cast.dave.token(), f"/staff/accounts/customer/{cast.acme.id}/"
    browser = cast.bob.client()
    asked = sam.get(f"{page}suspend/")
    assert '<option value="other" selected>' in asked.content.decode()  # the customer reads the ground: none by default
    assert sam.post(f"{page}suspend/", {"reason": " "}).status_code == 422
    assert browser.get(cast.bob.url("")).status_code == 200
    assert sam.post(f"{page}suspend/", {"reason": "Sanctions"}).status_code == 302
    assert browser.get(cast.bob.url("")).status_code == 403
    assert actor_of_token(token, now=clock.now()) is None
    assert sam.post(f"{page}suspend/", {"reason": "Again"}).status_code == 422
    assert sam.post(f"{page}restore/", {"reason": "Cleared"}).status_code == 302
    assert browser.get(cast.bob.url("")).status_code == 200
    entries = AuditEntry.objects.filter(customer_id=cast.acme.id, actor_kind="staff").order_by("id")
    told = [payload_of(entry) for entry in entries]
    assert [(each.actor_name, each.reason) for each in told] == [
        ("Sam", "Sanctions"),
        ("Sam", "Cleared"),
    ]


def test_staff_without_the_permission_press_no_button(cast: Cast, sam: Client) -> None:
    Person.objects.filter(is_staff=True).update(is_superuser=False)
    answer = sam.post(f"/staff/accounts/customer/{cast.acme.id}/suspend/", {"reason": "Because"})
    assert answer.status_code == 403
    assert Customer.objects.get(id=cast.acme.id).status == "active"


def test_staff_read_times_in_the_operators_zone(cast: Cast, sam: Client) -> None:
    Customer.objects.filter(pk=cast.acme.pk).update(created_at="2026-11-23T16:43:00Z")

    page = sam.get(f"/staff/accounts/customer/{cast.acme.pk}/change/").content.decode()

    assert "23 Nov 2026, 18:43" in page
