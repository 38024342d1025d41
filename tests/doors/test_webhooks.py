"""Webhooks, events and their pages through the doors: what is seen, by whom, and what a secret is shown for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.actions.follow_events import follow_events
from accounts.models import Webhook, WebhookDelivery
from accounts.rules.events import PUBLIC
from kernel import clock, outbox, runner
from kernel.models import AuditEntry
from tests.cast import PASSWORD, Cast, Member
from tests.doors.test_accounts_people import HOST
from tests.doubles import receiver as conduct
from tests.doubles.receiver import Receiver, receiver

API = "/api/v1/webhooks"


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def program(member: Member, *, live: bool = True) -> Client:
    return Client(**HOST, headers={"Authorization": f"Bearer {member.token(live=live)}"})


def browser(member: Member) -> Client:
    client = Client(**HOST)
    client.post("/account/login/", {"login": member.person.email, "password": PASSWORD})
    return client


def sent(client: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


def sealed(member: Member, subject: str = "seal_1", *, live: bool = True) -> None:
    outbox.emit(
        "seal.published", now=clock.now(), customer_id=member.customer.id, subject=subject, payload={"live": live}
    )


def test_a_programs_webhook_from_its_making_to_its_end(cast: Cast, hooks: Receiver) -> None:
    client = program(cast.dave)
    made = sent(client, "post", API, url=hooks.url, types=["seal.sealed"], description="Archive")
    assert made.status_code == 201
    webhook = made.json()
    hooks.secrets = [webhook["secret"]]
    path = f"{API}/{webhook['id']}"
    assert "secret" not in client.get(path).json()
    tested = sent(client, "post", f"{path}/test").json()
    assert (tested["state"], tested["type"], tested["attempts"][0]["status"]) == ("delivered", "webhook.test", 204)
    hooks.conduct = conduct.answering(500)
    sealed(cast.dave)
    follow_events(now=clock.now())
    runner.drain()
    log = client.get(f"{path}/deliveries?state=pending").json()["items"]
    assert [(each["type"], each["attempts"][0]["status"]) for each in log] == [("seal.sealed", 500)]
    hooks.conduct = None
    assert sent(client, "post", f"{path}/deliveries/{log[0]['id']}/replay").status_code == 202
    runner.drain()
    assert {each["state"] for each in client.get(f"{path}/deliveries").json()["items"]} == {"delivered"}
    rotated = sent(client, "post", f"{path}/rotate").json()
    assert rotated["secret"] != webhook["secret"]
    assert sent(client, "patch", path, enabled=False).json()["disabled_reason"] == "by_hand"
    assert sent(client, "post", f"{path}/deliveries/{log[0]['id']}/replay").json()["code"] == "webhook_disabled"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    actions = AuditEntry.objects.filter(action__startswith="webhook.").order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        *("webhook.created", "webhook.tested", "webhook.delivery_replayed", "webhook.rotated", "webhook.disabled"),
        "webhook.deleted",
    ]


def test_what_is_asked_wrongly_is_told_by_field(cast: Cast, hooks: Receiver) -> None:
    client = program(cast.dave)
    for body, code in (
        ({"url": hooks.url, "types": ["seal.unknown"]}, "unknown_event_type"),
        ({"url": hooks.url, "customer": "cus_x"}, "invalid_input"),
        ({"url": "http://example.org/"}, "webhook_address_unfit"),
        ({}, "invalid"),
    ):
        assert sent(client, "post", API, **body).json()["code"] in {code, "invalid_input"}, body
    assert not Webhook.objects.exists()


def test_the_feed_goes_on_where_it_ended(cast: Cast) -> None:
    client = program(cast.dave)
    start = client.get("/api/v1/events").json()["next"]
    for number in range(3):
        sealed(cast.dave, f"seal_{number}", live=number != 1)
    sealed(cast.mallory, "seal_of_globex")
    page = client.get(f"/api/v1/events?after={start}&types=seal.sealed,batch.finished").json()
    assert [each["data"] for each in page["items"]] == [
        {"id": "seal_0", "live": True},
        {"id": "seal_1", "live": False},
        {"id": "seal_2", "live": True},
    ]
    assert {each["type"] for each in page["items"]} == {"seal.sealed"}
    again = client.get(f"/api/v1/events?after={page['next']}").json()
    assert (again["items"], again["next"], again["more"]) == ([], page["next"], False)
    test_mode = program(cast.dave, live=False).get("/api/v1/events?types=seal.sealed").json()["items"]
    assert [each["data"]["id"] for each in test_mode] == ["seal_1"]
    assert client.get("/api/v1/events?after=nonsense").json()["errors"][0]["code"] == "invalid_cursor"
    assert client.get("/api/v1/events?types=seal.published").json()["errors"][0]["code"] == "unknown_event"


def test_the_feed_is_given_in_pages(cast: Cast) -> None:
    client = program(cast.dave)
    after = client.get("/api/v1/events").json()["next"]
    for number in range(205):
        sealed(cast.dave, f"seal_{number}")
    seen, more = [], True
    while more:
        page = client.get(f"/api/v1/events?after={after}").json()
        seen += [each["data"]["id"] for each in page["items"]]
        after, more = page["next"], page["more"]
    assert seen == [f"seal_{number}" for number in range(205)]


def test_a_test_tokens_webhook_is_told_of_test_seals_and_unknown_to_live_tokens(cast: Cast, hooks: Receiver) -> None:
    trial, live = program(cast.dave, live=False), program(cast.dave)
    made = sent(trial, "post", API, url=hooks.url).json()
    assert made["live"] is False
    assert live.get(f"{API}/{made['id']}").status_code == 404
    assert live.get(API).json()["items"] == []
    assert [each["id"] for each in trial.get(API).json()["items"]] == [made["id"]]


def test_in_the_portal_a_secret_is_shown_to_who_has_just_signed_in(cast: Cast, hooks: Receiver) -> None:
    page = cast.dave.url("developers/webhooks/")
    wish = {"url": hooks.url, "mode": "live", "types": ["seal.sealed"]}
    stale = cast.dave.client().post(page, wish)
    assert stale["Location"].startswith("/account/reauthenticate/")
    client = browser(cast.dave)
    made = client.post(page, wish)
    assert made.status_code == 201
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    webhook = Webhook.objects.get()
    own = f"{page}{webhook.id}/"
    assert made.content.decode().count(f'action="{own}"') >= 4  # shown at another address, it still leads to its own
    assert secret not in client.get(own).content.decode()
    assert secret in client.post(own, {"action": "secret"}).content.decode()
    hooks.secrets = [secret]
    tested = client.post(own, {"action": "test"}).content.decode()
    assert "Answered 204" in tested
    delivery = WebhookDelivery.objects.get()
    log = client.get(f"{own}deliveries/{delivery.id}/").content.decode()
    assert delivery.message_id in log
    assert "webhook-signature: v1," in log
    assert client.post(own, {"action": "replay_failed", "since": "2026-01-01T00:00"}).status_code == 302
    assert client.post(own, {"action": "delete", "confirmed": "something"}).status_code == 302
    assert Webhook.objects.exists()
    client.post(own, {"action": "delete", "confirmed": hooks.url})
    assert not Webhook.objects.exists()


def test_the_events_of_a_webhook_are_boxes_by_their_noun_and_its_moments_are_the_pages(
    cast: Cast, hooks: Receiver
) -> None:
    client, page = browser(cast.dave), cast.dave.url("developers/webhooks/")
    wish = {"url": hooks.url, "mode": "live", "types": ["seal.sealed", "member.joined"]}
    made = client.post(page, wish).content.decode()
    assert made.count('type="checkbox"') == len(PUBLIC)
    assert re.findall(r'<details class="choice-group" open>\s*<summary>\s*<code>(\w+)</code>', made) == [
        "member",
        "seal",
    ]
    assert re.findall(r'value="(\S+)"\s+checked', made) == ["member.joined", "seal.sealed"]
    assert "An invitation was accepted." in made
    webhook = Webhook.objects.get()
    assert f"{webhook.created_at.astimezone(clock.legal_zone()):%Y-%m-%dT%H:%M}" in made  # as the log beside it says


def test_a_receivers_answer_is_shown_as_text_and_nothing_more(cast: Cast, hooks: Receiver) -> None:
    client = browser(cast.dave)
    client.post(cast.dave.url("developers/webhooks/"), {"url": hooks.url, "mode": "live"})
    webhook = Webhook.objects.get()
    hooks.conduct = conduct.answering(500, b"<script>alert(1)</script>\0", Server="<b>evil</b>")
    page = client.post(cast.dave.url(f"developers/webhooks/{webhook.id}/"), {"action": "test"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_events_are_shown_with_their_messages(cast: Cast) -> None:
    sealed(cast.alice, "seal_shown")
    page = cast.alice.client().get(cast.alice.url("developers/events/"), {"type": "seal.sealed"}).content.decode()
    assert "seal_shown" in page
    assert all(f">{name}<" in page for name in PUBLIC)
    assert cast.bob.client().get(cast.bob.url("developers/events/")).status_code == 403
