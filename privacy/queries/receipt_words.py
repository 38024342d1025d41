"""What a receipt of an erasure says, in the reader's language: what went from where, and what is kept until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy

from kernel.audit_periods import Retention
from privacy.catalogue import RULE
from privacy.queries.periods import period_words, span_words
from privacy.rules.audit_periods import AUDIT_RULES
from privacy.rules.receipts import RESUMED
from privacy.rules.retention import Span, due_on

# What goes, by the name under which the steps count it: where it was, and what it was.
_HSM = gettext_lazy("Hardware security module")
_STORAGE = gettext_lazy("Storage of documents")
_OWN_TABLES = gettext_lazy("The customer’s own part of the database")
_TABLES = gettext_lazy("Database")
_WHERE = {
    "customer_keys": (_HSM, gettext_lazy("keys under which documents and names were encrypted")),
    "seal_keys": (_HSM, gettext_lazy("keys of seals")),
    "objects": (_STORAGE, gettext_lazy("files: documents, sealed files, previews, exports")),
    "tables": (_OWN_TABLES, gettext_lazy("tables: documents, names, batches, labels, shares, receipts of seals")),
    "people": (_TABLES, gettext_lazy("people who belonged to no other customer")),
    "memberships": (_TABLES, gettext_lazy("memberships")),
    "invitations": (_TABLES, gettext_lazy("invitations")),
    "api_tokens": (_TABLES, gettext_lazy("API tokens")),
    "webhooks": (_TABLES, gettext_lazy("webhooks")),
    "webhook_deliveries": (_TABLES, gettext_lazy("messages to webhooks")),
    "webhook_attempts": (_TABLES, gettext_lazy("answers of webhooks")),
    "identity_providers": (_TABLES, gettext_lazy("sign-in services")),
    "identities": (_TABLES, gettext_lazy("names at sign-in services")),
    "email_domains": (_TABLES, gettext_lazy("e-mail domains")),
    "host_names": (_TABLES, gettext_lazy("host names")),
    "mail_servers": (_TABLES, gettext_lazy("mail servers")),
    "cost_alerts": (_TABLES, gettext_lazy("cost alerts")),
    "spending_caps": (_TABLES, gettext_lazy("spending caps")),
    "cost_centres": (_TABLES, gettext_lazy("cost centres")),
    "saved_cards": (_TABLES, gettext_lazy("saved cards, which the card company forgets, too")),
    "events": (_TABLES, gettext_lazy("events")),
    "jobs": (_TABLES, gettext_lazy("jobs")),
    "requests": (_TABLES, gettext_lazy("names of requests")),
}
_NOT_TOLD = frozenset({"mails", RESUMED})
_UNREADABLE = frozenset({"hosted_audit", "backup"})
_KEPT = ("bookkeeping", "hosted_audit", "activity", "backup")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went from one place."""

    where: str
    things: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What one rule keeps, until the end of the day `until` at the latest; `unreadable` without the key."""

    what: str
    period: str
    counted: str
    until: date
    clause: str
    unreadable: bool


def erased_words(counts: Mapping[str, int]) -> list[Erased]:
    """What went, place by place, without what there was none of. A name that has no words here is told by itself."""
    places: dict[str, list[tuple[str, int]]] = {}
    for name, count in _in_order(counts):
        where, what = _WHERE.get(name, (_TABLES, name.replace("_", " ")))
        places.setdefault(str(where), []).append((str(what), count))
    return [Erased(where, tuple(things)) for where, things in places.items()]


def _in_order(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    known = [name for name in _WHERE if counts.get(name)]
    others = [name for name in counts if name not in _WHERE and name not in _NOT_TOLD and counts[name]]
    return [(name, counts[name]) for name in [*known, *others]]


def kept_words(today: date, trail: Iterable[Retention]) -> list[Kept]:
    """What is kept of a customer that was erased today: what came into being last is kept longest.

    `trail` are the classes of its audit trail, shortest first, of which it may have chosen longer ones (D5).
    """
    chosen = dict(AUDIT_RULES[each] for each in trail)
    return [_kept(key, today, chosen.get(key)) for key in _KEPT]


def _kept(key: str, today: date, chosen: Span | None) -> Kept:
    rule = RULE[key]
    words = period_words(rule)
    until = due_on(rule, today, chosen=chosen) - timedelta(days=1)
    period = span_words(chosen) if chosen else words.period
    return Kept(words.what, period, words.counted, until, words.clause, key in _UNREADABLE)
