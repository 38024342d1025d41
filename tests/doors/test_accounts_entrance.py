"""Signing up, signing in and joining: what a visitor can find out and get in with."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts.actions.invite_member import invite_member
from accounts.models import Application, Customer, Invitation, Membership, Person
from accounts.queries import invitation_secret
from accounts.rules.permissions import Role
from kernel import clock
from kernel.audit import payload_of
from kernel.models import AuditEntry, Event
from tests.cast import PASSWORD, Cast, Customers
from tests.doors.test_accounts_people import HOST
from trust.gateways.data_keys import HsmDataKeys
from trust.gateways.hsm import HsmUnavailable

NEWCOMER = {
    "kind": "legal_entity",
    "customer_name": "UAB Nauja",
    "country": "LT",
    "register_number": "123033512",
    "street": "Gedimino pr. 1",
    "city": "Vilnius",
    "position": "Director",
    "name": "Nora Naujokė",
    "email": "nora@example.org",
    "password1": "a long enough phrase",
    "plan": "2",
    "documents": "on",
    "authority": "on",
    "sanctions": "on",
}
OF_PERSON = {"email", "name", "password1"}


def follow_link(client: Client, pattern: str) -> HttpResponse:
    """Open the link in the newest mail and press the button there."""
    found = re.search(pattern, mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return client.post(urlsplit(found[0]).path)


def sign_in(
    client: Client, email: str, password: str = PASSWORD, *, follow: bool = False, **fields: str
) -> HttpResponse:
    return client.post("/account/login/", {"login": email, "password": password, **fields}, follow=follow)


# --- Signing up ----------------------------------------------------------------------------------------------------


def test_a_newcomer_confirms_the_address_and_owns_a_customer_on_the_chosen_plan(db: None, client: Client) -> None:
    page = client.get("/sign-up/?plan=2")
    assert page.status_code == 200
    assert [box.data["value"] for box in page.context["form"]["plan"] if box.data["selected"]] == ["2"]
    answer = client.post("/sign-up/", NEWCOMER)
    assert answer.status_code == 302
    assert not Customer.objects.exists()
    assert client.get("/customers/").status_code == 302  # still outside
    follow_link(client, r"http://\S+/account/confirm-email/\S+")
    assert sign_in(client, "nora@example.org", NEWCOMER["password1"])["Location"] == "/customers/"
    customer = Customer.objects.get()
    assert client.get("/customers/")["Location"] == f"/c/{customer.slug}/"
    assert (customer.name, customer.kind, customer.country) == ("UAB Nauja", "legal_entity", "LT")
    membership = Membership.objects.get()
    assert (str(membership.person), membership.role) == ("Nora Naujokė", "owner")
    assert Event.objects.get(name="customer.created").payload == {"plan_code": "2"}
    assert Application.objects.get().customer == customer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("documents", ""),
        ("authority", ""),
        ("sanctions", ""),
        ("register_number", ""),
        ("register_number", "123033513"),
        ("vat_number", "LT123"),
        ("street", ""),
        ("city", ""),
        ("position", ""),
        ("customer_name", ""),
        ("customer_name", "x" * 201),
        ("customer_name", "visit http://evil.example"),
        ("name", "<b>http://evil.example</b>"),
        ("email", "nora"),
        ("password1", "short"),
        ("password1", "qwerty123456"),
        ("password1", "nora@example.org"),
        ("country", "ZZ"),
        ("kind", "staff"),
        ("plan", "5"),
        ("plan", "free"),
        ("plan", ""),
    ],
)
def test_a_sign_up_that_does_not_fit_says_where_and_leaves_nothing(
    db: None, client: Client, field: str, value: str
) -> None:
    answer = client.post("/sign-up/", {**NEWCOMER, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Person.objects.exists()
    assert not mail.outbox


def test_fields_that_are_not_asked_for_give_nothing(db: None, client: Client) -> None:
    client.post("/sign-up/", {**NEWCOMER, "is_staff": "1", "is_superuser": "1", "is_active": "1", "role": "owner"})
    person = Person.objects.get()
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert not EmailAddress.objects.get().verified


def test_allauth_s_own_sign_up_page_leads_to_ours(db: None, client: Client) -> None:
    assert reverse("account_signup") == "/account/signup/"
    assert client.get("/account/signup/?plan=1")["Location"] == "/sign-up/?plan=1"


def test_somebody_signed_in_opens_another_customer_without_another_sign_in(cast: Cast) -> None:
    client = cast.bob.client()
    wish = {key: value for key, value in NEWCOMER.items() if key not in OF_PERSON}
    assert client.post("/sign-up/", {**wish, "documents": ""}).status_code == 422
    answer = client.post("/sign-up/", wish)
    assert answer["Location"] == "/c/uab-nauja/"
    shown = client.get("/customers/").content.decode()
    assert "Acme" in shown
    assert "UAB Nauja" in shown
    assert "Globex" not in shown


def test_a_person_without_a_customer_is_told_what_to_do(customers: Customers, client: Client) -> None:
    client.force_login(customers.person("Nora"), "allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get("/customers/")
    assert answer.status_code == 200
    assert "/sign-up/" in answer.content.decode()


# --- What a visitor can find out -----------------------------------------------------------------------------------


def answer_of(path: str, fields: dict[str, str]) -> tuple[int, str, str]:
    """Status, target and text after redirects, without what differs for every visitor."""
    client = Client(**HOST)
    first = client.post(path, fields)
    text = client.get(first["Location"]).content.decode() if first.status_code == 302 else first.content.decode()
    for changing in (
        r'name="csrfmiddlewaretoken" value="\w+"',
        re.escape(fields.get("email", fields.get("login", ""))),
    ):
        text = re.sub(changing, "", text)
    return first.status_code, first.headers.get("Location", ""), text


@pytest.mark.parametrize(
    ("path", "field", "fields"),
    [
        ("/sign-up/", "email", NEWCOMER),
        ("/account/login/", "login", {"password": "wrong wrong wrong"}),
        ("/account/password/reset/", "email", {}),
        ("/account/login/code/", "email", {}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_answer_and_a_mail_each(
    cast: Cast, path: str, field: str, fields: dict[str, str]
) -> None:
    known = answer_of(path, {**fields, field: cast.bob.person.email})
    mails = len(mail.outbox)
    unknown = answer_of(path, {**fields, field: "bob-000000@example.org"})
    assert known == unknown
    assert len(mail.outbox) == 2 * mails
    assert Person.objects.filter(email=cast.bob.person.email).count() == 1


def test_a_known_address_takes_a_password_hash_to_sign_up_with_too(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("accounts.forms.make_password", hashed.append)
    client.post("/sign-up/", {**NEWCOMER, "email": cast.bob.person.email.upper()})
    assert hashed == [NEWCOMER["password1"]]
    assert not Application.objects.exists()


# --- Signing in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:x",
    ],
)
def test_no_link_leads_elsewhere_after_signing_in_or_choosing_a_language(
    cast: Cast, client: Client, target: str
) -> None:
    assert sign_in(client, cast.bob.person.email, next=target)["Location"] == "/customers/"
    assert client.post("/account/logout/", {"next": target})["Location"] == "/"
    answer = client.post("/language/", {"language": "lt", "next": target})
    assert urlsplit(answer["Location"]).netloc == ""
    assert not answer["Location"].startswith(("//", "\\", "/\\"))


def test_signing_in_leads_back_to_the_page_that_was_asked_for(cast: Cast, client: Client) -> None:
    wanted = cast.alice.url("people/")
    login = client.get(wanted)["Location"]
    assert (
        sign_in(client, cast.alice.person.email, next=parse_qs(urlsplit(login).query)["next"][0])["Location"] == wanted
    )


def test_the_session_changes_with_the_sign_in_and_other_sessions_end_with_the_password(cast: Cast) -> None:
    client, other = Client(**HOST), Client(**HOST)
    client.get("/account/login/")
    client.session.save()
    before = client.session.session_key
    sign_in(client, cast.bob.person.email)
    sign_in(other, cast.bob.person.email)
    assert client.session.session_key != before
    new = {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"}
    assert client.post("/account/password/change/", new).status_code == 302
    assert client.get(cast.bob.url("")).status_code == 200
    assert other.get(cast.bob.url("")).status_code == 302


def test_somebody_deactivated_is_out_at_once(cast: Cast) -> None:
    client = cast.bob.client()
    Person.objects.filter(pk=cast.bob.person.pk).update(is_active=False)
    assert client.get(cast.bob.url("")).status_code == 302
    assert sign_in(Client(**HOST), cast.bob.person.email)["Location"] == "/account/inactive/"


def test_somebody_whose_address_is_not_confirmed_does_not_get_in(cast: Cast, client: Client) -> None:
    EmailAddress.objects.filter(user=cast.bob.person).update(verified=False)
    assert sign_in(client, cast.bob.person.email)["Location"] == "/account/confirm-email/"
    assert client.get(cast.bob.url("")).status_code == 302


def test_a_sign_in_code_from_the_mail_gets_in(cast: Cast, client: Client) -> None:
    answer = client.post("/account/login/code/", {"email": cast.bob.person.email})
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code, mail.outbox[-1].body
    client.post(answer["Location"], {"code": code[1]})
    assert client.get(cast.bob.url("")).status_code == 200


def test_a_code_of_the_authenticator_app_is_asked_for_and_works_once(cast: Cast) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.bob.person, secret)
    RecoveryCodes.activate(cast.bob.person)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    with time_machine.travel(1_800_000_000, tick=False):
        code = format_hotp_value(hotp_value(secret, 1_800_000_000 // 30))
        client = Client(**HOST)
        assert sign_in(client, cast.bob.person.email)["Location"] == "/account/2fa/authenticate/"
        assert client.get(cast.bob.url("")).status_code == 302
        assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
        assert client.post("/account/2fa/authenticate/", {"code": code})["Location"] == "/customers/"
        assert client.get(cast.bob.url("")).status_code == 200
        thief = Client(**HOST)
        sign_in(thief, cast.bob.person.email)
        assert thief.post("/account/2fa/authenticate/", {"code": code}).status_code == 200
        assert thief.get(cast.bob.url("")).status_code == 302


def test_a_recovery_code_gets_in_once(cast: Cast) -> None:
    TOTP.activate(cast.bob.person, generate_totp_secret())
    code = RecoveryCodes.activate(cast.bob.person).get_unused_codes()[0]
    for expected in (302, 200):
        client = Client(**HOST)
        sign_in(client, cast.bob.person.email)
        assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == expected


@pytest.mark.parametrize(
    "name", ["account_email", "account_change_password", "mfa_index", "mfa_view_recovery_codes", "usersessions_list"]
)
def test_the_pages_of_one_s_own_account_open(cast: Cast, name: str) -> None:
    client = Client(**HOST)
    sign_in(client, cast.bob.person.email)
    assert client.get(reverse(name)).status_code in {200, 302, 404}
    assert client.get("/account/sessions/").status_code == 200


# --- Limits --------------------------------------------------------------------------------------------------------


def wrong_attempts(email: str, *, addresses: list[str]) -> list[bool]:
    """Whether each wrong password was refused for there being too many, by the address it came from."""
    answers = [
        Client(**HOST).post(
            "/account/login/",
            {"login": email, "password": "wrong wrong wrong"},
            headers={"X-Forwarded-For": address},
        )
        for address in addresses
    ]
    return [answer.status_code == 429 or "Too many" in answer.content.decode() for answer in answers]


def test_without_a_proxy_a_forged_address_does_not_help_to_guess(cast: Cast) -> None:
    refused = [wrong_attempts(f"{n}@example.org", addresses=[f"198.51.100.{n}"])[0] for n in range(12)]
    assert refused == [False] * 10 + [True] * 2


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_each_visitor_has_a_limit_of_their_own_and_cannot_forge_another(cast: Cast) -> None:
    guesser = [wrong_attempts(f"{n}@example.org", addresses=[f"1.2.3.{n}, 198.51.100.7"])[0] for n in range(12)]
    assert guesser == [False] * 10 + [True] * 2
    assert wrong_attempts("x@example.org", addresses=["198.51.100.8"]) == [False]
    of_one_house = [f"2001:db8:7:7::{n:x}" for n in range(12)]  # whoever has one address of a /64 has all of them
    assert [wrong_attempts(f"{n}@example.org", addresses=[a])[0] for n, a in enumerate(of_one_house)] == guesser
    assert wrong_attempts("y@example.org", addresses=["2001:db8:7:8::1"]) == [False]


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_guessing_one_person_s_password_from_many_addresses_is_limited_too(cast: Cast) -> None:
    refused = wrong_attempts(cast.bob.person.email, addresses=[f"198.51.100.{n}" for n in range(7)])
    assert refused == [False] * 5 + [True] * 2


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "acme.localhost"]
)
def test_a_foreign_host_name_gets_no_page_and_no_mail(cast: Cast, host: str) -> None:
    client = Client(HTTP_HOST=host)
    for path in ("/account/password/reset/", "/sign-up/", cast.alice.url("people/")):
        assert client.post(path, {"email": cast.bob.person.email}).status_code == 400
    forwarded = Client(**HOST, headers={"X-Forwarded-Host": "evil.example"})
    forwarded.post("/account/password/reset/", {"email": cast.bob.person.email})
    assert "evil.example" not in mail.outbox[-1].body


# --- Invitations ---------------------------------------------------------------------------------------------------


def invited(cast: Cast, email: str) -> tuple[Invitation, str]:
    made = invite_member(actor=cast.alice.actor, email=email, role=Role.AUDITOR, now=clock.now())
    return made, f"/invitations/{invitation_secret(made.id)}/"


def test_somebody_new_joins_with_a_name_and_a_password(cast: Cast, client: Client) -> None:
    _made, link = invited(cast, "erin@example.org")
    page = client.get(link)
    assert page.status_code == 200
    assert "Acme" in page.content.decode()
    fields = {"name": "Erin", "email": "other@example.org", "password1": "a long enough phrase", "role": "owner"}
    answer = client.post(link, fields)
    assert answer["Location"] == f"/c/{cast.acme.slug}/"
    person = Person.objects.get(name="Erin")
    assert person.email == "erin@example.org"
    assert EmailAddress.objects.get(user=person).verified
    assert Membership.objects.get(person=person).role == "auditor"
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(link).status_code == 404
    assert Client(**HOST).get(link).status_code == 404


def test_a_join_that_does_not_fit_says_where_and_leaves_the_invitation_open(cast: Cast, client: Client) -> None:
    made, link = invited(cast, "erin@example.org")
    answer = client.post(link, {"name": "Erin", "password1": "short"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["password1"])
    made.refresh_from_db()
    assert made.accepted_at is None
    assert not Person.objects.filter(email="erin@example.org").exists()


def test_somebody_known_signs_in_and_accepts(cast: Cast, client: Client) -> None:
    _made, link = invited(cast, cast.mallory.person.email)
    login = client.get(link)["Location"]
    assert urlsplit(login).path == "/account/login/"
    answer = sign_in(client, cast.mallory.person.email, next=parse_qs(urlsplit(login).query)["next"][0])
    assert answer["Location"] == link
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == f"/c/{cast.acme.slug}/"
    assert Membership.objects.get(person=cast.mallory.person, customer=cast.acme).role == "auditor"


def test_somebody_else_with_the_link_finds_nothing(cast: Cast) -> None:
    made, link = invited(cast, "erin@example.org")
    client = cast.mallory.client()
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 404
        assert "Acme" not in answer.content.decode()
    made.refresh_from_db()
    assert made.accepted_at is None


def test_a_link_of_one_customer_joins_no_other(cast: Cast, client: Client) -> None:
    _made, link = invited(cast, "erin@example.org")
    assert client.get(f"/c/{cast.globex.slug}{link}").status_code in {302, 404}
    fields = {"name": "Erin", "password1": "a long enough phrase", "customer": cast.globex.id}
    client.post(link, fields)
    assert {m.customer_id for m in Membership.objects.filter(person__email="erin@example.org")} == {cast.acme.id}


def test_the_language_is_remembered_for_a_year(db: None, client: Client) -> None:
    answer = client.post("/language/", {"language": "lt", "next": "/pricing/"})
    cookie = answer.cookies["language"]
    assert (answer["Location"], cookie.value, cookie["max-age"]) == ("/pricing/", "lt", 365 * 24 * 3600)
    assert '<html lang="lt"' in client.get("/account/login/").content.decode()


# --- While the device that keeps the keys is away ------------------------------------------------------------------


def test_without_the_hsm_an_application_waits_for_the_next_sign_in_and_says_so(
    customers: Customers, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No customer comes to be without its key, and nobody is locked out or loses what they applied for."""

    def away(*_words: object) -> None:
        raise HsmUnavailable("away")

    person, wish = customers.person("Nora"), {name: NEWCOMER[name] for name in NEWCOMER if name not in OF_PERSON}
    sign_in(client, person.email)
    with monkeypatch.context() as outage:
        outage.setattr(HsmDataKeys, "create", away)
        told = client.post("/sign-up/", wish, follow=True)
        assert "Sign in again in a few minutes" in told.content.decode()
        other = Client(**HOST)
        assert "Sign in again in a few minutes" in sign_in(other, person.email, follow=True).content.decode()
    assert Application.objects.get(person=person).customer is None
    assert not Customer.objects.exists()

    sign_in(Client(**HOST), person.email)

    customer = Customer.objects.get()
    assert Application.objects.get(person=person).customer == customer
    entry = AuditEntry.objects.get(action="customer.created")
    assert bytes(entry.payload)[:1] == b"\x01", "its first entry is encrypted already"
    assert payload_of(entry).details["name"] == "UAB Nauja"
