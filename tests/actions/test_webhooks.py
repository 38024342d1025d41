"""Webhooks by Standard Webhooks 1.0.0: every event once, signed, retried by the schedule, never in anybody's way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accounts.actions.change_webhook import change_webhook
from accounts.actions.create_webhook import create_webhook
from accounts.actions.deliver_webhook import deliver_webhook
from accounts.actions.disable_webhook import disable_webhook
from accounts.actions.enable_webhook import enable_webhook
from accounts.actions.follow_events import follow_events
from accounts.actions.replay_delivery import WebhookDisabled, replay_delivery
from accounts.actions.replay_failed_deliveries import replay_failed_deliveries
from accounts.actions.rotate_webhook_keys import rotate_webhook_keys
from accounts.actions.suspend_customer import suspend_customer
from accounts.gateways import webhooks as gateway
from accounts.gateways.webhook_keys import SigningKeys
from accounts.models import Notice, Webhook, WebhookAttempt, WebhookDelivery
from accounts.queries.events import feed
from accounts.rules.webhook_addresses import target_of
from accounts.rules.webhooks import ATTEMPTS
from kernel import clock, outbox, runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.models import AuditEntry, Job
from tests.cast import Cast, Member
from tests.doubles import receiver as conduct
from tests.doubles.receiver import Receiver, content, receiver
from tests.sweeping import swept


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def sealed(member: Member, subject: str = "seal_1", *, live: bool = True) -> None:
    outbox.emit(
        "seal.published",
        now=clock.now(),
        customer_id=member.customer.id,
        subject=subject,
        payload={"live": live, "secret": "inner"},
    )


def hook(member: Member, hooks: Receiver, *types: str, live: bool = True) -> tuple[Webhook, SigningKeys]:
    return create_webhook(actor=member.actor, url=hooks.url, types=types, live=live, now=clock.now())


def deliver(*, now: datetime | None = None) -> None:
    """What the worker's clock does in a second, with all that follows."""
    follow_events(now=now or clock.now())
    runner.drain()


def attempt_all(delivery: WebhookDelivery, times: int) -> WebhookDelivery:
    """Let the schedule run for so many attempts."""
    for _ in range(times):
        WebhookDelivery.objects.filter(id=delivery.id).update(next_attempt_at=clock.now())
        deliver()
    delivery.refresh_from_db()
    return delivery


def test_a_round_trip_with_the_public_library(cast: Cast, hooks: Receiver) -> None:
    webhook, keys = hook(cast.alice, hooks, "seal.sealed")
    hooks.secrets = [keys.secret]
    sealed(cast.alice)
    outbox.emit("seal.archived", now=clock.now(), customer_id=cast.acme.id, subject="seal_1", payload={"live": True})
    deliver()
    (told,) = hooks.verified
    assert told["type"] == "seal.sealed"
    assert told["data"] == {
        "id": "seal_1",
        "live": True,
    }  # nothing that the catalogue does not name
    ((_path, headers, body),) = hooks.requests
    assert headers["content-type"] == "application/json"
    signatures = dict(each.split(",") for each in headers["webhook-signature"].split())
    public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(webhook.public_key.removeprefix("whpk_")))
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    public_key.verify(base64.b64decode(signatures["v1a"]), signed)
    assert len(base64.b64decode(keys.secret.removeprefix("whsec_"))) == 32
    events = feed(cast.alice.actor, types=["seal.sealed"]).events
    assert [(event.id, event.message) for event in events] == [(headers["webhook-id"], told)]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts_made) == ("delivered", 1)
    assert keys.secret.encode() not in bytes(webhook.keys)


def test_each_webhook_gets_each_event_of_its_mode_once(cast: Cast, hooks: Receiver) -> None:
    sealed(cast.alice, "seal_before")
    create_webhook(actor=cast.alice.actor, url=f"{hooks.url}/all", now=clock.now())
    hook(cast.alice, hooks, "seal.sealed", live=False)
    hook(cast.mallory, hooks, "seal.sealed")
    sealed(cast.alice, "seal_live")
    sealed(cast.alice, "seal_test", live=False)
    for _ in range(3):
        deliver()
    told = [content(body) for _path, _headers, body in hooks.requests]
    assert sorted(each["data"]["id"] for each in told if each["type"] == "seal.sealed") == ["seal_live", "seal_test"]
    assert "webhook.created" in {each["type"] for each in told}
    assert len({(path, headers["webhook-id"]) for path, headers, _body in hooks.requests}) == len(told)


