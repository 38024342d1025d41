"""Plain words about members: what permissions allow, when somebody was last seen, and what they had sealed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from sealing.queries.usage import shared_with_member, work_by_member

register = template.Library()

_PERMISSIONS = {
    "seal.create": _("Seal documents, label and delete their own"),
    "seal.read": _("See their own documents and those shared with them"),
    "seal.read_all": _("See every document"),
    "seal.manage_all": _("Label, share and delete every document"),
    "document.share": _("Share documents with other members"),
    "usage.read": _("See usage and cost"),
    "certificate.read": _("See the certificates"),
    "certificate.manage": _("Order and end certificates"),
    "member.read": _("See who the members are"),
    "member.provision": _("Provision members (SCIM)"),
    "member.manage": _("Invite, suspend and end members, change their roles"),
    "token.manage": _("Make and revoke API tokens"),
    "webhook.manage": _("Manage webhooks"),
    "event.read": _("Read events"),
    "billing.read": _("See plan and invoices"),
    "billing.manage": _("Change plan and invoice details"),
    "audit.read": _("Read the audit trail"),
    "customer.manage": _("Change the customer's settings and sign-in rules"),
    "access.grant": _("Let the operator's staff look inside"),
    "owner.appoint": _("Make and unmake owners, hand over ownership"),
    "customer.end": _("End the contract"),
}
_SEEN = {
    "week": _("within a week"),
    "month": _("within a month"),
    "quarter": _("within three months"),
    "earlier": _("longer ago"),
    "never": _("never"),
}
_VERDICTS = {
    "ok": _("will be invited"),
    "bad_address": _("no e-mail address"),
    "unknown_role": _("no role of this name"),
    "twice": _("stands here twice"),
    "already_member": _("is a member already"),
    "invited_already": _("is invited already"),
    "owner_needed": _("only an owner invites owners"),
    "domain_not_allowed": _("this domain is not allowed"),
    "over_the_limit": _("beyond today's limit; try again tomorrow"),
}


@register.filter
def permission_words(permission: str) -> str:
    """What a permission lets somebody do."""
    return str(_PERMISSIONS.get(permission, permission))


@register.filter
def seen_words(seen: str) -> str:
    """How long ago somebody last signed in."""
    return str(_SEEN.get(seen, seen))


@register.filter
def line_verdict(verdict: str) -> str:
    """What becomes of a line of a list of people to invite."""
    return str(_VERDICTS.get(verdict, verdict))


@register.simple_tag
def member_work(actor: Actor, member_id: str) -> dict[str, Any] | None:
    """What a member had sealed this month and what is shared with them; None for who sees no documents of others."""
    if not (actor.may("seal.read") and (actor.may("seal.read_all") or actor.id == member_id)):
        return None
    now = clock.now()
    first = legal_date(now).replace(day=1)
    since = datetime.combine(first, time.min, legal_zone())
    work = work_by_member(actor, since=since, until=now, only=(member_id,))
    return {
        "since": first,
        "live": sum(each.live for each in work),
        "test": sum(each.test for each in work),
        "shared": shared_with_member(actor, member_id),
    }
