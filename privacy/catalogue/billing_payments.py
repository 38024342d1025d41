"""What `billing` keeps beside prices, invoices and the books: additional services, limits, cards, late payment."""

from __future__ import annotations

from privacy.catalogue.billing import books, prices
from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_STAFF = (Subject.STAFF,)
_MEMBER = (Subject.MEMBER,)
_CONTACT = (Subject.CONTACT,)


def _wishes(name: str, words: str, technical: str, *, content: str = "") -> Table:
    """What a customer set for itself, of which no invoice is made."""
    return Table(
        name=name,
        words=words,
        purpose="billing",
        retention="content",
        erasure=Method.DELETE_ROWS,
        content=content,
        technical=technical,
    )


_ORDERS = (
    prices(
        "billing_addon",
        "Additional services",
        "code name description interval customer_id offered published_at",
    ),
    prices("billing_addonprice", "Their prices", "id add_on_id effective_on published_at amount"),
    books(
        "billing_addonorder",
        _("Additional services that were ordered, and by whom"),
        "id customer_id add_on_id quantity price ordered_at request_key starts_on ends_on",
        personal="ordered_by",
        about=_MEMBER,
    ),
    books(
        "billing_meterlevel",
        _("Users and storage on each day"),
        "id customer_id on meter quantity recorded_at",
    ),
    books(
        "billing_pricechangenotice",
        _("That new prices were told"),
        "id plan_version_id customer_id given_at notice_number",
    ),
    books(
        "billing_detriment",
        _("Changes to customers' disadvantage, and who of staff recorded them"),
        "id plan_id announced_on description recorded_at",
        personal="recorded_by",
        about=_STAFF,
    ),
    books(
        "billing_storageexcess",
        _("Until when what exceeds a smaller plan is kept"),
        "id customer_id subscription_id former_quota_gb quota_gb reduced_on first_notice_on last_notice_on erase_on "
        "first_notice_at last_notice_at ended_at",
    ),
    books(
        "billing_billingrun",
        _("When what was invoiced"),
        "id customer_id key until state invoice_id begun_at done_at alarmed_at",
    ),
)

_LIMITS = (
    _wishes("billing_costalert", "Amounts at which a customer wants to be told", "id customer_id amount set_at"),
    _wishes("billing_spendingcap", "How much a customer will pay in a month", "customer_id amount grace set_at"),
    prices(
        "billing_thresholdreached",
        "Which amounts and shares a month reached",
        "id billing_period_id kind threshold used reached_at",
    ),
    _wishes(
        "billing_costcentre",
        _("How a customer splits its costs over members and programs"),
        "id customer_id",
        content="orderer_id name",
    ),
    books(
        "billing_usagecorrection",
        _("What was counted wrongly, and who of staff took it back"),
        "id corrected_id reversal_id reason corrected_at",
        personal="corrected_by",
        about=_STAFF,
    ),
)

_PAYMENTS = (
    books(
        "billing_billingdetails",
        _("Where a customer wants its invoices, and what shall stand on them"),
        "customer_id language attached_format changed_at",
        personal="emails buyer_reference order_number",
        about=_CONTACT,
    ),
    books(
        "billing_invoicemail",
        _("To which address an invoice went"),
        "id invoice_id state attempts failure queued_at sent_at",
        personal="email",
        about=_CONTACT,
    ),
    books(
        "billing_unfitentry",
        _("Entries of our bank's statements in another currency"),
        "id statement_id reason amount currency booked_on",
        personal="remittance",
        about=_CONTACT,
    ),
    books(
        "billing_paymentflag",
        _("Payments that staff have to look at, and who has"),
        "id payment_id kind raised_at cleared_at",
        personal="cleared_by",
        about=_STAFF,
    ),
    books(
        "billing_savedcard",
        _("Saved cards: brand, last four digits, expiry, and who agreed; never the card's number"),
        "id customer_id provider setup_id page_url consent consent_sha256 consented_at saved_at removed_at detached_at",
        personal="customer_ref method_ref brand last4 expiry_year expiry_month consented_by removed_by",
        about=_MEMBER,
    ),
    books(
        "billing_cardpayment",
        _("Payments by card, and who made them"),
        "id customer_id invoice_id saved_card_id attempt provider provider_id intent_id page_url amount currency state "
        "failure_code created_at fetched_at received payment_id",
        personal="created_by",
        about=_MEMBER,
    ),
    books(
        "billing_cardrefund",
        _("Money given back to a card, and who of staff did it"),
        "id card_payment_id amount reason state provider_id failure_code asked_at fetched_at payment_id",
        personal="asked_by",
        about=_STAFF,
    ),
    books(
        "billing_pspevent",
        _("What the company that takes card payments told us"),
        "id provider event_id kind topic subject order_id received_at",
    ),
    books(
        "billing_dunningstep",
        _("What followed from a late payment"),
        "id customer_id invoice_id kind at until facts withdrawn_at",
    ),
    books(
        "billing_dunningproposal",
        _("What was decided about a customer that pays late, and who of staff did"),
        "id customer_id invoice_id ground state proposed_at facts deferred_until decided_at",
        personal="decided_by reason",
        about=_STAFF,
    ),
)

TABLES: tuple[Table, ...] = (*_ORDERS, *_LIMITS, *_PAYMENTS)
