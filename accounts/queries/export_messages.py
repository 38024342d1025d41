"""What accounts adds to a customer's complete export of what was told: notices, events, messages to webhooks (C8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Model, Prefetch

from accounts.models import Notice, Webhook, WebhookAttempt, WebhookDelivery
from accounts.queries.events import feed
from accounts.queries.notices import words_of
from kernel.actor import Actor
from kernel.exporting import Table, json_line

_AT_ONCE = 500
_WEBHOOK = (
    *("id", "live", "url", "description", "types", "state", "public_key"),
    *("created_by", "created_by_name", "created_at"),
)
_RECIPIENT = ("email", "language", "state", "sent_at", "read_at", "failure", "text_sha256")
_ATTEMPT = (
    *("number", "at", "milliseconds", "status", "error"),
    *("request_headers", "answer_headers", "answer_body"),
)


def webhook_table(customer_id: str) -> Table:
    """The webhooks, without the keys that sign for us."""
    found = Webhook.objects.filter(customer_id=customer_id).order_by("created_at", "id")
    return Table("webhooks", "The addresses of yours that are told of events.", _WEBHOOK, found.values_list(*_WEBHOOK))


def notice_lines(customer_id: str) -> Iterator[bytes]:
    """Every notice with its words and what became of each recipient's, the oldest first; one JSON object a line."""
    found = Notice.objects.filter(customer_id=customer_id).select_related("customer").order_by("id")
    for notice in found.prefetch_related("deliveries").iterator(chunk_size=_AT_ONCE):
        letter = words_of(notice, language=settings.LANGUAGE_CODE)
        yield json_line(
            {
                "number": notice.number,
                "kind": notice.kind,
                "subject_id": notice.subject,
                "given_at": notice.given_at,
                "subject": letter.subject,
                "text": letter.text,
                "recipients": [_fields(each, _RECIPIENT) for each in notice.deliveries.all()],
            }
        )


def _fields(row: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def event_lines(customer_id: str) -> Iterator[bytes]:
    """Every event that is kept, as the feed tells it, the oldest first; one JSON object a line."""
    actor, after, more = Actor.system("accounts.export", customer_id=customer_id), "", True
    while more:
        page = feed(actor, after=after, limit=_AT_ONCE)
        for event in page.events:
            yield json_line({"id": event.id, **event.message})
        after, more = page.next, page.more


def webhook_message_lines(customer_id: str) -> Iterator[bytes]:
    """What webhooks were sent and answered, as long as it is kept; one JSON object a line."""
    found = WebhookDelivery.objects.filter(webhook__customer_id=customer_id).order_by("id")
    attempts = Prefetch("attempts", WebhookAttempt.objects.order_by("number"))
    for each in found.prefetch_related(attempts).iterator(chunk_size=_AT_ONCE):
        yield json_line(
            {
                "webhook": each.webhook_id,
                "message": each.message_id,
                "type": each.type,
                "state": each.state,
                "at": each.created_at,
                "body": each.body,
                "attempts": [_fields(attempt, _ATTEMPT) for attempt in each.attempts.all()],
            }
        )
