"""A person's own account: what is remembered, where they are signed in, what they are told, in our design."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import allauth
import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from accounts.models import Membership, Person
from kernel import clock
from kernel.models import AuditEntry
from portal.environment import BASE_DIR
from tests.cast import PASSWORD, Cast, Customers
from tests.doors.test_accounts_entrance import sign_in
from tests.doors.test_accounts_people import HOST

YEAR = 365 * 24 * 3600
CHOICES = {"name": "Bob Builder", "language": "lt", "country": "EE", "time_zone": "America/New_York"}


def confirmed(cast: Cast) -> Client:
    """Bob's browser, in which he has just shown that it is he."""
    client = Client(**HOST)
    sign_in(client, cast.bob.person.email)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def recorded() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


# --- Preferences ---------------------------------------------------------------------------------------------------


def test_choices_follow_a_person_to_every_browser(cast: Cast) -> None:
    assert cast.bob.client().post("/account/preferences/", CHOICES).status_code == 302
    other = Client(**HOST)
    answer = sign_in(other, cast.bob.person.email)
    kept = {name: (answer.cookies[name].value, answer.cookies[name]["max-age"]) for name in ("language", "country")}
    assert kept == {"language": ("lt", YEAR), "country": ("EE", YEAR)}
    page = other.get("/account/preferences/")
    assert '<html lang="lt"' in page.content.decode()
    assert {name: page.context["form"][name].value() for name in CHOICES} == CHOICES
    assert "person.preferences_changed" in recorded()


def test_a_stranger_s_choices_stay_in_the_browser_for_a_year_and_become_theirs_on_signing_in(cast: Cast) -> None:
    client = Client(**HOST)
    answer = client.post("/account/preferences/", {**CHOICES, "name": "ignored"})
    assert {name: answer.cookies[name]["max-age"] for name in ("language", "country", "time_zone")} == dict.fromkeys(
        ("language", "country", "time_zone"), YEAR
    )
    assert client.get("/sign-up/").context["form"]["country"].value() == "EE"
    sign_in(client, cast.bob.person.email)
    person = Person.objects.get(pk=cast.bob.person.pk)
    assert (person.name, person.language, person.country, person.time_zone) == (
        "Bob", "lt", "EE", "America/New_York",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("country", "ZZ"), ("language", "xx"), ("name", "see http://evil.example")],
)
def test_a_choice_that_is_none_is_refused_where_it_stands(cast: Cast, field: str, value: str) -> None:
    answer = cast.bob.client().post("/account/preferences/", {**CHOICES, field: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Person.objects.get(pk=cast.bob.person.pk).time_zone == ""


def test_a_language_chosen_in_the_menu_is_kept_with_the_person(cast: Cast) -> None:
    cast.bob.client().post("/language/", {"language": "et", "next": "/"})
    answer = sign_in(Client(**HOST), cast.bob.person.email)
    assert answer.cookies["language"].value == "et"
    cast.bob.client().post("/language/", {"language": "xx", "next": "/"})
    assert Person.objects.get(pk=cast.bob.person.pk).language == "et"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("", "14:00"), ("America/New_York", "07:00"), ("Etc/UTC", "12:00"), ("Europe/Vilnius", "14:00")],
)
def test_times_in_the_portal_are_told_in_the_zone_of_who_reads(cast: Cast, chosen: str, said: str) -> None:
    with time_machine.travel(datetime(2027, 1, 15, 12, tzinfo=UTC), tick=False):
        client = Client(**HOST)
        Person.objects.filter(pk=cast.bob.person.pk).update(time_zone=chosen)
        sign_in(client, cast.bob.person.email)
        assert f"15 January 2027, {said}" in client.get("/account/sessions/").content.decode()
        client.cookies.pop("time_zone", None)
        portal = client.get(cast.bob.url("batches/"))
        assert portal.status_code == 200
        stranger = Client(**HOST)
        assert "14:00" in stranger.get("/account/preferences/").content.decode()


