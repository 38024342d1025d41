"""The catalogue of events: what each means, and which of them a customer is told of, with which fields.

docs/events.md is written from it. An event that a customer sees carries ids and states only: whoever may know more asks
the API for it. Everything that is emitted stands here, the internal ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TEST = "webhook.test"  # sent by the test button only, never part of the stream


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event. `fields` are those of the payload that customers see, with their meaning; `public` is the
    name they know it by, empty for what is internal; `since` is the version of the API that had it first."""

    name: str
    words: str
    subject: str
    fields: Mapping[str, str] = field(default_factory=dict)
    public: str = ""
    since: str = "1"


def _told(name: str, words: str, subject: str, /, *, called: str = "", **fields: str) -> EventKind:
    return EventKind(name, words, subject, fields, called or name)


def _internal(name: str, words: str, subject: str) -> EventKind:
    return EventKind(name, words, subject)


_BATCH = "The batch that the seal is an item of, if any."
_LIVE = "Whether it is a live seal, and not one marked TEST."
_MODE = "Whether the token is live."
_FROM = "Role and status before."
_TO = "Role and status now."

CATALOGUE: tuple[EventKind, ...] = (
    _told("seal.accepted", "A document was taken in to be sealed.", "the seal", batch=_BATCH, live=_LIVE),
    _told("seal.published", "A seal is made.", "the seal", called="seal.sealed", batch=_BATCH, live=_LIVE),
    _told(
        *("seal.refused", "A document cannot be sealed.", "the seal"),
        code="Why: an error code.",
        batch=_BATCH,
        live=_LIVE,
    ),
    _told(
        *("seal.failed", "A seal could not be made in time; nothing is charged.", "the seal"),
        code="Why: an error code.",
        batch=_BATCH,
        live=_LIVE,
    ),
    _told("seal.archiving_ordered", "Another archive timestamp was ordered.", "the seal", live=_LIVE),
    _told("seal.archived", "A sealed file has got another archive timestamp.", "the seal", live=_LIVE),
    _told(
        *("batch.finished", "Every item of a batch has reached its end.", "the batch"),
        counts="How many items ended how.",
        live=_LIVE,
    ),
    _told("document.deleted", "The documents of a seal were deleted for good.", "the seal", live=_LIVE),
    _told(
        *("document.shared", "A member was given access to a document.", "the seal"), member="The member.", live=_LIVE
    ),
    _told(
        *("document.unshared", "A member's access to a document ended.", "the seal"), member="The member.", live=_LIVE
    ),
    _told("certificate.activated", "A seal certificate can be sealed with.", "the certificate"),
    _told(
        *("certificate.ending", "The certificate that is sealed with ends soon.", "the certificate"),
        days="Days before its end that this was due.",
        sealing_until="The last moment at which a seal is begun with it.",
    ),
    _told("certificate.revoked", "The authority has revoked a certificate.", "the certificate"),
    _told("certificate.retired", "A certificate has ended.", "the certificate"),
    _told("certificate.compromise_reported", "A key was reported as no longer safe.", "the certificate"),
    _told("certificate_order.ordered", "A live certificate was ordered.", "the order"),
    _told("certificate_order.key_made", "The key for an order was made in the HSM.", "the order"),
    _told("certificate_order.confirmed", "A second person confirmed the key.", "the order"),
    _told("certificate_order.imported", "The authority's certificate was taken in.", "the order"),
    _told("certificate_order.completed", "The ordered certificate is in use.", "the order"),
    _told("certificate_order.cancelled", "An order was cancelled.", "the order"),
    _internal("certificate_order.minutes_wanted", "Minutes were asked for again.", "the order"),
    _internal("certificate.abandoned", "A certificate will never be used; its key is destroyed.", "the certificate"),
    _told("member.invited", "Somebody was offered a role.", "the invitation", role="The role."),
    _told("invitation.revoked", "An offer was withdrawn.", "the invitation"),
    _told("member.joined", "An invitation was accepted.", "the member", role="The role."),
    _told("member.role_changed", "A member has another role.", "the member", **{"from": _FROM, "to": _TO}),
    _told(
        "member.suspended", "A member and the tokens they made are refused.", "the member", **{"from": _FROM, "to": _TO}
    ),
    _told("member.restored", "A suspended member can work again.", "the member", **{"from": _FROM, "to": _TO}),
    _told("member.ended", "A member has left.", "the member", **{"from": _FROM, "to": _TO}),
    _told("api_token.created", "An API token was made.", "the token", live=_MODE, scopes="What it may do."),
    _told(
        "api_token.rotated",
        "An API token has a new secret.",
        "the token",
        live=_MODE,
        old_until="Until when the one before works.",
    ),
    _told("api_token.changed", "From where a token may be used was changed.", "the token", live=_MODE),
    _told(
        "api_token.ending",
        "An API token expires soon.",
        "the token",
        live=_MODE,
        days="Days before its end that this was due.",
    ),
    _told("api_token.revoked", "An API token works no longer.", "the token", live=_MODE),
    _internal("notice.given", "A notice was given; it is in the portal and in the recipients' mail.", "the notice"),
    _told("mail_server.changed", "The account has a mail server of its own, or another one.", "the mail server"),
    _told("mail_server.switched_on", "Notices go through the account's own mail server.", "the mail server"),
    _told("mail_server.switched_off", "Notices go through our mail server again.", "the mail server"),
    _told("mail_server.removed", "The account's own mail server was forgotten.", "the mail server"),
    _told("webhook.created", "A webhook was added.", "the webhook"),
    _told("webhook.changed", "Address, description or events of a webhook were changed.", "the webhook"),
    _told("webhook.enabled", "A webhook was turned on.", "the webhook"),
    _told("webhook.disabled", "A webhook was turned off.", "the webhook", reason="`by_hand`, `gone` or `failing`."),
    _told(
        "webhook.rotated",
        "A webhook has new keys.",
        "the webhook",
        old_until="Until when messages are signed with the old ones, too.",
    ),
    _told("webhook.deleted", "A webhook was deleted.", "the webhook"),
    _told("customer.created", "The account was opened.", "the customer"),
    _told("customer.suspended", "The account was suspended.", "the customer"),
    _told("customer.restored", "The account works again.", "the customer"),
    _internal("customer.migrated", "The customer's tables are of a new version.", "the customer"),
    _told("subscription.started", "A plan was subscribed to.", "the subscription", plan="The plan's code."),
    _told("billing_period.closed", "The figures of a billing period are final.", "the billing period"),
    _internal("plan_version.published", "Prices of a plan were published.", "the plan"),
)

BY_NAME: dict[str, EventKind] = {kind.name: kind for kind in CATALOGUE}
PUBLIC: dict[str, EventKind] = {kind.public: kind for kind in CATALOGUE if kind.public}


def inner_names(types: frozenset[str] | set[str]) -> list[str]:
    """The stream's own names of public types; of all of them when none is given. Raises KeyError."""
    return sorted(PUBLIC[each].name for each in types or PUBLIC)


def content_of(name: str, subject: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What customers are told of an event: the id of its subject and the fields that the catalogue names."""
    known = {key: payload[key] for key in BY_NAME[name].fields if key in payload}
    return {"id": subject, **known}


def message(public_type: str, at: datetime, content: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of Standard Webhooks 1.0.0: type, timestamp (ISO 8601), and what it is about under `data`."""
    return {"type": public_type, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": dict(content)}