def test_a_failed_message_is_sent_again_ten_times_by_the_schedule(cast: Cast, hooks: Receiver) -> None:
    hooks.conduct = conduct.answering(500, b"no")
    hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    deliver()
    delivery = attempt_all(WebhookDelivery.objects.get(), ATTEMPTS - 1)
    assert (delivery.state, delivery.attempts_made, delivery.next_attempt_at) == ("failed", ATTEMPTS, None)
    assert len({headers["webhook-id"] for _path, headers, _body in hooks.requests}) == 1
    assert len({body for *_rest, body in hooks.requests}) == 1
    attempts = list(delivery.attempts.order_by("number"))
    assert [(each.status, each.answer_body) for each in attempts] == [(500, "no")] * ATTEMPTS
    hooks.conduct = None
    replay_delivery(actor=cast.dave.actor, webhook_id=delivery.webhook_id, delivery_id=delivery.id, now=clock.now())
    runner.drain()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made) == ("delivered", ATTEMPTS + 1)
    entry = AuditEntry.objects.get(action="webhook.delivery_replayed")
    assert payload_of(entry).details["message"] == delivery.message_id


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        (conduct.answering(302, Location="http://127.0.0.1:1/latest/meta-data"), 302, ""),
        (conduct.answering(429, Retry_After="7200"), 429, ""),
        (conduct.resetting, None, "broken_off"),
        (conduct.babbling, None, "broken_off"),
    ],
    ids=["redirect", "busy", "reset", "no http"],
)
def test_what_is_no_success_is_tried_again(
    cast: Cast, hooks: Receiver, how: conduct.Conduct, status: int | None, error: str
) -> None:
    hooks.conduct = how
    hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    deliver()
    delivery, attempt = WebhookDelivery.objects.get(), WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error, delivery.state) == (status, error, "pending")
    assert len(hooks.requests) == 1
    waits = (delivery.next_attempt_at or attempt.at) - attempt.at
    assert (waits == timedelta(hours=2)) is (status == 429)


@pytest.mark.parametrize(("how", "status"), [(conduct.trickling, None), (conduct.silent, None), (conduct.endless, 200)])
def test_a_receiver_can_neither_hold_us_up_nor_flood_us(hooks: Receiver, how: conduct.Conduct, status: int) -> None:
    hooks.conduct = how
    answer = gateway.post(target_of(hooks.url, loopback=True), b"{}", {}, total_seconds=0.4)
    assert (answer.status, answer.error) == (status, "" if status else "timeout")
    assert answer.milliseconds < 900
    assert len(answer.body) <= gateway.KEPT_BYTES


def test_gone_turns_the_webhook_off_and_the_customer_has_notice(cast: Cast, hooks: Receiver) -> None:
    hooks.conduct = conduct.answering(410)
    webhook, _keys = hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice, "seal_1")
    sealed(cast.alice, "seal_2")
    deliver()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_reason) == ("disabled", "gone")
    notice = Notice.objects.get(kind="webhook.disabled")
    assert notice.facts["url"] == hooks.url
    with pytest.raises(WebhookDisabled):
        replay_failed_deliveries(
            actor=cast.alice.actor, webhook_id=webhook.id, since=webhook.created_at, now=clock.now()
        )
    hooks.conduct = None
    sealed(cast.alice, "seal_3")
    deliver()
    before = len(hooks.requests)
    enable_webhook(actor=cast.alice.actor, webhook_id=webhook.id, now=clock.now())
    deliver()  # what waited, and what happened meanwhile
    assert {content(body)["data"]["id"] for *_rest, body in hooks.requests[before:]} >= {"seal_3"}
    replay_failed_deliveries(actor=cast.alice.actor, webhook_id=webhook.id, since=webhook.created_at, now=clock.now())
    runner.drain()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_after_five_days_of_failures_it_is_turned_off(cast: Cast, hooks: Receiver) -> None:
    hooks.conduct = conduct.answering(503)
    webhook, _keys = hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    deliver()
    Webhook.objects.update(failing_since=clock.now() - timedelta(days=5), failures=ATTEMPTS - 1)
    attempt_all(WebhookDelivery.objects.get(), 1)

    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_reason) == ("disabled", "failing")
    assert Notice.objects.filter(kind="webhook.disabled", customer_id=cast.acme.id).count() == 1