def test_a_zone_that_somebody_wrote_into_the_cookie_is_ignored(db: None) -> None:
    for value in ("../../etc/passwd", "Mars/Olympus", "x" * 4000, "\x00"):
        client = Client(**HOST)
        client.cookies["time_zone"] = client.cookies["country"] = client.cookies["last_sign_in"] = value
        assert client.get("/account/preferences/").status_code == 200
        assert client.get("/account/login/").status_code == 200
        assert client.get("/sign-up/").status_code == 200


# --- The way in ----------------------------------------------------------------------------------------------------


def test_the_way_somebody_came_in_last_is_offered_first_for_a_year_if_they_want_that(cast: Cast) -> None:
    client = Client(**HOST)
    assert "Last time" not in client.get("/account/login/").content.decode()
    assert "last_sign_in" not in sign_in(client, cast.bob.person.email).cookies
    client.post("/account/logout/")
    assert "Remember here how I sign in" in client.get("/account/login/").content.decode()
    client.post("/cookies/", {"choice": "add", "extra": "last_sign_in", "next": "/account/login/"})
    assert "Remember here how I sign in" not in client.get("/account/login/").content.decode()
    answer = sign_in(client, cast.bob.person.email)
    assert (answer.cookies["last_sign_in"].value, answer.cookies["last_sign_in"]["max-age"]) == ("password", YEAR)
    client.post("/account/logout/")
    assert "Last time you signed in here with a password" in client.get("/account/login/").content.decode()
    asked = client.post("/account/login/code/", {"email": cast.bob.person.email})
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code
    assert client.post(asked["Location"], {"code": code[1]}).cookies["last_sign_in"].value == "code"
    client.post("/account/logout/")
    for method, first in (("code", "Send me a sign-in code"), ("passkey", "Sign in with a passkey")):
        client.cookies["last_sign_in"] = method
        page = client.get("/account/login/").content.decode()
        assert page.index(first) < page.index('name="password"')
        assert page.count('id="passkey_login"') == 1
    assert {"person.signed_in"} == {action for action in recorded() if action.startswith("person.")}


def test_signing_in_leads_to_the_customer_one_worked_for_last(cast: Cast) -> None:
    Membership.objects.create(
        customer=cast.globex, person=cast.bob.person, role="auditor", created_at=clock.now() - timedelta(days=1)
    )
    client = Client(**HOST)
    assert sign_in(client, cast.bob.person.email)["Location"] == "/customers/"
    client.get(f"/c/{cast.globex.slug}/")
    page = client.get("/customers/").content.decode()
    assert page.index("Globex") < page.index("Acme")
    assert "Auditor" in page
    again = Client(**HOST)
    assert sign_in(again, cast.bob.person.email)["Location"] == f"/c/{cast.globex.slug}/"
    Membership.objects.filter(customer=cast.globex, person=cast.bob.person).update(status="ended")
    assert sign_in(Client(**HOST), cast.bob.person.email)["Location"] == "/customers/"


# --- Sessions ------------------------------------------------------------------------------------------------------


def test_one_session_or_all_of_them_can_be_ended(cast: Cast) -> None:
    here, phone, office, stranger = (Client(**HOST) for _n in range(4))
    for client in (here, phone, office):
        sign_in(client, cast.bob.person.email)
    sign_in(stranger, cast.mallory.person.email)
    of = {client: UserSession.objects.get(session_key=client.session.session_key) for client in (here, phone, stranger)}
    assert here.post("/account/sessions/", {"session": of[stranger].pk}).status_code == 404
    assert here.post("/account/sessions/", {"session": of[here].pk}).status_code == 404
    assert here.post("/account/sessions/", {"session": "1 OR 1"}).status_code == 404
    assert here.post("/account/sessions/", {"session": of[phone].pk}).status_code == 302
    assert [client.get(cast.bob.url("")).status_code for client in (here, phone, office)] == [200, 302, 200]
    assert stranger.get(cast.mallory.url("")).status_code == 200
    here.post("/account/sessions/")
    assert [client.get(cast.bob.url("")).status_code for client in (here, office)] == [200, 302]
    here.post("/account/sessions/", {"everywhere": "1"})
    assert here.get(cast.bob.url("")).status_code == 302
    assert recorded().count("person.sessions_ended") == 2


