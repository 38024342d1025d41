"""A directory makes, suspends and ends members (SCIM 2.0; clauses C2, C10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Person
from kernel.models import AuditEntry
from tests.cast import Cast, Customers, Member
from tests.doors.sign_in import own_domain

SCIM = "application/scim+json"
Ask = Callable[..., Any]


def directory(member: Member, *scopes: str) -> Ask:
    """Asks with a token of this member's; answers with status and body."""
    token = member.token(scopes=frozenset(scopes or {"member.provision"}))

    def ask(method: str, path: str, body: Any = None, *, kind: str = SCIM) -> tuple[int, Any]:
        given = {} if body is None else {"data": json.dumps(body), "content_type": kind}
        answer = getattr(Client(), method)(f"/scim/v2/{path}", headers={"Authorization": f"Bearer {token}"}, **given)
        if answer.content:
            assert answer["Content-Type"] == SCIM, answer.content
        return answer.status_code, json.loads(answer.content or "null")

    return ask


@pytest.fixture
def ask(cast: Cast) -> Ask:
    own_domain(cast.alice, "acme.example")
    return directory(cast.alice)


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"userName": f"{name}@acme.example", "displayName": name.title(), "externalId": f"x-{name}", **more}


def switch(value: Any) -> dict[str, Any]:
    return {"Operations": [{"op": "Replace", "path": "active", "value": value}]}


def test_a_directory_creates_suspends_restores_and_ends_a_member(cast: Cast, ask: Ask) -> None:
    status, made = ask("post", "Users", user("nora", active=True, title="Clerk"))
    assert (status, made["active"], made["roles"][0]["value"]) == (201, True, "member")
    member = Membership.objects.get(id=made["id"])
    assert (member.person.email, member.person.managed_by, member.external_id) == (
        "nora@acme.example",
        cast.acme,
        "x-nora",
    )
    browser = Member(member.person, member, cast.acme).client()
    page = f"/c/{cast.acme.slug}/"
    assert browser.get(page).status_code == 200
    for value, expected in (("False", 404), ("True", 200), (False, 404), (False, 404), (True, 200)):
        status, told = ask("patch", f"Users/{made['id']}", switch(value))
        assert (status, told["active"]) == (200, expected == 200)
        assert browser.get(page).status_code == expected  # with the next request
    assert (
        ask("put", f"Users/{made['id']}", user("nora", active=False, displayName="Nora N."))[1]["displayName"]
        == "Nora N."
    )
    assert ask("delete", f"Users/{made['id']}") == (204, None)
    assert ask("get", f"Users/{made['id']}")[0] == 404
    assert browser.get(page).status_code == 404
    status, back = ask("post", "Users", user("nora"))
    assert (status, back["id"]) == (201, made["id"])
    actions = AuditEntry.objects.filter(subject=made["id"]).order_by("id").values_list("action", flat=True)
    assert [action for action in actions if action.startswith("member.")][:3] == [
        "member.provisioned",
        "member.suspended",
        "member.restored",
    ]


def test_a_directory_finds_who_is_there_and_nobody_elses(cast: Cast, ask: Ask) -> None:
    status, nobody = ask("get", 'Users?filter=userName eq "b4e1"')
    assert (status, nobody["totalResults"], nobody["Resources"]) == (200, 0, [])
    status, bob = ask("get", f'Users?filter=userName eq "{cast.bob.person.email.upper()}"')
    assert [each["id"] for each in bob["Resources"]] == [cast.bob.membership.id]
    assert ask("get", f'Users?filter=userName eq "{cast.mallory.person.email}"')[1]["totalResults"] == 0
    status, page = ask("get", "Users?startIndex=2&count=2&attributes=id&unknown=1")
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (4, 2, 2)
    theirs = f"Users/{cast.mallory.membership.id}"
    for told in (
        ask("get", theirs),
        ask("patch", theirs, switch(False)),
        ask("delete", theirs),
        ask("put", theirs, {}),
    ):
        assert told == ask("get", "Users/mem_invented")
        assert told[0] == 404