def test_while_keys_are_replaced_both_verify(cast: Cast, hooks: Receiver) -> None:
    webhook, old = hook(cast.alice, hooks, "seal.sealed")
    _webhook, new = rotate_webhook_keys(actor=cast.alice.actor, webhook_id=webhook.id, now=clock.now())
    hooks.secrets = [old.secret, new.secret]
    sealed(cast.alice)
    deliver()
    assert len(hooks.verified) == 2
    Webhook.objects.update(former_until=clock.now())
    hooks.secrets = [new.secret]
    sealed(cast.alice)
    deliver()
    assert len(hooks.verified) == 3
    assert [len(headers["webhook-signature"].split()) for _path, headers, _body in hooks.requests] == [4, 2]


def test_a_worker_killed_between_sending_and_recording_sends_the_same_message_again(
    cast: Cast, hooks: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    follow_events(now=clock.now())
    job = Job.objects.get(kind="accounts.deliver_webhook")

    def dies(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("accounts.actions.deliver_webhook._record", dies)
        with pytest.raises(SystemExit):
            deliver_webhook(delivery_id=job.payload["delivery"], dispatched=job.payload["dispatched"], now=clock.now())
    runner.drain()  # the job was never finished, so it is claimed again
    assert len(hooks.requests) == 2
    assert len({headers["webhook-id"] for _path, headers, _body in hooks.requests}) == 1
    assert WebhookAttempt.objects.count() == 1
    deliver_webhook(delivery_id=job.payload["delivery"], dispatched=job.payload["dispatched"], now=clock.now())
    assert len(hooks.requests) == 2  # late and twice, and nothing happens


def test_only_so_many_are_on_their_way_and_failing_ones_take_half_the_places(
    cast: Cast, hooks: Receiver, settings: Any
) -> None:
    settings.WEBHOOK_DELIVERIES_AT_ONCE = 2
    slow, _keys = hook(cast.alice, hooks, "seal.sealed")
    dead, _keys = hook(cast.mallory, hooks, "seal.sealed")
    Webhook.objects.filter(id=dead.id).update(failing_since=clock.now())
    for number in range(5):
        sealed(cast.alice, f"seal_{number}")
        sealed(cast.mallory, f"seal_{number}")
    follow_events(now=clock.now())
    on_their_way = WebhookDelivery.objects.filter(state="sending")
    assert {each.webhook_id for each in on_their_way} == {slow.id}
    assert len(on_their_way) == 2
    runner.drain()  # each that ends makes place for the next
    deliver()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert hooks.most_at_once == 1


def test_a_suspended_customers_messages_wait(cast: Cast, hooks: Receiver) -> None:
    webhook, _keys = hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    follow_events(now=clock.now())
    staff = Actor.staff(person_id="1", name="Staff", reason="unpaid")
    suspend_customer(actor=staff, customer_id=cast.acme.id, now=clock.now())
    runner.drain()
    deliver()
    assert hooks.requests == []
    assert WebhookDelivery.objects.get(webhook=webhook).state == "pending"


def test_messages_that_wait_go_to_the_new_address_and_none_while_it_is_off(cast: Cast, hooks: Receiver) -> None:
    webhook, _keys = hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    follow_events(now=clock.now())
    disable_webhook(actor=cast.dave.actor, webhook_id=webhook.id, now=clock.now())
    runner.drain()
    assert hooks.requests == []
    change_webhook(actor=cast.dave.actor, webhook_id=webhook.id, url=f"{hooks.url}/new", now=clock.now())
    enable_webhook(actor=cast.dave.actor, webhook_id=webhook.id, now=clock.now())
    deliver()
    assert [path for path, *_rest in hooks.requests] == ["/hooks/new"]


def test_logs_are_kept_for_thirty_days(cast: Cast, hooks: Receiver) -> None:
    hook(cast.alice, hooks, "seal.sealed")
    sealed(cast.alice)
    deliver()
    assert swept("accounts_webhookdelivery", clock.now() + timedelta(days=30)) == 0
    assert swept("accounts_webhookdelivery", clock.now() + timedelta(days=31)) == 1
    assert not WebhookAttempt.objects.exists()
