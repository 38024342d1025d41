"""Somebody answers what this site may keep in their browser."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kernel.errors import NotFound
from kernel.ids import new_id
from privacy.models import ConsentRecord
from privacy.rules.cookies import Consent, Extra, fingerprint, holds, manner, registry_version


def record_consent(
    *,
    asked: Collection[Extra],
    accepted: Collection[str],
    adding: bool,
    before: Consent | None,
    text_hash: str,
    language: str,
    objects: bool,
    now: datetime,
) -> Consent:
    """Record which of the extras they were asked about they agree to, and return what their browser is to keep.

    Nobody has to be signed in, and nothing says who it was (clause D2). `before` is their last answer; when `adding`,
    what it says about other extras stays for as long as it held, and otherwise is forgotten. `text_hash` is the
    SHA-256 of what they were shown in `language`, `objects` the signal of their browser (Sec-GPC). What nobody asks
    about is not found.
    """
    keys = {extra.key for extra in asked}
    if not keys or not set(accepted) <= keys:
        raise NotFound
    earlier = before.accepted if before else frozenset()
    kept = before if before and adding and holds(before, now) else None
    answered = {**(kept.answered if kept else {}), **{extra.key: fingerprint(extra) for extra in asked}}
    agreed = frozenset(accepted) | (kept.accepted - keys if kept else frozenset())
    despite = kept.despite_signal if kept else objects  # who adds one thing has said nothing new about the others
    browser = before.id if before else new_id("brw")
    ConsentRecord.objects.create(
        browser=browser,
        manner=manner(earlier, agreed, answered),
        choices={key: key in agreed for key in sorted(answered)},
        registry_version=registry_version(asked),
        text_hash=text_hash,
        language=language,
        despite_signal=despite,
        given_at=now,
    )
    since = kept.given_at if kept else now
    return Consent(id=browser, given_at=since, answered=answered, accepted=agreed, despite_signal=despite)
