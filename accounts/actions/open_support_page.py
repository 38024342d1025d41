"""Records that staff open a page with an access grant, and only then says what the page may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._grants import give_grant_notice, held_grant, require_staff, tell
from accounts.models import AccessGrant, AccessRead
from accounts.rules.grants import Use, covers, is_silent, judge_use
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.reading import NoGrant, Opening

Page = AccessRead.Page


class AccessOver(Refusal):
    """The grant's time is over, or it was revoked."""

    code = "access_over"
    status = 403
    title = _("This access is over. Nothing more of the customer can be read with it.")


@dataclass(frozen=True, slots=True)
class SupportAccess:
    """What a page may read: the grant, as whom, and what opens in the vault meanwhile."""

    grant: AccessGrant
    actor: Actor
    opening: Opening


def open_support_page(*, actor: Actor, grant_id: str, page: str, now: datetime, seal_id: str = "") -> SupportAccess:
    """Committed before anything is shown: the page with its time, in the customer's audit trail too (clause D7).

    `page` is one of `AccessRead.Page`. Raises `NotFound` for a colleague's grant and a document that it does not name,
    `AccessOver`, `NoGrant` before it is approved, and for content or an audit trail that it does not open.
    """
    require_staff(actor)
    with transaction.atomic():
        grant = held_grant(grant_id)
        _refuse(grant, judge_use(grant.terms, person_id=int(actor.person), now=now))
        if grant.ends_at is None or not covers(grant.terms, [seal_id] if seal_id else []):
            raise NotFound
        if (page == Page.CONTENT and not grant.with_content) or (page == Page.TRAIL and not grant.with_trail):
            raise NoGrant
        AccessRead.objects.create(grant=grant, at=now, page=page, seal_id=seal_id)
        grant.uses += 1
        grant.save(update_fields=["uses"])
        by = replace(actor, reason=grant.purpose)
        _record(by, grant, page, seal_id, now)
        if grant.uses == 1:
            tell(by, grant, "access.used", now=now)
            give_grant_notice(grant, "access.used", now=now)
    reader = Actor.support(
        person_id=actor.person,
        name=actor.name,
        customer_id=grant.customer_id,
        only=grant.terms.seal_ids,
        reason=grant.id,
    )
    trail = page == Page.TRAIL
    if trail:
        reader = replace(reader, permissions=frozenset({"audit.read"}))
    return SupportAccess(grant, reader, Opening(grant.customer_id, grant.with_content, grant.ends_at, trail=trail))


def _refuse(grant: AccessGrant, use: Use) -> None:
    if use is Use.ANOTHERS:
        raise NotFound
    if use is Use.NOT_GRANTED:
        raise NoGrant
    if use is Use.OVER:
        raise AccessOver


def _record(by: Actor, grant: AccessGrant, page: str, seal_id: str, now: datetime) -> None:
    silent = is_silent(grant.terms, now=now)
    facts = {"grant": grant.id, "page": page, **({"customer": grant.customer_id} if silent else {})}
    customer_id = None if silent else grant.customer_id
    action = "access.trail_read" if page == Page.TRAIL else "document.read_by_staff"
    audit.record(actor=by, action=action, now=now, customer_id=customer_id, subject=seal_id, details=facts)
