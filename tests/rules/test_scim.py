"""What directories send, and how it is read (RFC 7643, RFC 7644)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.rules.scim import Unreadable, Wanted, read_filter, read_patch, read_user

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
URN = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "replace", "path": "active", "value": False}], Wanted(active=False)),
        ([{"op": "Replace", "path": "active", "value": "False"}], Wanted(active=False)),  # Entra ID
        ([{"op": "Replace", "path": "active", "value": [{"$ref": None, "value": "False"}]}], Wanted(active=False)),
        ([{"op": "replace", "value": {"active": "True"}}], Wanted(active=True)),  # Okta
        ([{"op": "Add", "path": f"{URN}:active", "value": "true"}], Wanted(active=True)),
        ([{"op": "Replace", "path": "userName", "value": "Nora@Acme.Example"}], Wanted(user_name="nora@acme.example")),
        (
            [{"op": "add", "value": {"name": {"givenName": "Nora", "familyName": "N."}, "nickName": "N"}}],
            Wanted(name="Nora N."),
        ),
        ([{"op": "Replace", "path": "name.givenName", "value": "Nora"}], Wanted()),  # half a name is none
        ([{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "x@y.example"}], Wanted()),
        ([{"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Auditor"}], Wanted(role="auditor")),
        ([{"op": "Add", "path": "roles", "value": [{"value": "owner"}]}], Wanted()),
        ([{"op": "Remove", "path": "externalId"}], Wanted(external_id="")),
        ([{"op": "remove", "path": "active"}], Wanted()),
        (
            [{"op": "replace", "path": "active", "value": False}, {"op": "replace", "path": "active", "value": True}],
            Wanted(active=True),
        ),
        ([], Wanted()),
    ],
)
def test_a_patch_is_read_in_every_spelling(operations: list[Any], expected: Wanted) -> None:
    assert read_patch({"schemas": [PATCH], "Operations": operations}) == expected
    assert read_patch({"schemas": [PATCH], "operations": operations}) == expected


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"Operations": {}},
        {"Operations": [1]},
        {"Operations": [{"op": "move", "path": "active"}]},
        {"Operations": [{"op": "replace", "value": "False"}]},
        {"Operations": [{"op": "replace", "path": ["active"], "value": False}]},
        {"Operations": [{"op": "replace", "path": "active", "value": "no"}]},
        {"Operations": [{"op": "replace", "path": "active", "value": 0}]},
        {"Operations": [{"op": "replace", "path": "userName", "value": {"a": 1}}]},
        {"Operations": [{"op": "replace", "path": "externalId", "value": "x" * 256}]},
        {"Operations": [{"op": "replace", "path": "externalId", "value": "a\0b"}]},
        {"Operations": [{"op": "add", "path": "active", "value": True}] * 201},
    ],
)
def test_what_is_no_patch_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        read_patch(body)


def test_a_user_is_read_whole_and_what_we_do_not_know_is_left_out() -> None:
    body = {
        "schemas": [URN],
        "userName": "Nora@Acme.example",
        "externalId": "e-1",
        "name": {"formatted": "Nora N."},
        "active": True,
        "password": "never",
        "title": "Clerk",
        "roles": [{"value": "billing", "primary": True}],
    }
    assert read_user(body) == Wanted("nora@acme.example", "Nora N.", "e-1", True, "billing")


def test_filters() -> None:
    assert read_filter('userName eq "a@b.example"') == ("user_name", "a@b.example")
    assert read_filter('USERNAME EQ "a\\"b"') == ("user_name", 'a"b')
    assert read_filter('externalId eq "1"') == ("external_id", "1")
    assert read_filter('emails[type eq "work"].value eq "a@b.example"') == ("user_name", "a@b.example")
    for wrong in (
        "",
        "userName",
        'userName co "a"',
        'password eq "a"',
        'userName eq "a" or id eq "b"',
        "userName eq a",
    ):
        with pytest.raises(Unreadable):
            read_filter(wrong)