def test_a_directory_learns_what_is_offered_and_is_told_so_where_it_asks_for_more(ask: Ask) -> None:
    for path in ("", "ServiceProviderConfig", "ResourceTypes", "Schemas", 'Groups?filter=displayName eq "Clerks"'):
        assert ask("get", path)[0] == 200
    offered = ask("get", "ServiceProviderConfig")[1]
    assert {name: offered[name]["supported"] for name in ("patch", "filter", "bulk", "sort", "etag")} == {
        "patch": True,
        "filter": True,
        "bulk": False,
        "sort": False,
        "etag": False,
    }
    assert ask("get", "ResourceTypes/User")[1] == ask("get", "ResourceTypes")[1]["Resources"][0]
    schema = ask("get", "Schemas/urn:ietf:params:scim:schemas:core:2.0:User")[1]
    assert schema == ask("get", "Schemas")[1]["Resources"][0]
    shown = set(ask("get", "Users?count=1")[1]["Resources"][0]) - {"schemas", "id", "meta", "externalId"}
    assert {each["name"] for each in schema["attributes"]} == shown, "the schema says what a user has"
    group = {"displayName": "Clerks"}
    assert [ask("post", path, group)[0] for path in ("Groups", "Bulk", ".search")] == [501, 501, 501]
    for method, path in (("get", "Groups/x"), ("patch", "Groups/x"), ("get", "Schemas/x"), ("delete", "Nothing")):
        status, told = ask(method, path)
        assert (status, told["status"], told["schemas"][0][-5:]) == (404, "404", "Error")
    assert ask("get", "Me")[0] == 501


def test_the_steps_of_entra_ids_validator_go_through(cast: Cast, ask: Ask) -> None:
    """As its documentation lists them, in its spellings: texts for booleans, capitals for operations, no `schemas`."""
    assert ask("get", 'Users?filter=userName eq "c8fa-nobody"')[1]["totalResults"] == 0
    body = user("vera", active="True", emails=[{"Primary": True, "type": "work", "value": "vera@acme.example"}])
    status, made = ask(
        "post", "Users", body | {"externalId": "aad-1", "name": {"givenName": "Vera", "familyName": "V"}}
    )
    assert (status, made["externalId"], made["active"]) == (201, "aad-1", True)
    for query in (
        'userName eq "VERA@acme.example"',
        'externalId eq "aad-1"',
        'emails[type eq "work"].value eq "vera@acme.example"',
    ):
        assert [each["id"] for each in ask("get", f"Users?filter={query}")[1]["Resources"]] == [made["id"]]
    assert ask("post", "Users", body)[1]["scimType"] == "uniqueness"
    one = f"Users/{made['id']}"
    changes = [
        {"op": "Replace", "path": "displayName", "value": "Vera V."},
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "vera@acme.example"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "X"},
        {"op": "Replace", "path": "userName", "value": "vera.v@acme.example"},
    ]
    status, told = ask("patch", one, {"Operations": changes})
    assert (status, told["displayName"], told["userName"]) == (200, "Vera V.", "vera.v@acme.example")
    assert ask("patch", one, {"Operations": [{"op": "Replace", "value": {"active": "False"}}]})[1]["active"] is False
    assert ask("get", f"{one}?attributes=active&excludedAttributes=roles")[1]["active"] is False
    counted = [
        ask("get", f"Users?startIndex={start}&count={count}")[1] for start, count in ((1, 2), (3, 2), (0, 0), (9, 2))
    ]
    assert [(each["totalResults"], each["startIndex"], each["itemsPerPage"]) for each in counted] == [
        (5, 1, 2),
        (5, 3, 2),
        (5, 1, 0),
        (5, 9, 0),
    ]
    seen = [each["id"] for page in counted[:2] for each in page["Resources"]]
    assert len(seen) == len(set(seen)) == 4
    for wrong, kind in (("userName co", "invalidFilter"), ('title eq "x"', "invalidFilter")):
        assert ask("get", f"Users?filter={wrong}")[1]["scimType"] == kind
    assert ask("delete", one)[0] == 204
    assert ask("delete", one)[0] == 404


def test_nobody_becomes_a_member_by_an_address_that_is_not_the_customers(cast: Cast, ask: Ask) -> None:
    own_domain(cast.mallory, "globex.example")
    for address in (cast.mallory.person.email, "x@globex.example", "x@sub.acme.example", "x", "x@acme.example\0"):
        status, told = ask("post", "Users", {"userName": address})
        assert (status, told["scimType"]) == (400, "invalidValue"), told
        assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert ask("post", "Users", user("nora"))[0] == 201
    assert ask("post", "Users", user("NORA"))[0:1] == (409,)
    assert not Membership.objects.filter(customer=cast.acme, person=cast.mallory.person).exists()


# What is no address may not become one that is mailed to: neither a header's second line nor what no column holds.
NO_ADDRESSES = [
    "@acme.example",
    "a b@acme.example",
    "x\r\nBcc: y@acme.example",
    "<script>@acme.example",
    "a@b@acme.example",
    "\u202e@acme.example",
    f"{'a' * 65}@acme.example",
    f"{'a' * 242}@acme.example",  # 255 in all
]


