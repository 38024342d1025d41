"""`/api/v1/members` and `/invitations`: what programs may know and change about people, and what never."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import ApiToken, Invitation, Membership
from kernel.models import AuditEntry
from tests.cast import Cast, Customers, Member

MEMBERS, INVITATIONS = "/api/v1/members", "/api/v1/invitations"


def robot(member: Member, *scopes: str, live: bool = True) -> Client:
    token = member.token(live=live, scopes=frozenset(scopes or {"member.read", "member.manage"}))
    return Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})


def send(client: Client, method: str, path: str, body: Any, **headers: str) -> Any:
    return getattr(client, method)(path, body, content_type="application/json", headers=headers)


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


def test_members_are_listed_by_name_in_pages_and_narrowed(customers: Customers, cast: Cast) -> None:
    customers.crowd(cast.acme, 55)
    client = robot(cast.alice, "member.read")
    first = client.get(MEMBERS).json()
    second = client.get(MEMBERS, {"cursor": first["next"]}).json()
    names = [item["name"] for item in first["items"] + second["items"]]
    assert (len(names), names) == (59, sorted(names))
    assert second["next"] is None
    assert cast.mallory.membership.id not in str(first) + str(second)
    assert [item["name"] for item in client.get(MEMBERS, {"role": "billing"}).json()["items"]] == ["Carol"]
    assert [item["name"] for item in client.get(MEMBERS, {"search": "car OL"}).json()["items"]] == ["Carol"]
    assert client.get(MEMBERS, {"status": "ended"}).json()["items"] == []
    member = client.get(f"{MEMBERS}/{cast.bob.membership.id}").json()
    assert (member["role"], member["status"], member["last_seen"]) == ("member", "active", "never")
    for wrong in ({"cursor": "bWVt"}, {"role": "root"}, {"status": "x"}, {"rolle": "owner"}):
        assert client.get(MEMBERS, wrong).status_code == 422, wrong


def test_a_program_invites_once_by_key_suspends_restores_and_ends(cast: Cast) -> None:
    client, bob = robot(cast.alice), f"{MEMBERS}/{cast.bob.membership.id}"
    body, key = {"email": "Erin@example.org", "role": "developer"}, {"Idempotency-Key": "hr-1"}
    made, again = (send(client, "post", MEMBERS, body, **key) for _ in range(2))
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json() == again.json()
    assert ("Idempotent-Replayed" in made.headers, "Idempotent-Replayed" in again.headers) == (False, True)
    other = send(client, "post", MEMBERS, body | {"role": "member"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    [item] = client.get(INVITATIONS).json()["items"]
    assert (item["email"], item["role"]) == ("erin@example.org", "developer")
    assert "secret" not in str(item)
    assert client.delete(f"{INVITATIONS}/{item['id']}").status_code == 204
    assert client.delete(f"{INVITATIONS}/{item['id']}").status_code == 404
    assert client.get(f"{INVITATIONS}/{item['id']}").json()["revoked_at"]
    for status in ("suspended", "active"):
        assert send(client, "patch", bob, {"status": status}).json()["status"] == status
    assert send(client, "patch", bob, {"status": "active"}).json()["code"] == "wrong_member_status"
    assert send(client, "patch", bob, {"role": "auditor"}).json()["role"] == "auditor"
    assert client.delete(bob).status_code == 204
    assert client.get(bob).json()["status"] == "ended"
    assert client.delete(bob).status_code == 404
    assert AuditEntry.objects.get(action="member.ended").actor_kind == "token"


def test_a_token_never_makes_or_touches_an_owner(customers: Customers, cast: Cast) -> None:
    """Not even the token of an owner does."""
    client = robot(cast.alice)
    second = customers.member(cast.acme, "Olga", "owner")
    for method, path, body in (
        ("post", MEMBERS, {"email": "x@example.org", "role": "owner"}),
        ("patch", f"{MEMBERS}/{cast.bob.membership.id}", {"role": "owner"}),
        ("patch", f"{MEMBERS}/{second.membership.id}", {"role": "member"}),
        ("patch", f"{MEMBERS}/{second.membership.id}", {"status": "suspended"}),
        ("delete", f"{MEMBERS}/{second.membership.id}", {}),
    ):
        answer = send(client, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "owner_needed"), (method, body)
    assert Membership.objects.filter(customer=cast.acme, role="owner", status="active").count() == 2
    assert not Invitation.objects.exists()


def test_no_field_beyond_the_known_ones_is_taken(cast: Cast) -> None:
    """Mass assignment."""
    client, bob = robot(cast.alice), f"{MEMBERS}/{cast.bob.membership.id}"
    before = Membership.objects.values().get(id=cast.bob.membership.id)
    for extra in ("customer", "customer_id", "is_staff", "permissions", "created_at", "person", "id", "sees_all"):
        for method, path, body in (
            ("patch", bob, {"role": "auditor"}),
            ("post", MEMBERS, {"email": "x@example.org", "role": "member"}),
        ):
            answer = send(client, method, path, body | {extra: cast.globex.id})
            assert (answer.status_code, codes(answer)) == (422, {(f"/{extra}", "unknown_field")})
    assert Membership.objects.values().get(id=cast.bob.membership.id) == before
    assert not Invitation.objects.exists()


def test_what_makes_no_sense_is_refused_with_its_place(cast: Cast) -> None:
    client, bob = robot(cast.alice), f"{MEMBERS}/{cast.bob.membership.id}"
    for body in ({}, [], {"role": "root"}, {"role": ["member"]}, {"role": "member", "status": "active"}):
        answer = send(client, "patch", bob, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), body
    for email in ("", "x", "a\0@example.org", "a@b", ["a@example.org"], "a@example.org, b@example.org"):
        answer = send(client, "post", MEMBERS, {"email": email, "role": "member"})
        assert codes(answer) == {("/email", "invalid")}, email


def test_a_token_needs_the_scope_and_a_test_token_changes_nobody(cast: Cast) -> None:
    reader, tester = robot(cast.alice, "member.read"), robot(cast.alice, live=False)
    bob = f"{MEMBERS}/{cast.bob.membership.id}"
    invitation = {"email": "x@example.org", "role": "member"}
    for client in (reader, tester):
        assert client.get(bob).status_code == 200
        for method, path, body in (
            ("post", MEMBERS, invitation),
            ("patch", bob, {"role": "auditor"}),
            ("delete", bob, {}),
            ("delete", f"{INVITATIONS}/inv_x", {}),
        ):
            assert send(client, method, path, body).status_code == 403, (method, path)
    assert robot(cast.alice, "seal.read").get(MEMBERS).status_code == 403


def test_strangers_members_and_invitations_are_not_found(cast: Cast) -> None:
    made = send(robot(cast.alice), "post", MEMBERS, {"email": "x@example.org", "role": "member"}).json()
    mallory, bob = robot(cast.mallory), f"{MEMBERS}/{cast.bob.membership.id}"
    answers = [
        mallory.get(bob),
        send(mallory, "patch", bob, {"role": "auditor"}),
        mallory.delete(bob),
        mallory.get(f"{INVITATIONS}/{made['id']}"),
        mallory.delete(f"{INVITATIONS}/{made['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert len({str(answer.json()) for answer in answers}) == 1
    assert Invitation.objects.get().revoked_at is None


def test_a_program_that_ends_its_own_maker_has_ended_itself(customers: Customers, cast: Cast) -> None:
    ada = customers.member(cast.acme, "Ada", "administrator")
    client = robot(ada)
    assert client.delete(f"{MEMBERS}/{ada.membership.id}").status_code == 204
    assert client.get(MEMBERS).status_code == 401
    assert ApiToken.objects.get().revoked_at
