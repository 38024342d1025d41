"""API tokens: where they may be sent from and how, who gets one that may do what, and how they end (attacks 18, 30)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory, override_settings

from accounts.actions._tokens import NetworkUnreadable
from accounts.actions.create_api_token import ScopeNotYours, create_api_token
from accounts.actions.limit_api_token import limit_api_token
from accounts.actions.remind_of_token import remind_of_token
from accounts.actions.remind_of_tokens import remind_of_tokens
from accounts.actions.revoke_api_token import revoke_api_token
from accounts.actions.rotate_api_token import rotate_api_token
from accounts.models import ApiToken, Customer, Membership, Notice, Person, Webhook
from kernel import clock
from kernel.audit import payload_of
from kernel.errors import InvalidInput, NotFound
from kernel.models import AuditEntry, Job
from tests.cast import Cast, Member
from tests.doors.test_accounts_people import HOST
from tests.doors.test_accounts_tokens import robot
from tests.doors.test_webhooks import browser
from tests.queued import carried_out

USAGE = "/api/v1/usage"
REMINDER = "accounts.remind_of_tokens"


def limited(member: Member, *networks: str) -> str:
    scopes = frozenset({"usage.read"})
    return create_api_token(
        actor=member.actor, name="robot", live=True, scopes=scopes, networks=networks, now=clock.now()
    )[1]


def asked_from(token: str, address: str, **more: str) -> int:
    client = Client(**HOST, REMOTE_ADDR=address)
    headers = {"Authorization": f"Bearer {token}", **more}
    status: int = client.get(USAGE, headers=headers).status_code
    return status


def test_a_token_works_from_its_networks_only_whatever_a_header_says(cast: Cast) -> None:
    token = limited(cast.dave, "198.51.100.0/24", "2001:db8::/32")
    assert asked_from(token, "198.51.100.7") == 200
    assert asked_from(token, "2001:db8::7") == 200
    assert asked_from(token, "::ffff:198.51.100.7") == 200
    assert asked_from(token, "203.0.113.7") == 401
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"):
        assert asked_from(token, "203.0.113.7", **{header: "198.51.100.7"}) == 401


def test_behind_one_trusted_proxy_only_what_the_proxy_added_counts(cast: Cast) -> None:
    token = limited(cast.dave, "198.51.100.0/24")
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert asked_from(token, "10.0.0.1", **{"X-Forwarded-For": "198.51.100.7"}) == 200
        assert asked_from(token, "10.0.0.1", **{"X-Forwarded-For": "198.51.100.7, 203.0.113.7"}) == 401


def test_networks_are_changed_at_once_and_nonsense_is_refused(cast: Cast) -> None:
    token = limited(cast.dave)
    row = ApiToken.objects.get()
    assert asked_from(token, "203.0.113.7") == 200
    limit_api_token(actor=cast.dave.actor, token_id=row.id, networks=["198.51.100.7"], now=clock.now())
    assert asked_from(token, "203.0.113.7") == 401
    for wrong in ("198.51.100.7/24", "everywhere", "::/129"):
        with pytest.raises(NetworkUnreadable):
            limit_api_token(actor=cast.dave.actor, token_id=row.id, networks=[wrong], now=clock.now())
    with pytest.raises(NotFound):
        limit_api_token(actor=cast.mallory.actor, token_id=row.id, networks=[], now=clock.now())


def test_every_refused_token_gets_the_same_answer(cast: Cast) -> None:
    elsewhere, revoked, expired = (limited(cast.dave, *networks) for networks in (["192.0.2.0/24"], [], []))
    rows = list(ApiToken.objects.order_by("created_at"))
    revoke_api_token(actor=cast.dave.actor, token_id=rows[1].id, now=clock.now())
    ApiToken.objects.filter(id=rows[2].id).update(expires_at=clock.now())
    answers = [robot(token).get(USAGE) for token in (elsewhere, revoked, expired, "sp_live_invented")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


def test_a_token_is_worth_what_its_maker_and_its_customer_are(cast: Cast) -> None:
    """Read with every request, so that whatever is done to either is felt by the next one."""
    client = robot(limited(cast.dave))
    maker, person = Membership.objects.filter(id=cast.dave.membership.id), Person.objects.filter(pk=cast.dave.person.pk)
    customer = Customer.objects.filter(id=cast.acme.id)
    assert client.get(USAGE).status_code == 200
    for rows, name, left, back in (
        (maker, "status", ("suspended", "ended"), "active"),
        (customer, "status", ("suspended", "ended", "closed"), "active"),
        (person, "is_active", (False,), True),
    ):
        for value in left:
            rows.update(**{name: value})
            assert client.get(USAGE).status_code == 401, (name, value)
        rows.update(**{name: back})
        assert client.get(USAGE).status_code == 200
    maker.update(role="member")
    assert client.get(USAGE).status_code == 200
    maker.update(role="nobody")
    assert client.get(USAGE).status_code == 403


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_a_token_in_the_address_is_refused_and_its_customer_sees_it(cast: Cast, method: str) -> None:
    token = limited(cast.dave)
    for client in (Client(**HOST), robot(token)):  # also beside a good header: it is in the logs all the same
        answer = getattr(client, method)(f"{USAGE}?anything={token}")
        assert (answer.status_code, answer.json()["code"]) == (400, "token_in_address")
    entries = AuditEntry.objects.filter(action="api_token.exposed", customer_id=cast.acme.id)
    assert {entry.subject for entry in entries} == {ApiToken.objects.get().id}
    assert token not in str([payload_of(entry).details for entry in entries])
    invented = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert Client(**HOST).get(f"{USAGE}?anything={invented}").status_code == 401


def test_both_secrets_work_while_a_token_is_rotated(cast: Cast) -> None:
    old = limited(cast.dave)
    row = ApiToken.objects.get()
    _row, new = rotate_api_token(actor=cast.dave.actor, token_id=row.id, overlap_days=7, now=clock.now())
    assert [robot(token).get(USAGE).status_code for token in (old, new)] == [200, 200]
    ApiToken.objects.update(former_until=clock.now())
    assert [robot(token).get(USAGE).status_code for token in (old, new)] == [401, 200]
    _row, newest = rotate_api_token(actor=cast.dave.actor, token_id=row.id, overlap_days=0, now=clock.now())
    assert [robot(token).get(USAGE).status_code for token in (old, new, newest)] == [401, 401, 200]
    with pytest.raises(InvalidInput):
        rotate_api_token(actor=cast.dave.actor, token_id=row.id, overlap_days=8, now=clock.now())


def test_nobody_gets_at_wider_scopes_by_rotating_anothers_token(cast: Cast) -> None:
    cast.alice.token()  # an owner's, who may read what Dave may not
    row = ApiToken.objects.get()
    with pytest.raises(ScopeNotYours):
        rotate_api_token(actor=cast.dave.actor, token_id=row.id, overlap_days=0, now=clock.now())
    with pytest.raises(NotFound):
        rotate_api_token(actor=cast.mallory.actor, token_id=row.id, overlap_days=0, now=clock.now())


def test_whoever_holds_a_token_can_end_it_and_only_it(cast: Cast) -> None:
    found, other = limited(cast.dave), limited(cast.dave)
    told = robot(found).get("/api/v1/token").json()
    assert (told["name"], told["scopes"]) == ("robot", ["usage.read"])
    assert "secret_hash" not in told
    assert robot(found).delete("/api/v1/token").status_code == 204
    assert [robot(token).get(USAGE).status_code for token in (found, other)] == [401, 200]
    assert payload_of(AuditEntry.objects.get(action="api_token.revoked")).details == {"by_itself": True}


def test_who_manages_tokens_has_notice_before_one_expires_each_time_once(cast: Cast) -> None:
    limited(cast.dave)
    end = ApiToken.objects.get().expires_at
    told = [
        sum(carried_out(REMINDER, end - timedelta(days=days)) for _ in range(2)) for days in (20, 14, 10, 1, 0.5, -1)
    ]
    assert told == [0, 1, 0, 1, 0, 0]
    assert Notice.objects.filter(kind="api_token.ending", customer_id=cast.acme.id).count() == 2


def test_nobody_hears_of_tokens_that_are_refused_because_the_contract_is_over(cast: Cast) -> None:
    limited(cast.dave)
    end = ApiToken.objects.get().expires_at
    for status, told in (("suspended", 0), ("ended", 0), ("active", 1)):
        cast.acme.status = status
        cast.acme.save()
        assert carried_out(REMINDER, end - timedelta(days=1)) == told


def test_a_notice_that_cannot_be_given_holds_up_no_other(cast: Cast) -> None:
    """Each token is a job of its own: whichever fails is tried by itself, and named by its dead letter."""
    for _ in range(3):
        limited(cast.dave)
    now = ApiToken.objects.latest("expires_at").expires_at - timedelta(days=1)
    assert remind_of_tokens(now=now) == 3
    keys = set(Job.objects.filter(kind="accounts.remind_of_token").values_list("key", flat=True))
    assert len(keys) == 3
    for token in ApiToken.objects.all():
        assert any(token.id in key for key in keys)
        assert [remind_of_token(token_id=token.id, now=now) for _ in range(2)] == [True, False]
    assert remind_of_token(token_id="tok_none", now=now) is False


def test_the_page_limits_rotates_and_flags_tokens(cast: Cast) -> None:
    old = limited(cast.dave)
    row, page = ApiToken.objects.get(), cast.dave.url("developers/tokens/")
    client = browser(cast.dave)
    client.post(page, {"action": "limit", "token": row.id, "networks": "127.0.0.0/8, 192.0.2.0/24"})
    assert ApiToken.objects.get().networks == ["127.0.0.0/8", "192.0.2.0/24"]
    made = client.post(page, {"action": "rotate", "token": row.id, "overlap_days": "1"})
    new = made.context["new_token"]["secret"]
    assert [robot(token).get(USAGE).status_code for token in (old, new)] == [200, 200]
    cast.dave.membership.status = "suspended"
    cast.dave.membership.save()
    assert "its maker is gone" in cast.alice.client().get(page).content.decode()


@pytest.mark.parametrize("model", [ApiToken, Webhook])
def test_staff_see_no_hash_of_a_secret_and_no_key(rf: RequestFactory, model: type[Model]) -> None:
    request = rf.get("/staff/")
    request.user = Person(is_staff=True, is_superuser=True)
    shown = set(admin.site.get_model_admin(model).get_fields(request))
    assert shown
    assert not shown & {"secret_hash", "former_secret_hash", "keys", "former_keys"}