def test_what_is_no_address_neither_makes_nor_renames_anybody(cast: Cast, ask: Ask) -> None:
    nora = ask("post", "Users", user("nora"))[1]
    for address in NO_ADDRESSES:
        status, told = ask("post", "Users", {"userName": address})
        assert (status, told["scimType"]) == (400, "invalidValue"), address
        assert ask("put", f"Users/{nora['id']}", {"userName": address})[0] == 400, address
    assert list(Person.objects.filter(managed_by=cast.acme).values_list("email", flat=True)) == ["nora@acme.example"]


def test_half_a_character_is_no_text(cast: Cast, ask: Ask) -> None:
    """JSON can write a surrogate by itself, which neither the database nor an answer can hold."""
    nora = ask("post", "Users", user("nora"))[1]
    for half in (user("olga", externalId="\ud800"), {"\udfff": 1}, {"emails": [{"value": "\ud800"}]}):
        for method, path in (("post", "Users"), ("put", f"Users/{nora['id']}")):
            status, told = ask(method, path, half)
            assert (status, told["scimType"]) == (400, "invalidSyntax")
    assert ask("put", f"Users/{nora['id']}", user("nora", displayName="Nora \U0001f600"))[0] == 200


def test_owners_and_administrators_are_neither_made_nor_unmade(cast: Cast, customers: Customers, ask: Ask) -> None:
    alice, erin = cast.alice.membership, customers.member(cast.acme, "Erin", "administrator").membership
    assert ask("patch", f"Users/{alice.id}", switch("False"))[0] == 403
    assert ask("delete", f"Users/{alice.id}")[0] == 403
    role = {"Operations": [{"op": "replace", "path": "roles", "value": [{"value": "auditor"}]}]}
    for member in (alice, erin, cast.bob.membership):
        ask("patch", f"Users/{member.id}", role)
        member.refresh_from_db()
    assert (alice.role, alice.status, erin.role, cast.bob.membership.role) == (
        "owner",
        "active",
        "administrator",
        "auditor",
    )
    for wanted in ("owner", "administrator"):
        status, made = ask("post", "Users", user(f"new-{wanted}", roles=[{"value": wanted}]))
        assert (status, made["roles"][0]["value"]) == (201, "member")


def test_a_persons_own_name_and_address_are_not_the_directorys(cast: Cast, ask: Ask) -> None:
    bob = cast.bob
    path = f"Users/{bob.membership.id}"
    assert ask("put", path, {"userName": bob.person.email, "displayName": "Robert"})[1]["displayName"] == "Bob"
    status, told = ask("put", path, user("bob"))
    assert (status, told["scimType"]) == (400, "mutability")
    made = ask("post", "Users", user("nora"))[1]
    assert ask("put", f"Users/{made['id']}", user("nora.married"))[1]["userName"] == "nora.married@acme.example"
    for taken in (bob.person.email, "nora@globex.example"):
        assert ask("put", f"Users/{made['id']}", {"userName": taken})[0] == 400
    bob.person.refresh_from_db()
    assert Person.objects.filter(email="nora.married@acme.example").exists()


@pytest.mark.parametrize("role", ["owner", "administrator"])
def test_a_directory_gives_nobody_the_mailbox_of_who_administers(cast: Cast, ask: Ask, role: str) -> None:
    """A new password is mailed there: the token would be worth as much as the owner."""
    made = ask("post", "Users", user("nora"))[1]
    Membership.objects.filter(id=made["id"]).update(role=role)
    status, told = ask("put", f"Users/{made['id']}", user("thief"))
    assert (status, told["scimType"]) == (400, "mutability")
    assert Membership.objects.get(id=made["id"]).person.email == "nora@acme.example"


def test_only_a_token_for_it_opens_it(cast: Cast, ask: Ask) -> None:
    every = directory(cast.alice, "member.manage", "member.read", "seal.create")
    assert every("get", "Users")[0] == 403
    assert every("post", "Users", user("nora"))[0] == 403
    assert Client().get("/scim/v2/Users").status_code == 401
    assert cast.alice.client().get("/scim/v2/Users").status_code == 401
    with pytest.raises(Exception, match="more than"):
        directory(cast.dave, "member.provision")
    token = cast.alice.token(scopes=frozenset({"member.provision"}))
    assert Client().get("/api/v1/seals", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    for body in ([], {"userName": 1}, {"userName": {}}):
        assert ask("post", "Users", body)[0] == 400
    assert ask("post", "Users", user("olga"), kind="application/json")[0] == 201
