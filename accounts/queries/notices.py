"""Notices as their readers see them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings

from accounts.gateways.mail import Letter, write_letter
from accounts.models import Notice
from accounts.rules.notices import notice_kind


def words_of(notice: Notice, *, language: str) -> Letter:
    """Subject and text of a notice in a reader's language."""
    return write_letter(notice_kind(notice.kind).template, language=language, context=_context(notice))


def _context(notice: Notice) -> dict[str, Any]:
    """The notice's facts; `customer`, or None; `portal`, the address of the customer's portal, and `site`, ours."""
    customer = notice.customer
    return {
        **{name: _typed(name, value) for name, value in notice.facts.items()},
        "notice": notice,
        "customer": customer,
        "site": settings.BASE_URL,
        "portal": f"{settings.BASE_URL}/c/{customer.slug}" if customer else settings.BASE_URL,
    }


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name.endswith("_on") else value