def test_a_session_was_last_seen_to_five_minutes_and_that_costs_no_request_a_query(cast: Cast) -> None:
    client = Client(**HOST)
    with time_machine.travel(datetime(2027, 1, 15, 12, tzinfo=UTC), tick=False) as time:
        sign_in(client, cast.bob.person.email)
        client.get("/account/preferences/")
        seen = UserSession.objects.get().last_seen_at
        time.shift(timedelta(minutes=4, seconds=59))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/account/preferences/")
        assert not [each for each in queries if "usersession" in each["sql"] or "UPDATE" in each["sql"]]
        assert UserSession.objects.get().last_seen_at == seen
        time.shift(timedelta(seconds=1))
        client.get("/account/preferences/", headers={"User-Agent": "Another/1"})
        session = UserSession.objects.get()
        assert (session.last_seen_at, session.user_agent) == (seen + timedelta(minutes=5), "Another/1")


# --- Addresses -----------------------------------------------------------------------------------------------------


def test_a_new_address_counts_once_confirmed_and_the_old_one_is_told(cast: Cast) -> None:
    client, old = confirmed(cast), cast.bob.person.email
    client.post("/account/email/", {"email": "new@example.org", "action_add": ""})
    client.post("/account/email/", {"email": "new@example.org", "action_primary": ""})
    assert Person.objects.get(pk=cast.bob.person.pk).email == old
    link = re.search(r"http\S+/account/confirm-email/\S+", mail.outbox[-1].body)
    assert link
    assert mail.outbox[-1].to == ["new@example.org"]
    client.post(urlsplit(link[0]).path)
    with override_settings(OPERATOR_CONTACT="+370 600 00000"):
        client.post("/account/email/", {"email": "new@example.org", "action_primary": ""})
    assert Person.objects.get(pk=cast.bob.person.pk).email == "new@example.org"
    told = mail.outbox[-1]
    assert told.to == [old]
    assert f"from {old} to new@example.org" in told.body
    assert "+370 600 00000" in told.body
    assert "person.email_changed" in recorded()
    client.post("/account/email/", {"email": old, "action_remove": ""})
    assert list(EmailAddress.objects.filter(user=cast.bob.person).values_list("email", flat=True)) == [
        "new@example.org"
    ]


def test_the_last_confirmed_address_stays(cast: Cast) -> None:
    client, old = confirmed(cast), cast.bob.person.email
    EmailAddress.objects.filter(user=cast.bob.person).update(primary=False)
    EmailAddress.objects.create(user=cast.bob.person, email="unproved@example.org", primary=True, verified=False)
    client.post("/account/email/", {"email": old, "action_remove": ""})
    assert EmailAddress.objects.filter(email=old).exists()


# --- Mails and pages -----------------------------------------------------------------------------------------------


