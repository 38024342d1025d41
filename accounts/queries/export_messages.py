"""What accounts adds to a customer's complete export of what was told: notices, events, messages to webhooks (C8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from accounts.models import Notice, NoticeDelivery, Webhook, WebhookDelivery
from accounts.queries.events import feed
from accounts.queries.notices import words_of
from kernel.actor import Actor
from kernel.exporting import Table, json_line

_AT_ONCE = 500
_WEBHOOK = (
    *("id", "live", "url", "description", "types", "state", "public_key"),
    *("created_by", "created_by_name", "created_at"),
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
                "recipients": [_recipient(each) for each in notice.deliveries.all()],
            }
        )


def _recipient(delivery: NoticeDelivery) -> dict[str, Any]:
    names = ("email", "language", "state", "sent_at", "read_at", "failure", "text_sha256")
    return {name: getattr(delivery, name) for name in names}


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
    for each in found.iterator(chunk_size=_AT_ONCE):
        attempts = each.attempts.order_by("number").values(
            *("number", "at", "milliseconds", "status", "error"), *("request_headers", "answer_headers", "answer_body")
        )
        yield json_line(
            {
                "webhook": each.webhook_id,
                "message": each.message_id,
                "type": each.type,
                "state": each.state,
                "at": each.created_at,
                "body": each.body,
                "attempts": list(attempts),
            }
        )
