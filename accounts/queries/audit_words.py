"""What each action of the audit trail is called in plain words: one line for every action that anything records.

`%(who)s` acted; other names are facts of the entry, `%(subject)s` is what was acted on. A test holds the code to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WORDS: dict[str, StrOrPromise] = {
    # --- People and access
    "api_token.created": _("%(who)s made the API token “%(name)s”"),
    "api_token.revoked": _("%(who)s revoked the API token %(subject)s"),
    "audit.exported": _("%(who)s exported the audit trail"),
    "customer.created": _("%(who)s opened the account of %(name)s"),
    "customer.restored": _("%(who)s restored the customer"),
    "customer.suspended": _("%(who)s suspended the customer"),
    "invitation.revoked": _("%(who)s withdrew the invitation of %(email)s"),
    "member.admitted": _("%(who)s admitted %(name)s as %(role)s"),
    "member.ended": _("%(who)s ended the access of %(name)s"),
    "member.invited": _("%(who)s invited %(email)s as %(role)s"),
    "member.joined": _("%(who)s took up an invitation and joined as %(role)s"),
    "member.restored": _("%(who)s let %(name)s work again"),
    "member.role_changed": _("%(who)s changed the role of %(name)s to %(to_role)s"),
    "member.suspended": _("%(who)s suspended %(name)s"),
    "person.registered": _("%(who)s registered the person %(subject)s"),
    "person.signed_up": _("%(who)s applied for an account for %(name)s and accepted the terms"),
    # --- Plan and charges
    "billing_period.closed": _("%(who)s closed a billing period"),
    "charge.recorded": _("%(who)s charged %(amount)s %(currency)s for %(item)s"),
    "charge.reversed": _("%(who)s reversed the charge %(charge)s"),
    "item_price.published": _("%(who)s published the price of %(subject)s, from %(effective_on)s"),
    "plan_version.published": _("%(who)s published plan %(plan)s, from %(effective_on)s"),
    "subscription.started": _("%(who)s started plan %(plan)s"),
    # --- Certificates and keys
    "certificate.activated": _("%(who)s put the certificate %(serial)s to use"),
    "certificate.compromise_reported": _("%(who)s reported the key of the certificate %(subject)s as compromised"),
    "certificate.imported": _("%(who)s imported the certificate %(serial)s"),
    "certificate.requested": _("%(who)s had a key made and a certificate requested"),
    "certificate.retired": _("%(who)s retired the certificate %(subject)s"),
    "certificate.revoked": _("%(who)s found the certificate %(subject)s revoked"),
    "certificate_order.cancelled": _("%(who)s cancelled the certificate order %(subject)s"),
    "certificate_order.completed": _("%(who)s completed the certificate order %(subject)s"),
    "certificate_order.confirmed": _("%(who)s confirmed the key of the certificate order %(subject)s"),
    "certificate_order.imported": _("%(who)s imported the certificate of the order %(subject)s"),
    "certificate_order.key_made": _("%(who)s made the key of the certificate order %(subject)s"),
    "certificate_order.minutes_sealed": _("%(who)s sealed the minutes of the certificate order %(subject)s"),
    "certificate_order.minutes_wanted": _("%(who)s asked for the minutes of the certificate order %(subject)s"),
    "certificate_order.ordered": _("%(who)s ordered a certificate"),
    "key.destroyed": _("%(who)s destroyed the key %(subject)s"),
    "key.destruction_asked": _("%(who)s asked for the key %(subject)s to be destroyed"),
    # --- Documents and seals
    "batch.closed": _("%(who)s closed a batch of %(items)s documents"),
    "batch.opened": _("%(who)s opened a batch"),
    "document.deleted": _("%(who)s deleted the document %(subject)s"),
    "document.destroyed": _("%(who)s destroyed the files of the deleted document %(subject)s"),
    "document.downloaded": _("%(who)s downloaded sealed documents together"),
    "document.labelled": _("%(who)s changed the labels of documents"),
    "document.shared": _("%(who)s shared the document %(subject)s with %(name)s"),
    "document.shares_ended": _("%(who)s ended the shares of somebody who left"),
    "document.unshared": _("%(who)s stopped sharing the document %(subject)s with %(name)s"),
    "label.created": _("%(who)s made a label"),
    "label.deleted": _("%(who)s deleted a label"),
    "label.renamed": _("%(who)s renamed a label"),
    "receipt.issued": _("%(who)s had a receipt issued for %(subject)s"),
    "seal.accepted": _("%(who)s sent a document to be sealed: %(subject)s"),
    "seal.archived": _("%(who)s gave %(subject)s an archive timestamp"),
    "seal.archiving_ordered": _("%(who)s ordered %(subject)s to be archived"),
    "seal.archiving_stopped": _("%(who)s could not archive %(subject)s"),
    "seal.attempted": _("%(who)s began to seal %(subject)s"),
    "seal.failed": _("%(who)s gave up sealing %(subject)s because of an outage; it is not charged"),
    "seal.published": _("%(who)s sealed %(subject)s"),
    "seal.refused": _("%(who)s refused to seal %(subject)s; it is not charged"),
    # --- The operator's own
    "job.raised": _("%(who)s let a stuck job run again"),
    "receipt_key.replaced": _("%(who)s replaced the key that signs receipts"),
    "timestamp_authority.probed": _("%(who)s tried the timestamp authority %(subject)s"),
    "timestamp_authority.put_back": _("%(who)s put the timestamp authority %(subject)s back to use"),
    "timestamp_authority.rested": _("%(who)s let the timestamp authority %(subject)s rest"),
}

GROUPS: dict[str, StrOrPromise] = {
    "member": _("People and invitations"),
    "access": _("Tokens and access"),
    "seal": _("Seals"),
    "document": _("Documents and labels"),
    "certificate": _("Certificates and keys"),
    "plan": _("Plan and charges"),
    "customer": _("The account"),
}
"""What the page can be narrowed to."""

GROUP_NOUNS: dict[str, tuple[str, ...]] = {
    "member": ("member", "invitation", "person"),
    "access": ("api_token", "access", "webhook"),
    "seal": ("seal", "batch", "receipt"),
    "document": ("document", "label"),
    "certificate": ("certificate", "certificate_order", "key"),
    "plan": ("subscription", "billing_period", "charge", "plan_version", "item_price"),
    "customer": ("customer", "audit", "job"),
}
"""The first words of the actions of each group."""


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


def sentence(action: str, *, who: str, subject: str, facts: Mapping[str, Any]) -> str:
    """An entry in plain words, in the language that is on. Facts that are not known are three dots; an action without
    words is told by its name.
    """
    words = WORDS.get(action)
    if words is None:
        return f"{who}: {action}"
    return str(words) % _Facts({**facts, "who": who, "subject": subject})