def test_every_change_of_how_one_signs_in_is_told_by_mail_and_recorded(transactional_db: None) -> None:
    cast = Customers().cast()
    client = confirmed(cast)
    TOTP.activate(cast.bob.person, generate_totp_secret())
    client.post("/account/2fa/recovery-codes/generate/")
    client.post("/account/2fa/totp/deactivate/")
    new = {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"}
    client.post("/account/password/change/", new)
    TOTP.activate(cast.bob.person, generate_totp_secret())
    codes = RecoveryCodes.activate(cast.bob.person).get_unused_codes()
    other = Client(**HOST)
    sign_in(other, cast.bob.person.email, "another long phrase")
    other.post("/account/2fa/authenticate/", {"code": codes[0]})
    expected = {
        "New recovery codes were made for your account": "person.recovery_codes_made",
        "The authenticator app was removed from your account": "person.second_step_removed",
        "Your password was changed": "person.password_changed",
        "A recovery code opened your account": "person.recovery_code_used",
    }
    told = {each.subject: each for each in mail.outbox}
    assert expected.keys() <= told.keys()
    assert set(expected.values()) <= set(recorded())
    for subject in expected:
        html = told[subject].alternatives[0][0]
        assert settings.BASE_URL in told[subject].body
        assert "If that was not you" in html
        assert "127.0.0.1" in told[subject].body


def test_mails_about_a_person_are_in_their_language(cast: Cast) -> None:
    Person.objects.filter(pk=cast.bob.person.pk).update(language="lt")
    stranger = Client(**HOST, headers={"Accept-Language": "et"})
    stranger.post("/account/password/reset/", {"email": cast.bob.person.email})
    assert '<html lang="lt">' in mail.outbox[-1].alternatives[0][0]


NEVER_SHOWN = {
    # switched off: telephones, passkeys at sign-up, trusted browsers, codes instead of links, one address only
    r"account/.*phone.*", r"account/signup_by_passkey\.html", r"mfa/webauthn/signup_form\.html", r"mfa/trust\.html",
    r"account/.*password_reset_code.*", r"account/email_change\.html", r"account/snippets/warn_no_email\.html",
    # ours is at another address
    r"account/signup\.html",
    # without words: they only extend ours
    r".*/base(_\w+)?\.html", r"mfa/webauthn/snippets/.*", r"mfa/recovery_codes/download\.txt",
}  # fmt: skip


def library_templates() -> Iterator[str]:
    found = Path(allauth.__file__).parent / "templates"
    for folder in ("account", "mfa", "usersessions"):
        yield from (str(path.relative_to(found)) for path in (found / folder).rglob("*.*") if path.is_file())


def test_every_page_and_mail_of_the_sign_in_library_is_ours() -> None:
    ours = BASE_DIR / "templates"
    missing = [
        name
        for name in library_templates()
        if not (ours / name).is_file() and not any(re.fullmatch(pattern, name) for pattern in NEVER_SHOWN)
    ]
    assert missing == []


SHOWN = {
    "account_login": (), "account_request_login_code": (), "account_reset_password": (), "account_inactive": (),
    "account_email_verification_sent": (), "account_reset_password_done": (), "preferences": (),
    "account_reset_password_from_key_done": (), "account_confirm_email": ("x",),
    "account_reset_password_from_key": ("1", "x-y"),
}  # fmt: skip
SHOWN_INSIDE = [
    "preferences", "account_email", "account_change_password", "account_reauthenticate", "account_logout", "mfa_index",
    "mfa_reauthenticate", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "usersessions_list",
]  # fmt: skip


def test_every_page_of_the_sign_in_opens_in_our_design_and_in_every_language(cast: Cast) -> None:
    inside = confirmed(cast)
    TOTP.activate(cast.bob.person, generate_totp_secret())
    RecoveryCodes.activate(cast.bob.person)
    pages = [(Client(**HOST), reverse(name, args=arguments)) for name, arguments in SHOWN.items()]
    pages += [(inside, reverse(name)) for name in SHOWN_INSIDE if name != "mfa_activate_totp"]
    for client, path in pages:
        for language in ("en", "lt"):
            client.cookies["language"] = language
            answer = client.get(path)
            text = answer.content.decode()
            assert answer.status_code == 200, path
            assert 'class="site-head"' in text, path
            assert text.count("<h1") == 1, path
            title = re.search(r"<title>\s*(\S.*?)\s*·", text, re.DOTALL)
            assert title, path


def test_showing_that_it_is_you_leads_back_to_the_page_that_asked(cast: Cast) -> None:
    page = cast.dave.url("developers/tokens/")
    client = cast.dave.client()
    wish = {"action": "create", "name": "robot", "mode": "test", "scopes": ["seal.create"], "lifetime_days": "30"}
    asked = client.post(page, wish)["Location"]
    assert "Nothing has been done yet" in client.get(asked).content.decode()
    back = parse_qs(urlsplit(asked).query)["next"][0]
    assert client.post(urlsplit(asked).path, {"password": PASSWORD, "next": back})["Location"] == page
    assert client.post(page, wish).status_code == 201
