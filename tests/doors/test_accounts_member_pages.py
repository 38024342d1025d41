"""One member's page, lists of people to invite, roles, and which documents members see (clause C2)."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

from django.test import Client

from accounts.models import ApiToken, Customer, Invitation, Membership, Person
from accounts.queries import actor_of_token
from accounts.rules.permissions import PERMISSIONS, Role
from kernel import clock
from kernel.audit import payload_of
from kernel.models import AuditEntry
from portal.templatetags.people import permission_words
from tests.architecture.source import ROOT
from tests.cast import PASSWORD, Cast, Customers, Member


def page_of(viewer: Member, member: Member) -> str:
    return viewer.url(f"people/{member.membership.id}/")


def confirmed(member: Member) -> Client:
    """A browser in which this person has typed the password just now."""
    client = Client(HTTP_HOST="localhost")
    signed_in = client.post("/account/login/", {"login": member.person.email, "password": PASSWORD})
    assert signed_in.status_code == 302
    return client


def upload(member: Member, content: bytes) -> Any:
    file = BytesIO(content)
    file.name = "people.csv"
    return member.client().post(member.url("people/list/"), {"action": "preview", "file": file})


def verdicts(answer: Any) -> dict[str, str]:
    return {line.email: line.verdict.value for line in answer.context["judged"]}


# --- One member -----------------------------------------------------------------------------------------------------


def test_the_page_of_a_member_says_what_they_may_and_what_each_button_does(cast: Cast) -> None:
    cast.dave.token(scopes=frozenset({"seal.create"}))
    shown = cast.alice.client().get(page_of(cast.alice, cast.dave)).content.decode()
    for words in (cast.dave.person.email, "Make and revoke API tokens", "robot", "out of Acme", "becomes owner"):
        assert words in shown
    own = cast.alice.client().get(page_of(cast.alice, cast.alice)).content.decode()
    assert 'value="end"' not in own
    assert "people/leave/" in own


def test_an_access_ends_only_with_the_address_typed(cast: Cast) -> None:
    page, client = page_of(cast.alice, cast.bob), cast.alice.client()
    for typed in ("", cast.dave.person.email, "Bob"):
        client.post(page, {"action": "end", "confirmed_email": typed})
        assert Membership.objects.get(id=cast.bob.membership.id).status == "active"
    client.post(page, {"action": "end", "confirmed_email": f" {cast.bob.person.email.upper()} "})
    assert Membership.objects.get(id=cast.bob.membership.id).status == "ended"


def test_ownership_goes_over_in_one_act_by_somebody_who_has_just_signed_in(cast: Cast) -> None:
    page, fields = page_of(cast.alice, cast.bob), {"action": "transfer", "confirmed_email": cast.bob.person.email}
    without = cast.alice.client().post(page, fields)
    assert "/account/reauthenticate/" in without["Location"]
    client = confirmed(cast.alice)
    client.post(page, fields | {"confirmed_email": "somebody@else.example"})
    roles = Membership.objects.filter(customer=cast.acme).values_list("person__name", "role")
    assert dict(roles)["Bob"] == "member"
    client.post(page, fields)
    assert (dict(roles.all())["Alice"], dict(roles.all())["Bob"]) == ("administrator", "owner")
    entry = AuditEntry.objects.get(action="ownership.transferred")
    assert payload_of(entry).details["from"] == cast.alice.membership.id
    assert client.post(page_of(cast.alice, cast.dave), fields).status_code == 403


def test_a_member_leaves_with_the_customer_s_name_typed(cast: Cast) -> None:
    client, page = cast.bob.client(), cast.bob.url("people/leave/")
    assert client.get(page).status_code == 200
    client.post(page, {"action": "leave", "name": "Globex"})
    assert Membership.objects.get(id=cast.bob.membership.id).status == "active"
    answer = client.post(page, {"action": "leave", "name": "Acme", "member": cast.alice.membership.id})
    assert answer["Location"] == "/customers/"
    assert client.get(page).status_code == 404
    assert Membership.objects.get(id=cast.alice.membership.id).status == "active"


# --- The list -------------------------------------------------------------------------------------------------------


def test_hundreds_of_members_are_found_by_name_and_paged(customers: Customers, cast: Cast) -> None:
    customers.crowd(cast.acme, 120)
    client, page = cast.alice.client(), cast.alice.url("people/")
    first = client.get(page)
    assert len(first.context["members"]) == 50
    second = client.get(page, {"cursor": first.context["next_cursor"]})
    assert not {m.id for m in first.context["members"]} & {m.id for m in second.context["members"]}
    found = client.get(page, {"q": "many117", "role": "auditor"}).context["members"]
    assert [member.name for member in found] == ["Many117"]
    assert client.get(page, {"q": "nobody at all"}).status_code == 200
    for odd in ({"cursor": "x"}, {"role": "root"}, {"status": "?"}, {"q": "%_"}):
        assert client.get(page, odd).status_code == 200


def test_the_list_as_a_file_runs_no_formula_and_holds_nobody_else(cast: Cast) -> None:
    """Names are text that somebody else chose."""
    for name in ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"):
        Person.objects.filter(pk=cast.bob.person.pk).update(name=name)
        answer = cast.alice.client().get(cast.alice.url("people.csv"))
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        rows = list(csv.DictReader(StringIO(text)))
        assert f"'{name}" in {row["name"] for row in rows}
        assert len(rows) == 4
        assert cast.mallory.person.email not in text


def test_a_name_with_markup_is_text_on_every_page_about_people(cast: Cast) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    Person.objects.filter(pk=cast.bob.person.pk).update(name=attack)
    client = cast.alice.client()
    bob = page_of(cast.alice, cast.bob)
    client.post(bob, {"action": "role", "role": "developer"})
    for page in ("people/", f"people/{cast.bob.membership.id}/", "developers/tokens/", "usage/members/", "audit/"):
        shown = client.get(cast.alice.url(page), follow=True).content.decode()
        assert "<script>alert" not in shown, page
        assert "<img src=x" not in shown, page
    staff = Person.objects.create_superuser("staff@example.org", "x")
    admin = Client(HTTP_HOST="localhost")
    admin.force_login(staff, "allauth.account.auth_backends.AuthenticationBackend")
    for page in ("accounts/membership/", "accounts/person/"):
        assert "<script>alert" not in admin.get(f"/staff/{page}", follow=True).content.decode()


# --- Lists of people to invite --------------------------------------------------------------------------------------


def test_a_list_is_judged_first_and_sent_once(cast: Cast) -> None:
    content = (
        "El. paštas;Vaidmuo;Vardas\r\n"
        f"ona@example.org;narys;Ona\r\nJonas@Example.org;auditor;\r\n{cast.bob.person.email};member\r\n"
        "ona@example.org;developer\r\nnot an address;member\r\nx@example.org;king\r\ny@example.org\r\n\r\n"
    )
    answer = upload(cast.alice, content.encode("cp1257"))
    assert not Invitation.objects.exists()
    lines = [(line.number, line.email, line.verdict.value) for line in answer.context["judged"]]
    roles = {line.email: line.role for line in answer.context["judged"]}
    narys = lines[0][2]  # "ok" once the translations are compiled
    assert lines[1:] == [
        (3, "jonas@example.org", "ok"),
        (4, cast.bob.person.email, "already_member"),
        (5, "ona@example.org", "twice" if narys == "ok" else "ok"),
        (6, "not an address", "bad_address"),
        (7, "x@example.org", "unknown_role"),
        (8, "y@example.org", "ok"),
    ]
    assert roles["y@example.org"] == "member"
    good = {
        "action": "send",
        "email": ["ona@example.org", "jonas@example.org"],
        "role": ["member", "auditor"],
        "customer": cast.globex.id,
    }
    for _ in range(2):
        assert cast.alice.client().post(cast.alice.url("people/list/"), good).status_code == 302
    made = Invitation.objects.filter(customer=cast.acme).order_by("email")
    assert [(each.email, each.role) for each in made] == [
        ("jonas@example.org", "auditor"),
        ("ona@example.org", "member"),
    ]
    assert AuditEntry.objects.filter(action="member.invited").count() == 2
    assert verdicts(upload(cast.alice, b"ona@example.org"))["ona@example.org"] == "invited_already"


def test_a_list_goes_no_further_than_the_sender_and_the_day_allow(customers: Customers, cast: Cast) -> None:
    ada = customers.member(cast.acme, "Ada", "administrator")
    assert verdicts(upload(ada, b"email,role\nx@example.org,owner"))["x@example.org"] == "owner_needed"
    many = "".join(f"p{number}@example.org\tmember\n" for number in range(103)).encode()
    judged = list(verdicts(upload(ada, many)).values())
    assert (judged.count("ok"), judged[100:]) == (100, ["over_the_limit"] * 3)
    emails = [f"p{number}@example.org" for number in range(103)] + ["x@example.org"]
    fields = {"action": "send", "email": emails, "role": ["member"] * 103 + ["owner"]}
    ada.client().post(ada.url("people/list/"), fields)
    assert Invitation.objects.count() == 100
    assert not Invitation.objects.filter(role="owner").exists()


def test_what_is_no_list_is_said_at_the_field(cast: Cast) -> None:
    no_lists = (b"", b"\n\n", b"email;role\n", b"\0\0", b"x" * 300_000, b"a@x.example\n" * 501, b'"' + b"x" * 140_000)
    for content in no_lists:
        answer = upload(cast.alice, content)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"]), content[:20]


def test_an_invitation_is_sent_again_and_the_earlier_link_ends(cast: Cast) -> None:
    client, page = cast.alice.client(), cast.alice.url("people/")
    client.post(page, {"action": "invite", "email": "erin@example.org", "role": "auditor"})
    first = Invitation.objects.get()
    Invitation.objects.update(expires_at=clock.now())
    assert "Expired" in client.get(page).content.decode()
    client.post(page, {"action": "resend", "invitation": first.id})
    first.refresh_from_db()
    second = Invitation.objects.exclude(id=first.id).get()
    assert (bool(first.revoked_at), second.role, second.email) == (True, "auditor", "erin@example.org")
    assert client.post(page, {"action": "resend", "invitation": first.id}).status_code == 404


# --- Who sees documents ---------------------------------------------------------------------------------------------


def test_what_members_see_follows_customer_and_member_and_reaches_their_tokens(cast: Cast) -> None:
    token = cast.dave.token(scopes=frozenset({"seal.read"}))
    ApiToken.objects.update(scopes=["seal.read", "seal.read_all"])

    def sees() -> tuple[bool, bool, bool]:
        by_token = actor_of_token(token, now=clock.now())
        assert by_token
        return (
            cast.bob.actor.may("seal.read_all"),
            cast.dave.actor.may("seal.read_all"),
            by_token.may("seal.read_all"),
        )

    client, rules = cast.alice.client(), cast.alice.url("people/documents/")
    assert sees() == (False, False, False)
    assert client.post(rules, {"action": "save", "members_see_all": "all"}).status_code == 302
    assert sees() == (True, True, True)
    assert not cast.bob.actor.may("document.share")
    assert cast.alice.actor.may("document.share")
    client.post(page_of(cast.alice, cast.dave), {"action": "visibility", "sees": "own"})
    assert sees() == (True, False, False)
    client.post(rules, {"action": "save", "members_see_all": "own", "members_share": "on"})
    client.post(page_of(cast.alice, cast.dave), {"action": "visibility", "sees": "all"})
    assert sees() == (False, True, True)
    client.post(page_of(cast.alice, cast.dave), {"action": "visibility", "sees": ""})
    assert sees() == (False, False, False)
    assert cast.carol.actor.permissions == cast.carol.actor.permissions - {"seal.read_all"}
    assert client.post(rules, {"action": "save", "members_see_all": "root"}).status_code == 422
    assert Customer.objects.get(id=cast.globex.id).members_see_all is False
    assert AuditEntry.objects.filter(action="customer.document_rules_changed", customer_id=cast.acme.id).count() == 2


def test_the_printed_table_of_roles_is_the_rule(cast: Cast) -> None:
    """`docs/roles.md` and the page say what `accounts/rules/permissions.py` holds."""
    answer = cast.bob.client().get(cast.bob.url("people/roles/"))
    rows = [
        f"| {permission_words(row['permission'])} | `{row['permission']}` | "
        + " | ".join("yes" if held else "" for held in row["held"])
        + " |"
        for row in answer.context["rows"]
    ]
    printed = [line for line in (ROOT / "docs" / "roles.md").read_text().splitlines() if "`" in line and line[0] == "|"]
    assert printed == rows
    assert all(permission_words(name) != name for name in PERMISSIONS[Role.OWNER])
