"""API tokens: made once, shown once, limited, and refused without a hint."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.test.utils import override_settings

from accounts.models import ApiToken
from accounts.rules.permissions import TOKEN_SCOPES
from kernel.models import AuditEntry
from portal.templatetags.words import scope_name
from tests.cast import PASSWORD, Cast, Member
from tests.doors.test_accounts_people import HOST

WISH = {"action": "create", "name": "robot", "mode": "test", "scopes": ["seal.create"], "lifetime_days": "30"}


@pytest.fixture
def sign_in() -> Callable[[Member], Client]:
    """A browser in which the person has just typed the password."""

    def browser(member: Member) -> Client:
        client = Client(**HOST)
        answer = client.post("/account/login/", {"login": member.person.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return browser


def robot(token: str) -> Client:
    return Client(**HOST, headers={"Authorization": f"Bearer {token}"})


def test_a_new_token_is_shown_once_and_works(cast: Cast, sign_in: Callable[[Member], Client]) -> None:
    client, page = sign_in(cast.dave), cast.dave.url("developers/tokens/")
    answer = client.post(page, WISH)
    assert answer.status_code == 201
    token = answer.context["new_token"]["secret"]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    row = ApiToken.objects.get()
    again = client.get(page).content.decode()
    assert token not in again
    assert row.prefix in again
    assert robot(token).get("/api/v1/usage").status_code == 403  # recognised, without the scope
    assert client.post(page, {"action": "revoke", "token": row.id}).status_code == 302
    assert robot(token).get("/api/v1/usage").status_code == 401


def test_whoever_signed_in_long_ago_confirms_first(cast: Cast) -> None:
    page = cast.dave.url("developers/tokens/")
    answer = cast.dave.client().post(page, WISH)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/reauthenticate/?next=")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["seal.read_all"]},
        {"scopes": ["member.manage"]},
        {"scopes": []},
        {"lifetime_days": "100000"},
        {"mode": "root"},
        {"name": ""},
        {"name": "see https://evil.example"},
    ],
)
def test_no_field_gives_a_token_more_than_the_form_offers(
    cast: Cast, sign_in: Callable[[Member], Client], change: dict[str, object]
) -> None:
    answer = sign_in(cast.dave).post(cast.dave.url("developers/tokens/"), {**WISH, **change})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_every_scope_there_is_can_be_chosen_and_has_words(cast: Cast, sign_in: Callable[[Member], Client]) -> None:
    page = sign_in(cast.alice).get(cast.alice.url("developers/tokens/"))
    offered = dict(page.context["form"].fields["scopes"].choices)
    assert set(offered) == TOKEN_SCOPES
    assert {code: scope_name(code) for code in offered} == offered
    assert not [words for words in offered.values() if "." in words]


def test_members_without_the_permission_see_no_tokens(cast: Cast, sign_in: Callable[[Member], Client]) -> None:
    for member in (cast.bob, cast.carol):
        client, page = sign_in(member), member.url("developers/tokens/")
        assert client.get(page).status_code == 403
        assert client.post(page, WISH).status_code in {403, 422}
    assert not ApiToken.objects.exists()


def test_every_token_that_does_not_work_gets_the_same_answer(cast: Cast) -> None:
    good = cast.dave.token()
    ApiToken.objects.update(name="other")
    wrong = [good[:-1] + ("a" if good[-1] != "a" else "b"), "sp_live_x", "", "Basic", good.replace("live", "test")]
    answers = [robot(token).get("/api/v1/usage") for token in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "authentication_failed"
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_or_a_session_cookie_opens_no_api(cast: Cast) -> None:
    token = cast.dave.token()
    assert Client(**HOST).get("/api/v1/usage", {"access_token": token, "token": token}).status_code == 400
    assert cast.alice.client().get("/api/v1/usage").status_code == 401


def test_a_token_opens_no_page(cast: Cast) -> None:
    client = robot(cast.alice.token())
    assert client.get(cast.alice.url("people/")).status_code == 302
    assert client.get("/customers/").status_code == 302


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_requests_beyond_the_limit_are_refused_until_the_minute_is_over(cast: Cast, frozen: None) -> None:
    client, other = robot(cast.alice.token()), robot(cast.dave.token())
    answers = [client.get("/api/v1/usage") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    refused = answers[-1]
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["RateLimit-Reset"]) <= int(refused["Retry-After"]) <= 61
    assert other.get("/api/v1/usage").status_code == 200


@pytest.fixture
def frozen() -> object:
    import time_machine

    with time_machine.travel(int(time.time()) // 60 * 60 + 20.0, tick=False):
        yield


@pytest.fixture
def without_redis(settings: object) -> None:
    caches = settings.CACHES  # type: ignore[attr-defined]  # pytest-django's settings
    dead = {**caches["counters"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**caches, "counters": dead}  # type: ignore[attr-defined]


def test_without_redis_programs_are_let_through_uncounted_and_it_is_logged(
    cast: Cast, without_redis: None, caplog: pytest.LogCaptureFixture
) -> None:
    client = robot(cast.alice.token())
    with caplog.at_level(logging.WARNING):
        answer = client.get("/api/v1/usage")
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer
    assert "not counted" in caplog.text


def test_without_redis_people_sign_in_and_limits_hold(cast: Cast, without_redis: None) -> None:
    client = Client(**HOST)
    wrong = {"login": cast.bob.person.email, "password": "wrong wrong wrong"}
    texts = [client.post("/account/login/", wrong).content.decode() for _ in range(6)]
    assert "Too many failed" not in texts[0]
    assert "Too many failed" in texts[-1]
    right = {"login": cast.alice.person.email, "password": PASSWORD}
    assert Client(**HOST, REMOTE_ADDR="192.0.2.7").post("/account/login/", right).status_code == 302


def test_making_and_revoking_tokens_is_in_the_audit_trail(cast: Cast, sign_in: Callable[[Member], Client]) -> None:
    client, page = sign_in(cast.dave), cast.dave.url("developers/tokens/")
    client.post(page, WISH)
    client.post(page, {"action": "revoke", "token": ApiToken.objects.get().id})
    entries = AuditEntry.objects.filter(customer_id=cast.acme.id, action__startswith="api_token.").order_by("id")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("api_token.created", cast.dave.membership.id),
        ("api_token.revoked", cast.dave.membership.id),
    ]
    assert all(entry.request_id.startswith("req_") for entry in entries)
