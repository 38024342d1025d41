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
    "api_token.revoked": _("%(who)s revoked the API token “%(name)s”"),
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
    "api_token.changed": _("%(who)s changed from where the API token %(subject)s may be used"),
    "api_token.exposed": _("%(who)s was refused: the API token %(subject)s stood in an address"),
    "api_token.rotated": _("%(who)s gave the API token %(subject)s a new secret"),
    "email_domain.claimed": _("%(who)s named the e-mail domain %(name)s as the customer’s own"),
    "email_domain.released": _("%(who)s gave up the e-mail domain %(name)s"),
    "email_domain.verified": _("%(who)s confirmed that the e-mail domain %(name)s is the customer’s own"),
    "identity.linked": _("%(who)s linked a sign-in through the identity provider"),
    "identity_provider.changed": _("%(who)s changed the identity provider “%(name)s”"),
    "identity_provider.created": _("%(who)s added the identity provider “%(name)s”"),
    "identity_provider.removed": _("%(who)s removed the identity provider “%(name)s”"),
    "member.left": _("%(who)s left the customer"),
    "member.provisioned": _("%(who)s admitted %(name)s from the customer’s directory as %(role)s"),
    "member.provisioning_changed": _("%(who)s brought the membership %(subject)s up to date from the directory"),
    "member.visibility_changed": _("%(who)s changed which documents %(name)s sees"),
    "ownership.transferred": _("%(who)s handed the ownership to %(name)s"),
    "sign_in.accepted": _("%(who)s signed in through the identity provider"),
    "sign_in.refused": _("A sign-in through the identity provider was refused"),
    "sign_in_rules.changed": _("%(who)s changed the sign-in rules"),
    "webhook.changed": _("%(who)s changed the webhook %(subject)s"),
    "webhook.created": _("%(who)s added a webhook"),
    "webhook.deleted": _("%(who)s deleted the webhook %(subject)s"),
    "webhook.delivery_replayed": _("%(who)s had a message sent again to the webhook %(subject)s"),
    "webhook.disabled": _("%(who)s turned off the webhook %(subject)s"),
    "webhook.enabled": _("%(who)s turned on the webhook %(subject)s"),
    "webhook.failures_replayed": _("%(who)s had failed messages sent again to the webhook %(subject)s"),
    "webhook.rotated": _("%(who)s gave the webhook %(subject)s new keys"),
    "webhook.tested": _("%(who)s sent a test message to the webhook %(subject)s"),
    # --- Legal documents
    "legal_document.accepted": _("%(who)s accepted version %(version)s of a legal document (%(kind)s)"),
    "legal_document.announced": _("%(who)s announced version %(version)s of a legal document (%(kind)s)"),
    "legal_document.sealed": _("The legal document %(subject)s was sealed"),
    "legal_document.stated": _("%(who)s had it stated which documents bound the customer on %(on)s"),
    "legal_document.told": _("Notice was given of version %(version)s of a legal document (%(document)s)"),
    # --- A person's own sign-in
    "person.email_changed": _("%(who)s changed their e-mail address"),
    "person.email_removed": _("%(who)s removed an e-mail address of theirs"),
    "person.passkey_added": _("%(who)s added a passkey"),
    "person.passkey_removed": _("%(who)s removed a passkey"),
    "person.password_changed": _("%(who)s changed their password"),
    "person.password_reset": _("%(who)s set a new password by mail"),
    "person.password_set": _("%(who)s set a password"),
    "person.preferences_changed": _("%(who)s changed their preferences"),
    "person.recovery_code_used": _("%(who)s used a recovery code"),
    "person.recovery_codes_made": _("%(who)s made new recovery codes"),
    "person.second_step_added": _("%(who)s added an authenticator app"),
    "person.second_step_removed": _("%(who)s removed an authenticator app"),
    "person.sessions_ended": _("%(who)s signed out elsewhere"),
    "person.signed_in": _("%(who)s signed in"),
    # --- Staff access and cases
    "access.disclosed": _("%(who)s disclosed a staff access that an order had forbidden to tell"),
    "access.ended": _("The staff access %(subject)s ended"),
    "access.granted": _("%(who)s approved the staff access %(subject)s"),
    "access.offered": _("%(who)s offered support access to documents"),
    "access.refused": _("%(who)s refused the staff access %(subject)s"),
    "access.requested": _("%(who)s asked for access to documents"),
    "access.revoked": _("%(who)s revoked the staff access %(subject)s"),
    "access.used": _("%(who)s began to use the staff access %(subject)s"),
    "case.agreed": _("%(who)s agreed to the case %(subject)s"),
    "case.done": _("The case %(subject)s was carried out"),
    "case.evidence_added": _("%(who)s added evidence to the case %(subject)s"),
    "case.evidence_read": _("%(who)s read evidence of the case %(subject)s"),
    "case.granted": _("%(who)s granted the case %(subject)s"),
    "case.invited": _("%(who)s invited the new owner of the case %(subject)s"),
    "case.objected": _("%(who)s objected to the case %(subject)s"),
    "case.opened": _("%(who)s opened the case %(subject)s"),
    "case.refused": _("%(who)s refused the case %(subject)s"),
    "case.withdrawn": _("%(who)s withdrew the case %(subject)s"),
    "document.read_by_staff": _("%(who)s of staff opened a page of the document %(subject)s"),
    # --- Contract and settings
    "contract.accepted": _("%(who)s accepted the documents in force"),
    "contract.end_announced": _("%(who)s announced that the contract may end"),
    "contract.ending": _("%(who)s ended the contract, from its last day"),
    "contract.ending_withdrawn": _("%(who)s withdrew the end of the contract"),
    "customer.corrected": _("%(who)s corrected the customer’s registration"),
    "customer.document_rules_changed": _("%(who)s changed who sees documents"),
    "customer.ended": _("The contract ended"),
    "customer.exported": _("%(who)s took the complete export"),
    "customer.transferred": _("%(who)s transferred the account to another entity"),
    "mail_server.changed": _("%(who)s changed the customer’s own mail server"),
    "mail_server.removed": _("%(who)s removed the customer’s own mail server"),
    "mail_server.switched_off": _("%(who)s switched off the customer’s own mail server"),
    "mail_server.switched_on": _("%(who)s switched on the customer’s own mail server"),
    "mail_server.tried": _("%(who)s sent a test mail through the customer’s own mail server"),
    "notice.given": _("%(who)s gave the notice %(number)s"),
    "notice.muted": _("%(who)s changed which notices are mailed to them"),
    "reference.consented": _("%(who)s consented to the customer being named as a reference"),
    "reference.withdrawn": _("%(who)s withdrew the consent to be named as a reference"),
    # --- Plan and charges
    "billing_period.closed": _("%(who)s closed a billing period"),
    "charge.recorded": _("%(who)s charged %(amount)s %(currency)s for %(item)s"),
    "charge.reversed": _("%(who)s reversed the charge %(charge)s"),
    "item_price.published": _("%(who)s published the price of %(subject)s, from %(effective_on)s"),
    "plan_version.published": _("%(who)s published plan %(plan)s, from %(effective_on)s"),
    "subscription.ended": _("%(who)s ended the subscription with the contract"),
    "subscription.resumed": _("%(who)s resumed the subscription"),
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
    "access": _("Tokens, webhooks and sign-in"),
    "staff": _("Staff access and cases"),
    "seal": _("Seals"),
    "document": _("Documents and labels"),
    "certificate": _("Certificates and keys"),
    "plan": _("Plan and charges"),
    "customer": _("The account"),
}
"""What the page can be narrowed to."""

GROUP_NOUNS: dict[str, tuple[str, ...]] = {
    "member": ("member", "invitation", "person", "ownership"),
    "access": ("api_token", "webhook", "sign_in", "sign_in_rules", "identity", "identity_provider", "email_domain"),
    "staff": ("access", "case"),
    "seal": ("seal", "batch", "receipt"),
    "document": ("document", "label"),
    "certificate": ("certificate", "certificate_order", "key"),
    "plan": ("subscription", "billing_period", "charge", "plan_version", "item_price"),
    "customer": ("customer", "contract", "legal_document", "reference", "notice", "mail_server", "audit", "job"),
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
