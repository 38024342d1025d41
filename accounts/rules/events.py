"""The catalogue of events: what each means, and which of them a customer is told of, with which fields.

docs/events.md is written from it. An event that a customer sees carries ids and states only: whoever may know more asks
the API for it. Everything that is emitted stands here, the internal ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


def _(text: str) -> str:
    """Marks what is translated where it is shown."""
    return text


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


_ADD_ON = _("The additional service's code.")
_BATCH = _("The batch that the seal is an item of, if any.")
_LIVE = _("Whether it is a live seal, and not one marked TEST.")
_MODE = _("Whether the token is live.")
_BASIS = _("Why: `customer_request` or `authority_order`.")
_CASE = _("What kind of case.")
_FROM = _("Role and status before.")
_TO = _("Role and status now.")

CATALOGUE: tuple[EventKind, ...] = (
    _told("seal.accepted", _("A document was taken in to be sealed."), "the seal", batch=_BATCH, live=_LIVE),
    _told("seal.published", _("A seal is made."), "the seal", called="seal.sealed", batch=_BATCH, live=_LIVE),
    _told(
        *("seal.refused", _("A document cannot be sealed."), "the seal"),
        code="Why: an error code.",
        batch=_BATCH,
        live=_LIVE,
    ),
    _told(
        *("seal.failed", _("A seal could not be made in time; nothing is charged."), "the seal"),
        code="Why: an error code.",
        batch=_BATCH,
        live=_LIVE,
    ),
    _told("seal.archiving_ordered", _("Another archive timestamp was ordered."), "the seal", live=_LIVE),
    _told("seal.archived", _("A sealed file has got another archive timestamp."), "the seal", live=_LIVE),
    _told(
        *("batch.finished", _("Every item of a batch has reached its end."), "the batch"),
        counts="How many items ended how.",
        live=_LIVE,
    ),
    _told("document.deleted", _("The documents of a seal were deleted for good."), "the seal", live=_LIVE),
    _told(
        *("document.shared", _("A member was given access to a document."), "the seal"),
        member=_("The member."),
        live=_LIVE,
    ),
    _told(
        *("document.unshared", _("A member's access to a document ended."), "the seal"),
        member=_("The member."),
        live=_LIVE,
    ),
    _told("certificate.activated", _("A seal certificate can be sealed with."), "the certificate"),
    _told(
        *("certificate.ending", _("The certificate that is sealed with ends soon."), "the certificate"),
        days=_("Days before its end that this was due."),
        sealing_until=_("The last moment at which a seal is begun with it."),
    ),
    _told("certificate.revoked", _("The authority has revoked a certificate."), "the certificate"),
    _told("certificate.retired", _("A certificate has ended."), "the certificate"),
    _told("certificate.compromise_reported", _("A key was reported as no longer safe."), "the certificate"),
    _told("certificate_order.ordered", _("A live certificate was ordered."), "the order"),
    _told("certificate_order.key_made", _("The key for an order was made in the HSM."), "the order"),
    _told("certificate_order.confirmed", _("A second person confirmed the key."), "the order"),
    _told("certificate_order.imported", _("The authority's certificate was taken in."), "the order"),
    _told("certificate_order.completed", _("The ordered certificate is in use."), "the order"),
    _told("certificate_order.cancelled", _("An order was cancelled."), "the order"),
    _internal("certificate_order.minutes_wanted", _("Minutes were asked for again."), "the order"),
    _internal("certificate.abandoned", _("A certificate will never be used; its key is destroyed."), "the certificate"),
    _told("member.invited", _("Somebody was offered a role."), "the invitation", role=_("The role.")),
    _told("invitation.revoked", _("An offer was withdrawn."), "the invitation"),
    _told("member.joined", _("An invitation was accepted."), "the member", role=_("The role.")),
    _told("member.role_changed", _("A member has another role."), "the member", **{"from": _FROM, "to": _TO}),
    _told(
        "member.suspended",
        _("A member and the tokens they made are refused."),
        "the member",
        **{"from": _FROM, "to": _TO},
    ),
    _told("member.restored", _("A suspended member can work again."), "the member", **{"from": _FROM, "to": _TO}),
    _told("member.ended", _("A member has left."), "the member", **{"from": _FROM, "to": _TO}),
    _told("member.left", _("A member has left by themself."), "the member"),
    _told("member.provisioned", _("A member came from the account's directory."), "the member", role=_("The role.")),
    _told("member.visibility_changed", _("A member sees other documents than before."), "the member"),
    _told("ownership.transferred", _("The account has another owner."), "the member"),
    _told("identity.linked", _("A member can sign in through the identity provider."), "the member"),
    _told("identity_provider.created", _("An identity provider was added."), "the provider"),
    _told("identity_provider.changed", _("An identity provider was changed."), "the provider"),
    _told("identity_provider.removed", _("An identity provider was removed."), "the provider"),
    _told("email_domain.verified", _("An e-mail domain was confirmed to be the account's."), "the domain"),
    _told("sign_in_rules.changed", _("How members must sign in was changed."), "the customer"),
    _told("access.offered", _("Support was offered access to documents."), "the access grant", basis=_BASIS),
    _told("access.requested", _("Staff asked for access to documents."), "the access grant", basis=_BASIS),
    _told("access.granted", _("A second member of staff approved an access."), "the access grant", basis=_BASIS),
    _told("access.refused", _("An access of staff was refused."), "the access grant", basis=_BASIS),
    _told("access.used", _("Staff opened a first page by an access grant."), "the access grant", basis=_BASIS),
    _told("access.revoked", _("An access of staff was revoked."), "the access grant", basis=_BASIS),
    _told("access.ended", _("An access of staff is over."), "the access grant", basis=_BASIS),
    _told("access.disclosed", _("An access by order may be told of now."), "the access grant", basis=_BASIS),
    _told("case.opened", _("Somebody asks for a change of owners or a transfer."), "the case", case_kind=_CASE),
    _told("case.agreed", _("An owner agreed to a case."), "the case", case_kind=_CASE),
    _told("case.objected", _("An owner objected to a case."), "the case", case_kind=_CASE),
    _told("case.granted", _("A case was decided: it is granted."), "the case", case_kind=_CASE),
    _told("case.refused", _("A case was decided: it is refused."), "the case", case_kind=_CASE),
    _told("case.withdrawn", _("A case was withdrawn."), "the case", case_kind=_CASE),
    _told("case.done", _("What a case asked for is done."), "the case", case_kind=_CASE),
    _internal("case.invited", _("The new owner was invited."), "the case"),
    _internal("case.evidence_added", _("Evidence was added to a case."), "the case"),
    _internal("case.evidence_read", _("Evidence of a case was read."), "the case"),
    _told("api_token.created", _("An API token was made."), "the token", live=_MODE, scopes=_("What it may do.")),
    _told(
        "api_token.rotated",
        _("An API token has a new secret."),
        "the token",
        live=_MODE,
        old_until=_("Until when the one before works."),
    ),
    _told("api_token.changed", _("From where a token may be used was changed."), "the token", live=_MODE),
    _told(
        "api_token.ending",
        _("An API token expires soon."),
        "the token",
        live=_MODE,
        days=_("Days before its end that this was due."),
    ),
    _told("api_token.revoked", _("An API token works no longer."), "the token", live=_MODE),
    _internal("invoice.filed", _("The files of a document are sealed and kept."), "the document"),
    _told(
        *("invoice.delivered", _("An invoice, credit note or interest note was delivered."), "the document"),
        called="invoice.issued",
        number=_("Its number."),
        kind=_("`invoice`, `credit_note` or `interest_note`."),
        due_on=_("The last day for paying; null for a credit note."),
    ),
    _told("billing_details.changed", _("Where invoices go, or what they say, was changed."), "the customer"),
    _internal("person.forgotten", _("Nothing of a person is left but what bookkeeping needs."), "the person"),
    _internal("rights_request.erasure_done", _("What came of the erasure that a request asked for."), "the request"),
    _internal("person.deletion_asked", _("Somebody wants their account erased."), "the person"),
    _internal("person.deletion_withdrawn", _("Somebody wants their account kept."), "the person"),
    _internal("notice.given", _("A notice was given; it is in the portal and in the recipients' mail."), "the notice"),
    _told("mail_server.changed", _("The account has a mail server of its own, or another one."), "the mail server"),
    _told("mail_server.switched_on", _("Notices go through the account's own mail server."), "the mail server"),
    _told("mail_server.switched_off", _("Notices go through our mail server again."), "the mail server"),
    _told("mail_server.removed", _("The account's own mail server was forgotten."), "the mail server"),
    _told("webhook.created", _("A webhook was added."), "the webhook"),
    _told("webhook.changed", _("Address, description or events of a webhook were changed."), "the webhook"),
    _told("webhook.enabled", _("A webhook was turned on."), "the webhook"),
    _told(
        "webhook.disabled", _("A webhook was turned off."), "the webhook", reason=_("`by_hand`, `gone` or `failing`.")
    ),
    _told(
        "webhook.rotated",
        _("A webhook has new keys."),
        "the webhook",
        old_until=_("Until when messages are signed with the old ones, too."),
    ),
    _told("webhook.deleted", _("A webhook was deleted."), "the webhook"),
    _told("customer.created", _("The account was opened."), "the customer"),
    _told("customer.suspended", _("The account was suspended."), "the customer"),
    _told("customer.restored", _("The account works again."), "the customer"),
    _told("customer.transferred", _("The account belongs to another entity."), "the customer"),
    _told("customer.corrected", _("The account's registration was corrected."), "the customer"),
    _told("customer.document_rules_changed", _("Who sees documents was changed."), "the customer"),
    _told("customer.ended", _("The contract is over; the export can still be taken."), "the end of the contract"),
    _told("contract.accepted", _("The documents in force were accepted."), "the application"),
    _internal("legal_document.announced", _("A version of a legal document was announced."), "its leading text"),
    _told(
        *("legal_document.accepted", _("A version of a legal document was accepted."), "the text"),
        kind=_("Which document."),
        version=_("Its version."),
        language=_("In which language."),
    ),
    _told("contract.ending", _("The contract has a last day."), "the end of the contract"),
    _told("contract.end_announced", _("The contract may end if nothing changes."), "the end of the contract"),
    _told("contract.ending_withdrawn", _("The contract goes on."), "the end of the contract"),
    _told("reference.consented", _("The account may be named as a reference."), "the consent"),
    _told("reference.withdrawn", _("The account may no longer be named as a reference."), "the consent"),
    _internal("customer.closed", _("Nobody comes in any more; the content is being destroyed."), "the customer"),
    _internal("customer.erased", _("The content is destroyed; bookkeeping is kept."), "the customer"),
    _internal("customer.migrated", _("The customer's tables are of a new version."), "the customer"),
    _told("subscription.started", _("A plan was subscribed to."), "the subscription", plan=_("The plan's code.")),
    _told(
        *("subscription.change_asked", _("Another plan or interval was asked for."), "the subscription"),
        plan=_("The plan's code."),
        interval=_("`month`, `year` or `once`."),
        effective_at=_("From when it holds."),
    ),
    _told("subscription.change_withdrawn", _("A change of plan was withdrawn."), "the subscription"),
    _told(
        *("subscription.changed", _("Another plan or interval holds."), "the subscription"),
        plan=_("The plan's code."),
        interval=_("`month`, `year` or `once`."),
        effective_at=_("From when it holds."),
    ),
    _told(
        *("subscription.cancelled", _("A plan was cancelled; it can be used until its end."), "the subscription"),
        ends_at=_("Its end."),
    ),
    _told(
        *("subscription.end_announced", _("The operator has given notice of a plan's end."), "the subscription"),
        ends_at=_("Its end."),
    ),
    _told("subscription.ended", _("The plan ends with the contract."), "the subscription"),
    _told("subscription.resumed", _("The plan goes on."), "the subscription"),
    _internal("invoice.finalised", _("A document has its number; its files are made."), "the document"),
    _told("invoice.paid", _("Nothing is left to pay of an invoice."), "the invoice", number=_("Its number.")),
    _told(
        *("usage.threshold_reached", _("A month has reached a threshold of its usage or cost."), "the billing period"),
        kind=_("`share`, `cost`, `cap` or `stop`: sealing stops until the spending cap is raised."),
        threshold=_("Per cent of the included transactions for `share`, else EUR without VAT."),
        period=_("The month."),
        used=_("Transactions used by then."),
        included=_("Transactions included in the plan."),
    ),
    _told("usage.corrected", _("A transaction that was counted wrongly was taken back."), "the usage event"),
    _told("spending_cap.changed", _("The spending cap was set, changed or taken away."), "the customer"),
    _told(
        *("invoice.reopened", _("What settled an invoice was taken back; it is open again."), "the invoice"),
        number=_("Its number."),
    ),
    _told(
        *("payment.received", _("A payment was received and assigned."), "the payment"),
        amount=_("The amount in EUR."),
        numbers=_("The numbers of the invoices that it settles, in whole or in part."),
    ),
    _told(
        *("payment.returned", _("A payment was taken back by the bank or the card company."), "the payment"),
        amount=_("The amount in EUR."),
        numbers=_("The numbers of the invoices that are open again."),
    ),
    _told("payment.refunded", _("Money was paid back."), "the payment", amount=_("The amount in EUR.")),
    _internal("payment.imported", _("A bank statement tells of a payment."), "the payment"),
    _told("card.saved", _("Invoices are charged to a card from now on."), "the saved card"),
    _told("card.removed", _("Invoices are no longer charged to a card."), "the saved card"),
    _internal("card_refund.asked", _("Money is to go back to a card."), "the refund"),
    _internal("psp_event.recorded", _("The card company has told us something."), "its message"),
    _told(
        *("invoice.overdue", _("An invoice was not paid by its due date; interest runs."), "the invoice"),
        number=_("Its number."),
        due_on="The last day on which it was in time.",
    ),
    _told(
        *("invoice.breach_noticed", _("Notice was given that late payment breaches the contract."), "the invoice"),
        number=_("Its number."),
        cure_until="The last day on which a payment cures it.",
    ),
    _internal("customer.suspension_proposed", _("Staff are asked to decide about late payment."), "the proposal"),
    _told("billing_period.closed", _("The figures of a billing period are final."), "the billing period"),
    _told("add_on.ordered", _("An additional service was ordered."), "the order", add_on=_ADD_ON),
    _told("add_on.ended", _("An additional service ends with its month."), "the order", add_on=_ADD_ON),
    _told(
        *("special_terms.recorded", _("Special terms were agreed."), "the special terms"),
        starts_on=_("The first day on which they hold."),
        ends_on=_("The first day on which they do not; empty without an end."),
    ),
    _told(
        *("special_terms.ended", _("Special terms end."), "the special terms"),
        ends_on=_("The first day on which they do not hold."),
    ),
    _internal("term.started", _("A paid term has begun."), "the term"),
    _internal("term.cut_short", _("A paid term ends early; its unused months are credited."), "the subscription"),
    _internal("detriment.recorded", _("A change to customers' disadvantage was recorded."), "the record"),
    _told(
        *("disclosure.told", _("An authority asked us about the account."), "the disclosure"),
        outcome=_("`given`, `given_in_part` or `refused`."),
    ),
    _told("breach.told", _("A data breach concerns the account."), "the data breach"),
    _internal("breach.recorded", _("A data breach was recorded."), "the data breach"),
    _internal("breach.announced", _("Customers are about to be told of a data breach."), "the data breach"),
    _internal("breach.authority_told", _("The supervisory authority was told of a data breach."), "the data breach"),
    _internal("hold.placed", _("Something must not be erased for now."), "the hold"),
    _internal("hold.released", _("Something may be erased again."), "the hold"),
    _internal("erasure_receipt.wanted", _("A customer is erased, and the receipt is to be sealed."), "the item"),
    _internal("retention_item.done", _("Something was erased because its time was over."), "the item"),
    _internal("retention_run.released", _("A run that would erase unusually much was let go."), "the run"),
    _internal("breach.closed", _("A data breach was closed."), "the data breach"),
    _internal("sub_processor.announced", _("A sub-processor was announced."), "the sub-processor"),
    _internal("sub_processor.ended", _("A sub-processor ends."), "the sub-processor"),
    _internal("contact_message.received", _("The contact form was sent."), "the message"),
    _told("rights_request.forwarded", _("Somebody asks about data that the account keeps."), "the forwarded request"),
    _told("rights_request.closed", _("A forwarded request was answered or dismissed."), "the forwarded request"),
    _internal("rights_request.received", _("Somebody asks about their personal data."), "the request"),
    _internal("rights_request.identified", _("It was shown whose request it is."), "the request"),
    _internal("rights_request.export_wanted", _("A copy of somebody's data is to be made."), "the request"),
    _internal("rights_export.made", _("A copy of somebody's data is ready."), "the request"),
    _internal("rights_request.copy_ready", _("The requester is told that the copy is ready."), "the request"),
    _internal("rights_request.erasure_wanted", _("Somebody's account is to be erased."), "the request"),
    _internal("rights_request.moved", _("A request has taken another step."), "the request"),
    _internal("rights_request.extended", _("A request needs more time."), "the request"),
    _internal("rights_request.restricted", _("Somebody's data are kept and not used for now."), "the request"),
    _internal("rights_request.end_announced", _("It is announced that a restriction ends."), "the request"),
    _internal("rights_request.unrestricted", _("A restriction is over."), "the request"),
    _internal("rights_request.answered", _("A request was answered."), "the request"),
    _internal("rights_request.refused", _("A request was refused."), "the request"),
    _internal("rights_request.withdrawn", _("A request was withdrawn."), "the request"),
    _internal("plan_version.published", _("Prices of a plan were published."), "the plan"),
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
