"""What somebody tries who is not the owner of an account, at every door that leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from accounts.actions.invite_member import invite_member
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.models import Membership, Person
from accounts.queries import invitation_secret
from accounts.rules.permissions import Role
from kernel import clock
from tests.cast import PASSWORD, Cast, Customers, Member
from tests.doors.test_accounts_entrance import sign_in, wrong_attempts
from tests.doors.test_accounts_people import HOST
from tests.isolation.routes import routes

WRONG = "wrong wrong wrong"
CODE = re.compile(r"^\s*([A-Z0-9-]{6,9})\s*$", re.MULTILINE)


def is_in(client: Client, member: Member) -> bool:
    return client.get(member.url("")).status_code == 200


def refused(answer: HttpResponse) -> bool:
    return answer.status_code == 429 or "Too many" in answer.content.decode()


def with_app(member: Member) -> Callable[[int], str]:
    """Give a member an authenticator app; the answer is what it shows at a moment."""
    secret = generate_totp_secret()
    TOTP.activate(member.person, secret)
    return lambda at: format_hotp_value(hotp_value(secret, at // 30))


# --- Sessions ------------------------------------------------------------------------------------------------------


def test_a_session_that_somebody_else_planted_is_not_the_one_signed_in_with(cast: Cast) -> None:
    thief, victim = Client(**HOST), Client(**HOST)
    thief.session.save()
    planted = victim.cookies["session"] = thief.cookies["session"].value
    sign_in(victim, cast.bob.person.email)
    assert is_in(victim, cast.bob)
    assert victim.cookies["session"].value not in {planted, ""}
    assert not is_in(thief, cast.bob)


def test_a_new_password_by_mail_ends_every_session(cast: Cast) -> None:
    old = Client(**HOST)
    sign_in(old, cast.bob.person.email)
    fresh = Client(**HOST)
    fresh.post("/account/password/reset/", {"email": cast.bob.person.email})
    link = re.search(r"http\S+/account/password/reset/key/\S+", mail.outbox[-1].body)
    assert link
    page = fresh.get(urlsplit(link[0]).path)
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    assert fresh.post(page["Location"], new).status_code == 302
    assert not is_in(old, cast.bob)
    assert not is_in(fresh, cast.bob), "the link in the mail sets a password and signs nobody in"
    assert fresh.get(page["Location"]).context["token_fail"]
    assert "set anew" in mail.outbox[-1].subject


def test_a_session_ends_twelve_hours_after_the_sign_in_however_often_it_is_used(cast: Cast) -> None:
    client = Client(**HOST)
    with time_machine.travel(1_800_000_000, tick=False) as clock_of_the_test:
        sign_in(client, cast.bob.person.email)
        for _hour in range(11):
            clock_of_the_test.shift(3600)
            assert is_in(client, cast.bob)
        clock_of_the_test.shift(3599)
        assert is_in(client, cast.bob)
        clock_of_the_test.shift(1)
        assert not is_in(client, cast.bob)


def test_who_is_half_signed_in_cannot_finish_as_somebody_else(cast: Cast) -> None:
    bobs_app = with_app(cast.bob)
    with_app(cast.carol)
    with time_machine.travel(1_800_000_000, tick=False):
        client = Client(**HOST)
        sign_in(client, cast.carol.person.email)
        assert client.post("/account/2fa/authenticate/", {"code": bobs_app(1_800_000_000)}).status_code == 200
        assert sign_in(client, cast.bob.person.email)["Location"] == "/account/2fa/authenticate/"
        assert client.post("/account/2fa/authenticate/", {"code": bobs_app(1_800_000_000)}).status_code == 200
        assert not is_in(client, cast.bob)
        assert not is_in(client, cast.carol)


def test_what_one_person_has_shown_counts_for_nobody_else_in_the_same_browser(cast: Cast) -> None:
    client = Client(**HOST)
    sign_in(client, cast.dave.person.email)
    client.force_login(cast.alice.person, "allauth.account.auth_backends.AuthenticationBackend")
    wish = {"action": "create", "name": "robot", "mode": "test", "scopes": ["seal.create"], "lifetime_days": "30"}
    answer = client.post(cast.alice.url("developers/tokens/"), wish)
    assert answer["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/email/", {"email": "mine@example.org", "action_add": ""}),
        ("/account/2fa/totp/activate/", {}),
        ("/account/2fa/webauthn/add/", {}),
        ("/account/2fa/recovery-codes/generate/", {}),
        ("/account/2fa/recovery-codes/", {}),
    ],
)
def test_a_browser_left_open_changes_nothing_about_how_one_signs_in(
    cast: Cast, path: str, fields: dict[str, str]
) -> None:
    if "recovery" in path:
        with_app(cast.bob)
        RecoveryCodes.activate(cast.bob.person)
    client = cast.bob.client()
    answer = client.post(path, fields) if fields else client.get(path)
    assert answer["Location"].startswith("/account/"), answer
    assert "authenticate" in answer["Location"]
    assert cast.bob.person.emailaddress_set.count() == 1


@pytest.mark.parametrize("path", ["/account/password/set/", "/account/email/", "/account/2fa/totp/activate/"])
def test_who_has_no_password_to_be_asked_for_signs_in_again_first(cast: Cast, path: str) -> None:
    cast.bob.person.set_unusable_password()
    cast.bob.person.save()
    answer = cast.bob.client().get(path)
    assert answer["Location"].startswith("/account/logout/?next=")


# --- Guessing ------------------------------------------------------------------------------------------------------


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_a_stranger_who_knows_the_address_cannot_lock_its_owner_out(cast: Cast) -> None:
    """By password where they have signed in before; by a code from the mail where they have not."""
    known, email = Client(**HOST), cast.bob.person.email
    sign_in(known, email)
    known.post("/account/logout/")
    assert any(wrong_attempts(email, addresses=[f"198.51.100.{n}" for n in range(8)]))
    new = Client(**HOST, headers={"X-Forwarded-For": "203.0.113.5"})
    assert refused(sign_in(new, email)), "from a browser that nobody knows the right password waits too"
    assert sign_in(known, email)["Location"] == cast.bob.url("") or is_in(known, cast.bob)

    for n in range(12):
        asking = Client(**HOST, headers={"X-Forwarded-For": f"198.51.100.{n % 4}"})
        asking.post("/account/login/code/", {"email": email})
    mail.outbox.clear()
    answer = new.post("/account/login/code/", {"email": email})
    code = CODE.search(mail.outbox[-1].body)
    assert code
    new.post(answer["Location"], {"code": code[1]})
    assert is_in(new, cast.bob)


def test_a_browser_that_is_known_to_one_person_guesses_no_better_at_another(cast: Cast) -> None:
    client = Client(**HOST)
    sign_in(client, cast.mallory.person.email)
    client.post("/account/logout/")
    answers = [sign_in(client, cast.bob.person.email, WRONG) for _n in range(7)]
    assert [refused(answer) for answer in answers] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("change", [lambda value: value[:-3] + "abc", lambda _value: "", lambda _value: "{}:x"])
def test_a_forged_mark_of_a_known_browser_is_worth_nothing(cast: Cast, change: Callable[[str], str]) -> None:
    client = Client(**HOST)
    sign_in(client, cast.bob.person.email)
    client.post("/account/logout/")
    client.cookies["known_browser"] = change(client.cookies["known_browser"].value)
    answers = [sign_in(client, cast.bob.person.email, WRONG) for _n in range(6)]
    assert refused(answers[-1])


def test_even_a_known_browser_guesses_only_so_often(cast: Cast) -> None:
    client = Client(**HOST)
    sign_in(client, cast.bob.person.email)
    client.post("/account/logout/")
    answers = [sign_in(client, cast.bob.person.email, WRONG) for _n in range(11)]
    assert [refused(answer) for answer in answers] == [False] * 10 + [True]


def test_signing_in_as_oneself_between_guesses_does_not_start_the_count_anew(cast: Cast) -> None:
    """The library clears its counts after a second step, the one of the network address too."""
    app = with_app(cast.mallory)
    with time_machine.travel(1_800_000_000, tick=False) as clock_of_the_test:
        assert not any(wrong_attempts(f"{n}@example.org", addresses=["1.2.3.4"])[0] for n in range(9))
        clock_of_the_test.shift(1)
        client = Client(**HOST)
        sign_in(client, cast.mallory.person.email)
        client.post("/account/2fa/authenticate/", {"code": app(1_800_000_000)})
        assert is_in(client, cast.mallory)
        late = [wrong_attempts(f"{n}@example.net", addresses=["1.2.3.4"])[0] for n in range(3)]
        assert late == [False, True, True]


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=2)
def test_who_goes_round_a_proxy_is_counted_by_the_connection_and_gets_an_answer(cast: Cast) -> None:
    answers = [wrong_attempts(f"{n}@example.org", addresses=[f"1.2.3.{n}"])[0] for n in range(11)]
    assert answers == [False] * 10 + [True]


def test_codes_do_not_flood_a_mailbox(cast: Cast) -> None:
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        for n in range(30):
            asking = Client(**HOST, headers={"X-Forwarded-For": f"198.51.100.{n}"})
            asking.post("/account/login/code/", {"email": cast.bob.person.email})
    assert len(mail.outbox) == 20


def test_too_many_attempts_are_answered_with_a_page_of_ours(cast: Cast) -> None:
    answers = [Client(**HOST).post("/account/password/reset/", {"email": cast.bob.person.email}) for _n in range(6)]
    assert answers[-1].status_code == 429
    assert 'class="site-head"' in answers[-1].content.decode()


@pytest.fixture
def everybody(transactional_db: None) -> Cast:
    cache.clear()
    return Customers().cast()


def at_once(count: int, attempt: Callable[[], bool]) -> int:
    """How many of so many simultaneous attempts succeed."""

    def alone(_n: int) -> bool:
        try:
            return attempt()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(alone, range(count)))


def test_many_guesses_at_the_same_moment_are_counted_one_by_one(everybody: Cast) -> None:
    email = everybody.bob.person.email
    assert at_once(8, lambda: not refused(sign_in(Client(**HOST), email, WRONG))) <= 5


def test_a_code_of_the_app_and_a_recovery_code_open_one_session_when_used_at_the_same_moment(everybody: Cast) -> None:
    app = with_app(everybody.bob)
    recovery = RecoveryCodes.activate(everybody.bob.person).get_unused_codes()[0]
    with time_machine.travel(1_800_000_000, tick=False):
        for code in (app(1_800_000_000), recovery):
            cache.clear()
            waiting = [Client(**HOST) for _n in range(4)]
            for client in waiting:
                sign_in(client, everybody.bob.person.email)

            def finish(code: str = code, waiting: list[Client] = waiting) -> bool:
                return waiting.pop().post("/account/2fa/authenticate/", {"code": code}).status_code == 302

            assert at_once(4, finish) == 1


# --- Finding out who is there --------------------------------------------------------------------------------------


def test_a_sign_in_takes_a_password_hash_whether_or_not_the_address_is_known(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *given: hashed.append(given[0]) or original(self, *given)
    )
    work = []
    for email in (cast.bob.person.email, "nobody-at-all@example.org"):
        hashed.clear()
        sign_in(Client(**HOST), email, WRONG)
        work.append(len(hashed))
    assert work[0] == work[1] > 0


def test_a_link_that_is_unknown_revoked_or_used_looks_the_same(cast: Cast, client: Client) -> None:
    made = invite_member(actor=cast.alice.actor, email="erin@example.org", role=Role.AUDITOR, now=clock.now())
    revoke_invitation(actor=cast.alice.actor, invitation_id=made.id, now=clock.now())
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    answers = []
    for secret in (invitation_secret(made.id), "A" * 43):
        answer = client.get(f"/invitations/{secret}/")
        answers.append((answer.status_code, token.sub("", answer.content.decode()).replace(secret, "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


# --- Being led elsewhere -------------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "/\\evil.example",
    "/%5Cevil.example/..//evil.example",
    "///evil.example",
    "http://localhost@evil.example/",
    "http://localhost.evil.example/",
    "\t//evil.example",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_showing_that_it_is_you_leads_nowhere_else(cast: Cast, target: str) -> None:
    client = Client(**HOST)
    sign_in(client, cast.bob.person.email)
    answer = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": target})
    assert answer.status_code == 302
    for location in (answer["Location"], sign_in(Client(**HOST), cast.carol.person.email, next=target)["Location"]):
        seen_by_browsers = location.replace("\\", "/").strip()
        assert seen_by_browsers.startswith("/"), location
        assert not seen_by_browsers.startswith("//"), location
        assert "evil.example" not in (urlsplit(seen_by_browsers).netloc or "")


# --- Host names ----------------------------------------------------------------------------------------------------


def mailed_with(host: str, adapter: str, email: str) -> str:
    cache.clear()
    mail.outbox.clear()
    with override_settings(ALLOWED_HOSTS=["localhost", "alias.example"], ACCOUNT_ADAPTER=adapter):
        answer = Client(HTTP_HOST=host).post("/account/password/reset/", {"email": email})
    assert answer.status_code == 302
    return str(mail.outbox[-1].body)


@pytest.mark.parametrize("host", ["alias.example", "ALIAS.example", "alias.example.", "alias.example:8443"])
def test_mails_link_to_our_own_address_whatever_name_we_were_asked_by(cast: Cast, host: str) -> None:
    for email in (cast.bob.person.email, "nobody@example.org"):
        body = mailed_with(host, settings.ACCOUNT_ADAPTER, email)
        assert f"{settings.BASE_URL}/" in body
        assert "alias.example" not in body.lower()


def test_the_check_of_links_finds_the_hole_that_the_library_leaves(cast: Cast) -> None:
    library = f"{DefaultAccountAdapter.__module__}.{DefaultAccountAdapter.__name__}"
    assert "alias.example" in mailed_with("alias.example", library, cast.bob.person.email)


# --- Requests that are not what they seem --------------------------------------------------------------------------


def test_no_post_is_taken_from_another_site(cast: Cast) -> None:
    """Sign-in, sign-out, joining and everything else that a page of the public site posts."""
    client = Client(**HOST, enforce_csrf_checks=True)
    client.force_login(cast.bob.person, "allauth.account.auth_backends.AuthenticationBackend")
    values = {"uidb36": "1", "key": "x", "secret": "x", "pk": "1", "provider_id": "x"}
    values |= {"kind": "terms", "version": "2026-1", "provider": "stripe", "link": "x", "request_id": "rgt_x"}
    paths = []
    for route in routes(settings.ROOT_URLCONF):
        pattern = route.pattern.replace("^", "").replace("$", "")
        pattern = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\]|.)\+\)", r"<\1>", pattern)
        if not pattern.startswith(("api/", "scim/", "staff/", ".well-known/")):
            paths.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], pattern))
    # A provider's page posts there; its answer counts only in the browser that asked (test_single_sign_on).
    paths.remove("/account/sso/x/assertion/")
    paths.remove("/webhooks/psp/stripe/")  # a program's, which signs what it posts
    assert {"/account/login/", "/account/logout/", "/invitations/x/", "/account/preferences/"} <= set(paths)
    for path in paths:
        answer = client.post(path, {"login": "x", "language": "lt"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403, path
        assert client.post(path, {}, content_type="text/plain").status_code == 403, path
    assert is_in(client, cast.bob)


@pytest.mark.parametrize("method", ["get", "head", "options", "trace", "put", "delete", "patch"])
def test_nobody_is_signed_out_or_made_a_member_but_by_a_post(cast: Cast, method: str) -> None:
    made = invite_member(actor=cast.alice.actor, email=cast.mallory.person.email, role=Role.OWNER, now=clock.now())
    client = cast.mallory.client()
    disguise = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    for path in ("/account/logout/", f"/invitations/{invitation_secret(made.id)}/", "/account/sessions/"):
        answer = getattr(client, method)(path + "?_method=POST", headers=disguise)
        assert answer.status_code in {200, 403, 405}, path
    assert is_in(client, cast.mallory)
    assert not Membership.objects.filter(person=cast.mallory.person, customer=cast.acme).exists()


def test_a_token_in_an_address_is_refused_even_beside_a_good_header(cast: Cast) -> None:
    token = cast.alice.token()
    program = Client(**HOST, headers={"Authorization": f"Bearer {token}"})
    for client in (Client(**HOST), program):
        answer = client.get("/api/v1/usage", {"access_token": token})
        assert (answer.status_code, answer.json()["code"]) == (400, "token_in_address")
        assert token not in answer.content.decode()
    assert program.get("/api/v1/usage").status_code == 200


def test_fields_of_the_account_pages_give_nothing_that_is_not_asked_for(cast: Cast) -> None:
    client = cast.bob.client()
    wish = {"name": "Bob", "language": "en", "is_staff": "1", "email": "x@example.org", "last_customer": cast.globex.id}
    assert client.post("/account/preferences/", wish).status_code == 302
    person = Person.objects.get(pk=cast.bob.person.pk)
    assert (person.is_staff, person.email) == (False, cast.bob.person.email)
    assert person.last_customer_id != cast.globex.id


def test_secrets_of_second_steps_are_in_no_table_as_they_are(cast: Cast) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.bob.person, secret)
    codes = RecoveryCodes.activate(cast.bob.person).get_unused_codes()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT data::text FROM {Authenticator._meta.db_table}")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert not [each for each in (secret, *codes) if each in stored]
