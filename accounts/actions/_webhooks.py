"""What the actions about webhooks share: finding one, checking an address, and sending what is due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.gateways.egress import HostRefused, HostUnknown, resolve_public
from accounts.models import Webhook, WebhookDelivery
from accounts.queries.webhooks import webhooks_of
from accounts.rules.addresses import is_allowed_address
from accounts.rules.events import PUBLIC
from accounts.rules.webhook_addresses import Target, UnfitAddress, target_of
from accounts.rules.webhooks import AT_ONCE, AT_ONCE_WHILE_FAILING
from kernel import jobs
from kernel.actor import Actor
from kernel.errors import FieldError, NotFound, Refusal

State = WebhookDelivery.State
_WORDS = {
    "malformed": _("This is no web address."),
    "not_https": _("Webhooks are sent by https only."),
    "userinfo": _("Leave out the name and password: every message is signed."),
    "port": _("Only the ports 443 and 8443 can be sent to."),
    "not_a_name": _("Write the server's name, not its number."),
    "private_name": _("This name is not of the public internet."),
}


class WebhookAddressUnfit(Refusal):
    code = "webhook_address_unfit"
    title = _("Nothing can be sent to this address.")

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError("/url", self.code, detail)])


class UnknownEventType(Refusal):
    code = "unknown_event_type"
    title = _("There is no such event.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/types", self.code, str(self.title))])


def held_webhook(actor: Actor, webhook_id: str) -> Webhook:
    """A webhook of the actor's customer, locked in the caller's transaction; raises `NotFound`.

    Who changes a webhook or its deliveries locks it first.
    """
    found = webhooks_of(actor).select_for_update(no_key=True).filter(id=webhook_id).first()
    if found is None:
        raise NotFound
    return found


def targeted(url: str) -> Target:
    """Take an address apart; raises `UnfitAddress`. One's own machine only where the operator's settings allow it."""
    loopback = is_allowed_address("127.0.0.1", networks=settings.EGRESS_ALLOWED_NETWORKS)
    return target_of(url, loopback=loopback)


def check_address(url: str) -> None:
    """Resolve the name, outside transactions; raises `WebhookAddressUnfit` for what would never be sent to."""
    try:
        target = targeted(url)
    except UnfitAddress as error:
        raise WebhookAddressUnfit(str(_WORDS[error.reason])) from error
    try:
        resolve_public(target.host, target.port)
    except HostRefused as refusal:
        raise WebhookAddressUnfit(str(refusal.detail)) from refusal
    except HostUnknown as outage:
        raise WebhookAddressUnfit(gettext("This name leads to no server at present.")) from outage


def check_types(types: Collection[str]) -> list[str]:
    """The types in order and once each; raises `UnknownEventType`."""
    if set(types) - PUBLIC.keys():
        raise UnknownEventType
    return sorted(set(types))


def send_due(webhook: Webhook, *, now: datetime) -> int:
    """Queue jobs for what is due of a locked, enabled webhook, as many as may be on their way at once.

    An endpoint that fails gets one at a time, and all that fail together half the places, so that the others go on.
    """
    failing = webhook.failing_since is not None
    on_their_way = WebhookDelivery.objects.filter(state=State.SENDING)
    places = settings.WEBHOOK_DELIVERIES_AT_ONCE // (2 if failing else 1) - on_their_way.count()
    own = (AT_ONCE_WHILE_FAILING if failing else AT_ONCE) - on_their_way.filter(webhook=webhook).count()
    if min(places, own) <= 0:
        return 0
    due = webhook.deliveries.filter(state=State.PENDING, next_attempt_at__lte=now).order_by("next_attempt_at", "id")
    chosen = list(due[: min(places, own)])
    for delivery in chosen:
        delivery.state, delivery.next_attempt_at = State.SENDING, None
        delivery.dispatched += 1
        delivery.save(update_fields=["state", "next_attempt_at", "dispatched"])
        jobs.enqueue(
            "accounts.deliver_webhook",
            now=now,
            key=f"accounts.deliver_webhook:{delivery.id}:{delivery.dispatched}",
            customer_id=webhook.customer_id,
            payload={"delivery": delivery.id, "dispatched": delivery.dispatched},
        )
    return len(chosen)


def order_again(delivery: WebhookDelivery, *, now: datetime) -> None:
    """Begin the schedule of a delivery anew; one that is on its way is left alone. Its webhook is locked."""
    if delivery.state == State.SENDING:
        return
    delivery.state, delivery.next_attempt_at, delivery.ended_at = State.PENDING, now, None
    delivery.attempts_in_round = 0
    delivery.save(update_fields=["state", "next_attempt_at", "ended_at", "attempts_in_round"])
